import type { IConstruct } from 'constructs';
import { problem } from '../problems';
import type { WordPressProps } from './wordpress';

/** The one address of a site, where it has one. Reports what browsers could not use. */
export function urlOf(scope: IConstruct, { url, exposure, certificate }: WordPressProps): string | undefined {
  const exposed = exposure?._byHost;
  if (url === undefined) {
    return exposed?.url;
  }
  if (!/^https?:\/\/[a-z0-9.-]+(:\d+)?$/i.test(url)) {
    problem(scope, `'url' is '${url}'; use a scheme and a host without a path, such as 'https://blog.example.org'`);
  }
  if (exposed !== undefined && hostOf(url) !== hostOf(exposed.host)) {
    problem(scope, `'url' is '${url}', but the exposure is for '${hostOf(exposed.host)}'; use one host for both`);
  }
  if (certificate && url.startsWith('http:')) {
    problem(scope, `'url' is '${url}', but the site has a 'certificate' and speaks TLS only; begin it with https`);
  }
  return url;
}

export function hostOf(url: string): string {
  return url
    .replace(/^https?:\/\//, '')
    .replace(/:\d+$/, '')
    .toLowerCase();
}
