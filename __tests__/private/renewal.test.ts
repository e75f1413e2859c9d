import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { CredentialsFile, Images, InfluxDb, MySql, Nginx, WordPress } from '../../constructs';
import { find, type Manifest, problems, temporaryFolder } from '../support/app';
import { chartBeside } from '../support/network';

interface Entries {
  [secret: string]: { [key: string]: string };
}

const newFile = () => join(temporaryFolder(), 'credentials.json');
const entriesOf = (path: string): Entries => JSON.parse(readFileSync(path, 'utf8'));
const DAY = 24 * 60 * 60 * 1000;
const daysAhead = (days: number) => new Date(Date.now() + days * DAY).toISOString();

beforeEach(() => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env.CDK8S_SERVICES_ROTATE;
  delete process.env.CDK8S_SERVICES_RENEW_BEFORE;
});

/** An app with a shop's servers and a site in another namespace, whose credentials are in `path`. */
function shop(path: string, add: (chart: Chart) => unknown = () => undefined): Chart {
  const app = new App({ outdir: join(temporaryFolder(), 'dist') });
  Images.tagged('registry.example.org', 'fixed').useIn(app);
  new CredentialsFile(app, 'secrets', { path });
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const database = new MySql(chart, 'mysql').addDatabase('blog');
  new WordPress(chartBeside(chart, 'web'), 'blog', { database });
  new InfluxDb(chart, 'influxdb').addDatabase('metrics');
  add(chart);
  return chart;
}

/** What is kept before and after a synth that is told to rotate. */
function rotated(names: string): [before: Entries, after: Entries] {
  const path = newFile();
  expect(problems(shop(path))).toEqual([]);
  const before = entriesOf(path);
  process.env.CDK8S_SERVICES_ROTATE = names;
  expect(problems(shop(path))).toEqual([]);
  return [before, entriesOf(path)];
}

const changed = ([before, after]: [Entries, Entries]) =>
  Object.keys(after).filter((secret) => JSON.stringify(before[secret]) !== JSON.stringify(after[secret]));

