import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'cdk8s';
import { hstsFile } from '../constructs/web/tls';

const configOf = (service: string) => readFileSync(join(__dirname, `../constructs/${service}/nginx.conf`), 'utf8');

/** What nginx makes of a `map`: the text that is equal, else the first pattern that matches, else the default. */
function mapped(config: string, variable: string, source: string): string {
  const [, body = ''] = new RegExp(`map [^{]*\\$${variable} \\{\\n([^}]*)\\}`).exec(config) ?? [];
  const entries = [...body.matchAll(/^\s*("[^"]*"|\S+) (.*);$/gm)].map(([, key = '', value = '']) => [
    key.replace(/^"|"$/g, ''),
    value.replace(/^"|"$/g, ''),
  ]);
  const pattern = ([key = '']: string[]) =>
    key.startsWith('~') && new RegExp(key.replace(/^~\*?/, ''), key.startsWith('~*') ? 'i' : '').test(source);
  const found =
    entries.find(([key]) => key === source) ?? entries.find(pattern) ?? entries.find(([key]) => key === 'default');
  return found?.[1] ?? '';
}

const BY_HTTPS = ['https', 'HTTPS', 'https,http', 'https, https', 'https , http, https'];
const BY_HTTP = ['', 'http', 'http,https', 'http, https', 'httpsx', 'xhttps', ',https', 'https:443', 'wss'];

describe.each(['wordpress', 'phpmyadmin'])('the nginx of %s', (service) => {
  const config = configOf(service);

  it.each(BY_HTTPS)("takes 'X-Forwarded-Proto: %s' for https, as its first value is", (header) => {
    expect(mapped(config, 'forwarded_https', header)).toBe('on');
  });

  it.each(BY_HTTP)("does not take 'X-Forwarded-Proto: %s' for https", (header) => {
    expect(mapped(config, 'forwarded_https', header)).toBe('');
  });

  it('tells PHP of no header that a proxy appends to', () => {
    const [, ...servers] = config.split('fastcgi_param HTTP_PROXY');
    for (const name of [
      'CLIENT_IP',
      'FORWARDED',
      'X_FORWARDED_FOR',
      'X_FORWARDED_HOST',
      'X_FORWARDED_PROTO',
      'X_REAL_IP',
    ]) {
      expect(servers.map((server) => server.includes(`fastcgi_param HTTP_${name} "";`))).toEqual([true]);
    }
  });

  it('takes the client from what the nearest proxy has seen, and from nothing before it', () => {
    expect(config).toContain('real_ip_header X-Forwarded-For;');
    expect(config).not.toContain('real_ip_recursive');
  });
});

describe('the nginx of the entry point', () => {
  const config = configOf('nginx');

  it.each(BY_HTTPS)("passes 'X-Forwarded-Proto: %s' on as https behind an ingress controller", (header) => {
    expect(mapped(config, 'forwarded_proto', `8080:${header}`)).toBe('https');
  });

  it.each([...BY_HTTP.map((header) => `8080:${header}`), ...BY_HTTPS.map((header) => `8443:${header}`)])(
    'believes its own port, not the header, for %s',
    (source) => expect(mapped(config, 'forwarded_proto', source)).toBe('$scheme'),
  );

  it.each([
    ['https:example.org', '443'],
    ['http:example.org', '80'],
    ['https:example.org:30443', '$port_of_host'],
    ['http:[2001:db8::1]', '80'],
    ['http:[2001:db8::1]:30080', '$port_of_host'],
  ])('tells the port of the address in X-Forwarded-Port: %s', (source, port) => {
    expect(mapped(config, 'forwarded_port', source)).toBe(port);
  });

  it('says itself whatever a browser could have said of where it comes from', () => {
    for (const header of [
      'Forwarded',
      'X-Real-IP',
      ...['For', 'Host', 'Port', 'Proto', 'Prefix'].map((one) => `X-Forwarded-${one}`),
    ]) {
      expect(config).toContain(`proxy_set_header ${header} `);
    }
  });
});

describe('HSTS', () => {
  const { 'hsts.conf': config = '' } = hstsFile(Duration.days(1));
  const told = 'max-age=86400';

  it.each(BY_HTTPS)("is told behind a proxy that says 'X-Forwarded-Proto: %s'", (header) => {
    expect(mapped(config, 'hsts', ` ${header}`)).toBe(told);
  });

  it.each(BY_HTTP)("is not told to who comes by 'X-Forwarded-Proto: %s'", (header) => {
    expect(mapped(config, 'hsts', ` ${header}`)).toBe('');
    expect(mapped(config, 'hsts', `on ${header}`)).toBe(told);
  });
});
