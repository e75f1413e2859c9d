import { domainToASCII } from 'node:url';
import type { IConstruct } from 'constructs';
import type { Certificate } from '../certificate';
import type { Exposure } from '../exposure/exposure';
import { problem } from '../private/problems';

interface Address {
  readonly url?: string;
  readonly exposure?: Exposure;
  readonly certificate?: Certificate;
}

/** The one address of a site, where it has one. Reports what browsers could not use. */
export function urlOf(scope: IConstruct, { url, exposure, certificate }: Address): string | undefined {
  const exposed = exposure?._byHost;
  if (url === undefined) {
    return exposed?.url;
  }
  const mistake = mistakeIn(url);
  if (mistake !== undefined) {
    problem(scope, mistake);
  }
  if (exposed !== undefined && hostOf(url) !== hostOf(exposed.host)) {
    problem(scope, `'url' is '${url}', but the exposure is for '${hostOf(exposed.host)}'; use one host for both`);
  }
  if (certificate && url.startsWith('http:')) {
    problem(scope, `'url' is '${url}', but the site has a 'certificate' and speaks TLS only; begin it with https`);
  }
  return url;
}

/** What is wrong with an address, and what to write in its place. */
function mistakeIn(url: string): string | undefined {
  const said = `'url' is '${url}'`;
  if (/^https?:\/\/[a-z0-9.-]+(:\d+)?$/i.test(url)) {
    return undefined;
  }
  if (/^https?:\/\/\[[^\]]*:[^\]]*\](:\d+)?$/i.test(url)) {
    return `${said}, an IPv6 address, which is not taken; use a host name that leads to it`;
  }
  const [, scheme, host = '', port = ''] = /^(https?:\/\/)([^/?#@[\]\s:]+)(:\d+)?$/i.exec(url) ?? [];
  const ascii = domainToASCII(host);
  return scheme !== undefined && ascii !== '' && ascii !== host.toLowerCase()
    ? `${said}, whose host is not in ASCII; write it as browsers send it: '${scheme}${ascii}${port}'`
    : `${said}; use a scheme and a host without a path, such as 'https://blog.example.org'`;
}

export function hostOf(url: string): string {
  return url
    .replace(/^https?:\/\//, '')
    .replace(/:\d+$/, '')
    .toLowerCase();
}
