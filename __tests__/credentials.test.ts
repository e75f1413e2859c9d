import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { Credentials, CredentialsFile, Ftps, Grafana, InfluxDb, MySql, Telegraf, WordPress } from '../constructs';
import { find, type Manifest, problems, synth, temporaryFolder, testApp, testChart } from './support/app';
import { laws } from './support/laws';
import { chartBeside } from './support/network';
import { secretData, secrets } from './support/secrets';

const password = 's3cret' as unknown as Credentials;

function chartWithoutFile(): Chart {
  return new Chart(new App(), 'shop');
}

function volumesOf(manifests: Manifest[], kind: string, name: string) {
  return find(manifests, kind, name).spec.template.spec.volumes;
}

describe('Credentials', () => {
  it('of an existing Secret are read from the keys that it has', () => {
    const chart = testChart();
    new MySql(chart, 'mysql', { rootCredentials: Credentials.fromSecret('root', { password: 'root-pw' }) });
    expect(volumesOf(synth(chart), 'StatefulSet', 'mysql')).toContainEqual({
      name: 'root',
      secret: { secretName: 'root', items: [{ key: 'root-pw', path: 'password' }], defaultMode: 0o440 },
    });
  });

  it('of an existing Secret are made by nobody', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { rootCredentials: Credentials.fromSecret('root') });
    expect(mysql.rootCredentials.secretName).toBe('root');
    expect(secrets(chart)).toEqual([]);
  });

  it.each(['', 'Root', 'root_login', 'root login', '-root', 'root-', 'r'.repeat(254)])(
    'refuse %j as the name of an existing Secret',
    (name) => {
      expect(() => Credentials.fromSecret(name)).toThrow(
        new Error(
          `Credentials.fromSecret: 'secretName' is '${name}', which is no object's name; use a-z, 0-9, '-' and '.'`,
        ),
      );
    },
  );

  it('are copied into the namespace of pods that read them, once', () => {
    const chart = testChart();
    const web = chartBeside(chart, 'web');
    const mysql = new MySql(chart, 'mysql');
    const database = mysql.addDatabase('blog');
    new WordPress(web, 'red', { database });
    new WordPress(web, 'blue', { database });
    const copies = secrets(chart).filter(({ metadata }) => metadata.name.endsWith('mysql-blog'));
    expect(copies.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'shop/mysql-blog',
      'web/shop-mysql-blog',
    ]);
    expect(copies.map(secretData)).toEqual([secretData(copies[0] as Manifest), secretData(copies[0] as Manifest)]);
    expect(problems(chart)).toEqual([]);
  });

  it('of two servers of one name have copies that are told apart, each with the password of its own', () => {
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const app = testApp();
    const file = new CredentialsFile(app, 'secrets', { path: join(temporaryFolder(), 'credentials.json') });
    const shop = new Chart(app, 'shop', { namespace: 'shop' });
    new MySql(shop, 'mysql').addDatabase('blog');
    const database = new MySql(chartBeside(shop, 'data'), 'mysql').addDatabase('blog');
    new WordPress(shop, 'wordpress', { database });
    const volumes = volumesOf(synth(shop), 'Deployment', 'wordpress');
    stderr.mockRestore();
    expect(volumes.find(({ name }: { name: string }) => name === 'database').secret.secretName).toBe('data-mysql-blog');
    const passwords = Object.fromEntries(
      file
        .toJson()
        .map((secret) => [`${secret.metadata.namespace}/${secret.metadata.name}`, secretData(secret).password]),
    );
    expect(passwords['shop/data-mysql-blog']).toMatch(/^\w{32}$/);
    expect(passwords['shop/data-mysql-blog']).toBe(passwords['data/mysql-blog']);
    expect(passwords['shop/data-mysql-blog']).not.toBe(passwords['shop/mysql-blog']);
  });

  it('are where they are read, whichever service reads them from another namespace', () => {
    const chart = testChart();
    const [web, watch] = [chartBeside(chart, 'web'), chartBeside(chart, 'watch')];
    const mysql = new MySql(chart, 'mysql');
    const influxdb = new InfluxDb(chart, 'influxdb');
    const database = influxdb.addDatabase('metrics');
    new WordPress(web, 'blog', { database: mysql.addDatabase('blog') });
    new Telegraf(watch, 'telegraf', { database, watch: [mysql, influxdb] });
    new Grafana(watch, 'grafana', { database });
    const manifests = [chart, web, watch].flatMap((chart) => synth(chart));
    expect(laws['refers to nothing that is not there']?.([...secrets(chart), ...manifests])).toEqual([]);
    const inNamespace = (name: string) =>
      secrets(chart).flatMap(({ metadata }) => (metadata.namespace === name ? metadata.name : []));
    expect(inNamespace('web').sort()).toEqual(['blog', 'blog-users', 'shop-mysql-blog']);
    expect(inNamespace('watch').sort()).toEqual([
      'grafana',
      'shop-influxdb-metrics-reader',
      'shop-influxdb-metrics-writer',
      'shop-mysql-monitor',
    ]);
  });

  it('of an existing Secret are copied by nobody', () => {
    const chart = testChart();
    const database = new MySql(chart, 'mysql').addDatabase('blog', { credentials: Credentials.fromSecret('mine') });
    new WordPress(chartBeside(chart, 'web'), 'blog', { database });
    expect(secrets(chart).map(({ metadata }) => metadata.name)).toEqual(['mysql', 'blog', 'blog-users']);
  });

  it("refuse a Secret that is another service's", () => {
    const chart = testChart();
    new MySql(chart, 'mysql').addDatabase('blog');
    new MySql(chart, 'mysql-blog');
    expect(problems(chart)).toEqual([
      "[shop/mysql-blog] its Secret 'mysql-blog' is another service's already; rename one of the two",
    ]);
  });

  it('may have the name of others in another namespace', () => {
    const app = testApp();
    CredentialsFile.placeholders(app, 'secrets');
    const [shop, test] = ['shop', 'test'].map((namespace) => new Chart(app, namespace, { namespace }));
    new MySql(shop as Chart, 'mysql');
    new MySql(test as Chart, 'mysql');
    expect(problems(shop as Chart)).toEqual([]);
  });

  it('are Secrets of the same names, and no objects, in an app without a credentials file', () => {
    const chart = chartWithoutFile();
    new Ftps(chart, 'ftps');
    const manifests = synth(chart);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const secrets = volumesOf(manifests, 'Deployment', 'ftps').flatMap(
      (volume: { secret?: { secretName: string } }) => volume.secret?.secretName ?? [],
    );
    expect(secrets).toEqual(['ftps-users', 'ftps-tls']);
  });

  it('roll the pods that read them, where their content is known', () => {
    const annotationsIn = (chart: Chart) => {
      new Ftps(chart, 'ftps');
      return find(synth(chart), 'Deployment', 'ftps').spec.template.metadata.annotations;
    };
    expect(annotationsIn(testChart())['cdk8s-services/content-hash']).toMatch(/^[0-9a-f]{12}$/);
    expect(annotationsIn(chartWithoutFile())).toEqual({ 'kubectl.kubernetes.io/default-container': 'ftps' });
  });

  it('are files in a container, and never in its environment', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    new WordPress(chart, 'blog', { database: mysql.addDatabase('blog') });
    for (const { kind, spec } of synth(chart)) {
      if (kind === 'Deployment' || kind === 'StatefulSet') {
        expect(JSON.stringify(spec)).not.toMatch(/secretKeyRef|secretRef/);
      }
    }
  });

  it('refuse a password in their place, without repeating it', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { rootCredentials: password });
    mysql.addDatabase('blog', { credentials: password });
    expect(problems(chart)).toEqual([
      "[shop/mysql] 'rootCredentials' is a string, not credentials; put it into a Secret and pass " +
        "Credentials.fromSecret('…')",
      "[shop/mysql] 'credentials' of database 'blog' is a string, not credentials; put it into a Secret and pass " +
        "Credentials.fromSecret('…')",
    ]);
  });
});