describe('A rotation', () => {
  it('makes the passwords anew of the Secrets that are named, and no others', () => {
    expect(changed(rotated('mysql-blog'))).toEqual(['shop/mysql-blog']);
    expect(changed(rotated('shop/mysql, influxdb-metrics-reader'))).toEqual([
      'shop/mysql',
      'shop/influxdb-metrics-reader',
    ]);
  });

  it('reaches the server and everyone who uses the password, also in another namespace, and rolls their pods', () => {
    const path = newFile();
    const read = () => {
      const chart = shop(path);
      expect(problems(chart)).toEqual([]);
      const secrets = (chart.node.root.node.findChild('secrets') as Chart).toJson() as Manifest[];
      const web = (chart.node.root.node.findChild('web') as Chart).toJson() as Manifest[];
      const hash = (manifests: Manifest[], kind: string, name: string) =>
        find(manifests, kind, name).spec.template.metadata.annotations['cdk8s-services/content-hash'];
      return {
        own: find(secrets, 'Secret', 'mysql-blog').data.password,
        copy: find(secrets, 'Secret', 'shop-mysql-blog').data.password,
        server: hash(chart.toJson(), 'StatefulSet', 'mysql'),
        site: hash(web, 'Deployment', 'blog'),
        other: hash(chart.toJson(), 'StatefulSet', 'influxdb'),
      };
    };
    const before = read();
    process.env.CDK8S_SERVICES_ROTATE = 'mysql-blog';
    const after = read();
    expect(after.copy).toBe(after.own);
    expect(after.own).not.toBe(before.own);
    expect(after.server).not.toBe(before.server);
    expect(after.site).not.toBe(before.site);
    expect(after.other).toBe(before.other);
  });

  it('of all leaves alone what is read once, by its first start', () => {
    const [before, after] = rotated('all');
    expect(changed([before, after]).sort()).toEqual(
      Object.keys(before)
        .filter((secret) => secret !== 'web/blog-users')
        .sort(),
    );
  });

  it('changes the key that logs in by SSH, and not the one by which clients know the host', () => {
    const path = newFile();
    const ssh = (chart: Chart) => new Nginx(chart, 'nginx', { ssh: {} });
    problems(shop(path, ssh));
    const { 'shop/nginx-ssh': before } = entriesOf(path);
    process.env.CDK8S_SERVICES_ROTATE = 'nginx-ssh';
    problems(shop(path, ssh));
    const { 'shop/nginx-ssh': after } = entriesOf(path);
    expect(after?.['host-key']).toBe(before?.['host-key']);
    expect(after?.['login-key']).not.toBe(before?.['login-key']);
  });

  it.each([['nobody'], ['blog-users'], ['mysql-blog,nobody']])('refuses %j, and changes nothing', (names) => {
    const path = newFile();
    problems(shop(path));
    const before = readFileSync(path, 'utf8');
    process.env.CDK8S_SERVICES_ROTATE = names;
    const wrong = names.split(',').at(-1);
    expect(problems(shop(path))).toEqual([
      `[secrets] CDK8S_SERVICES_ROTATE names '${wrong}', which holds nothing that can be rotated; ` +
        'use blog, influxdb, influxdb-metrics-reader, influxdb-metrics-writer, mysql, mysql-blog or all',
    ]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('A certificate', () => {
  const nginx = (chart: Chart) => [new Nginx(chart, 'nginx'), new Nginx(chart, 'other')];
  /** The certificates, and the authority, after a synth that is told until when they must last. */
  const certificatesOf = (path: string, before?: string) => {
    if (before) {
      process.env.CDK8S_SERVICES_RENEW_BEFORE = before;
    }
    expect(problems(shop(path, nginx))).toEqual([]);
    const { 'shop/nginx-tls': one = {}, 'shop/other-tls': two = {}, '.authority': authority = {} } = entriesOf(path);
    return { one, two, authority };
  };

  it('is kept while it lasts long enough, and renewed by the same authority before it expires', () => {
    const path = newFile();
    const first = certificatesOf(path);
    expect(certificatesOf(path, daysAhead(30))).toEqual(first);
    const renewed = certificatesOf(path, daysAhead(398));
    expect(renewed.authority).toEqual(first.authority);
    for (const key of ['tls.crt', 'tls.key']) {
      expect(renewed.one[key]).not.toBe(first.one[key]);
      expect(renewed.two[key]).not.toBe(first.two[key]);
    }
    const leaf = new X509Certificate(renewed.one['tls.crt'] ?? '');
    expect(leaf.verify(new X509Certificate(first.authority['ca.crt'] ?? '').publicKey)).toBe(true);
    expect(Date.parse(leaf.validTo) - Date.now()).toBeGreaterThan(396 * DAY);
  });

  it('is signed anew with its authority, before that expires', () => {
    const path = newFile();
    const first = certificatesOf(path);
    const { one, two, authority } = certificatesOf(path, daysAhead(11 * 365));
    expect(authority['ca.crt']).not.toBe(first.authority['ca.crt']);
    expect([one['ca.crt'], two['ca.crt']]).toEqual([authority['ca.crt'], authority['ca.crt']]);
  });

  it('is signed anew where the authority was removed from the file, because others know its key', () => {
    const path = newFile();
    certificatesOf(path);
    const { '.authority': old, ...others } = entriesOf(path);
    writeFileSync(path, JSON.stringify(others));
    const { one, two, authority } = certificatesOf(path);
    expect(authority['ca.crt']).not.toBe(old?.['ca.crt']);
    expect([one['ca.crt'], two['ca.crt']]).toEqual([authority['ca.crt'], authority['ca.crt']]);
  });

  it('is made anew by rotation, with its key', () => {
    const path = newFile();
    const first = certificatesOf(path);
    process.env.CDK8S_SERVICES_ROTATE = 'nginx-tls';
    const { one, two } = certificatesOf(path);
    expect(one['tls.key']).not.toBe(first.one['tls.key']);
    expect(two).toEqual(first.two);
  });

  it('is not renewed before what is no time', () => {
    const path = newFile();
    certificatesOf(path);
    process.env.CDK8S_SERVICES_RENEW_BEFORE = 'soon';
    expect(problems(shop(path, nginx))).toEqual([
      "[secrets] CDK8S_SERVICES_RENEW_BEFORE is 'soon', which is no time; use one such as '2027-01-31'",
    ]);
  });
});
