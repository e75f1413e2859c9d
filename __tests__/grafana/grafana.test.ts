import { type Chart, Duration, Size } from 'cdk8s';
import {
  Certificate,
  ContactPoint,
  Credentials,
  Downsampling,
  Endpoint,
  Exposure,
  Ftps,
  Grafana,
  type GrafanaProps,
  type IMonitored,
  InfluxDb,
  MySql,
  Nginx,
  PhpMyAdmin,
  Storage,
  Telegraf,
  TimeSeriesDatabase,
  type TimeSeriesDatabaseProps,
  WordPress,
} from '../../constructs';
import { find, type Manifest, problems, synth, testChart } from '../support/app';
import { extras } from '../support/extras';
import { chartBeside, DNS, pods, policy, tcp } from '../support/network';
import { contentHash, secretData, secrets } from '../support/secrets';
import { yamlOf } from '../support/snapshots';
import { parse } from '../support/yaml';

const server = Endpoint.external({ host: 'db.example.org', port: 8087 });
const writer = Credentials.fromSecret('metrics-writer');
const reader = Credentials.fromSecret('metrics-reader', { username: 'name', password: 'pw' });
const database = TimeSeriesDatabase.external({ server, name: 'metrics', writer, reader });

/** All annotations of an object together hold as many bytes (Kubernetes, ValidateAnnotations). */
const ANNOTATIONS_LIMIT = 256 * 1024;

/** A service of another team, with a dashboard or without. */
function exporter(name: string, dashboard?: string): IMonitored {
  return { monitoring: () => ({ name, dashboard }) };
}

function grafana(props: Partial<GrafanaProps> = {}): Manifest[] {
  const chart = testChart();
  new Grafana(chart, 'grafana', { database, ...props });
  return synth(chart);
}

/** The files of dashboards, by their names, but for Grafana's own. */
function dashboardsOf(manifests: Manifest[]): { [file: string]: string } {
  const { 'grafana.json': _, ...dashboards } = allDashboardsOf(manifests);
  return dashboards;
}

function alertsOf(manifests: Manifest[]): { [file: string]: string } {
  return find(manifests, 'ConfigMap', 'grafana-alerts').data;
}

function allDashboardsOf(manifests: Manifest[]): { [file: string]: string } {
  const own = manifests.filter(({ kind, metadata }) => kind === 'ConfigMap' && /^grafana-dash/.test(metadata.name));
  return Object.assign({}, ...own.map(({ data }) => data));
}

function podOf(manifests: Manifest[]) {
  return find(manifests, 'Deployment', 'grafana').spec.template.spec;
}

function datasourceOf(manifests: Manifest[]) {
  return parse(find(manifests, 'ConfigMap', 'grafana').data['datasource.yaml']).datasources[0];
}

describe('Grafana', () => {
  it('needs only a database', () => {
    const chart = testChart();
    const grafana = new Grafana(chart, 'grafana', { database });
    expect(yamlOf(grafana)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<GrafanaProps> = {
      image: 'registry.example.org/other/grafana:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      database,
      dashboards: [exporter('exporter', '{}')],
      contactPoint: ContactPoint.slack({ url: Credentials.fromSecret('alerts') }),
      deletedAlerts: ['down-shop'],
      adminCredentials: Credentials.fromSecret('admin', { username: 'name', password: 'pw' }),
      certificate: Certificate.fromSecret('shop-tls'),
      hsts: Duration.days(365),
      exposure: Exposure.loadBalancer({ nodePorts: { http: 30300 } }),
      storage: Storage.claim({ size: Size.gibibytes(20), storageClass: 'fast' }),
    };
    const grafana = new Grafana(chart, 'grafana', props);
    expect(yamlOf(grafana)).toMatchSnapshot();
  });

  it('opens the network to its database and to nothing else, on both sides', () => {
    const chart = testChart();
    const influxdb = new InfluxDb(chart, 'influxdb');
    const dashboards = [influxdb, new Nginx(chart, 'nginx')];
    new Grafana(chart, 'grafana', { database: influxdb.addDatabase('metrics'), dashboards });
    const manifests = synth(chart);
    expect(policy(manifests, 'grafana')).toMatchObject({
      ingress: [],
      egress: [...DNS, { to: [pods('influxdb', 'influxdb')], ports: tcp(8086) }],
    });
    expect(policy(manifests, 'influxdb').ingress).toEqual([{ from: [pods('grafana', 'grafana')], ports: tcp(8086) }]);
    expect(policy(manifests, 'nginx').ingress).toEqual([]);
  });

  it('names the namespace of a database in another one, for its URL and policies', () => {
    const chart = testChart();
    const data = chartBeside(chart, 'data');
    const own = new InfluxDb(data, 'influxdb').addDatabase('metrics', { writer, reader });
    new Grafana(chart, 'grafana', { database: own });
    const manifests = synth(chart);
    expect(datasourceOf(manifests).url).toBe('http://influxdb.data:8086');
    expect(policy(manifests, 'grafana').egress).toContainEqual({
      to: [pods('influxdb', 'influxdb', 'data')],
      ports: tcp(8086),
    });
    expect(policy(data.toJson(), 'influxdb').ingress).toEqual([
      { from: [pods('grafana', 'grafana', 'shop')], ports: tcp(8086) },
    ]);
  });

  it('gets a copy of the Secret of a database in another namespace, of the user who only reads alone', () => {
    const chart = testChart();
    const own = new InfluxDb(chartBeside(chart, 'data'), 'influxdb').addDatabase('metrics');
    new Grafana(chart, 'grafana', { database: own });
    const { volumes } = podOf(synth(chart));
    const name = 'influxdb-metrics-reader';
    const copies = secrets(chart).filter(({ metadata }) => metadata.name.endsWith(name));
    expect(copies.map(({ metadata }) => metadata.namespace).sort()).toEqual(['data', 'shop']);
    expect(copies.map(secretData)).toEqual(
      Array(2).fill({ username: 'metrics-reader', password: `placeholder of ${name} password` }),
    );
    expect(volumes.find((volume: any) => volume.name === 'database').secret.secretName).toBe(`data-${name}`);
    const here = secrets(chart).filter(({ metadata }) => metadata.namespace === 'shop');
    expect(here.map(({ metadata }) => metadata.name).sort()).toEqual([`data-${name}`, 'grafana']);
  });

  it('has its database for datasource, as the user who only reads, with the password in a file', () => {
    const manifests = grafana();
    expect(datasourceOf(manifests)).toMatchObject({
      uid: 'influxdb',
      type: 'influxdb',
      url: 'http://db.example.org:8087',
      user: '$GF_SECRET_READER_USERNAME',
      jsonData: { dbName: 'metrics' },
      secureJsonData: { password: '$GF_SECRET_READER_PASSWORD' },
      isDefault: true,
    });
    const { containers, volumes } = podOf(manifests);
    expect(containers[0].volumeMounts).toContainEqual({
      name: 'database',
      mountPath: '/run/secrets/database',
      readOnly: true,
    });
    expect(volumes.find(({ name }: any) => name === 'database').secret).toMatchObject({
      secretName: 'metrics-reader',
      items: [
        { key: 'name', path: 'username' },
        { key: 'pw', path: 'password' },
      ],
    });
    expect(policy(manifests, 'grafana').egress).toEqual([...DNS, { ports: tcp(8087) }]);
  });

  it('has a dashboard for each service that brings one, with the name of the service in it', () => {
    const dashboards = [
      exporter('first', '{"title":"${service}","tag":"${service}"}'),
      exporter('second', '{"title":"${service} of ${other}"}'),
      exporter('third'),
    ];
    expect(dashboardsOf(grafana({ dashboards }))).toEqual({
      'first.json': '{"title":"first","tag":"first"}\n',
      'second.json': '{"title":"second of ${other}"}\n',
    });
  });

  it('has one dashboard of a service that is given twice', () => {
    const service = exporter('exporter', '{}');
    expect(dashboardsOf(grafana({ dashboards: [service, service] }))).toEqual({ 'exporter.json': '{}\n' });
  });

  it('fills in the dashboards that services of this package bring', () => {
    const chart = testChart();
    const dashboards = [new Nginx(chart, 'nginx'), new PhpMyAdmin(chart, 'admin', { server })];
    new Grafana(chart, 'grafana', { database, dashboards });
    const files = dashboardsOf(synth(chart));
    expect(Object.keys(files).sort()).toEqual(['admin.json', 'nginx.json']);
    for (const dashboard of Object.values(files)) {
      expect(() => JSON.parse(dashboard)).not.toThrow();
      expect(dashboard).not.toContain('${service}');
    }
  });

  it('has each dashboard in a ConfigMap of its own, so small that kubectl can note what it applied', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    const influxdb = new InfluxDb(chart, 'influxdb');
    const metrics = influxdb.addDatabase('metrics');
    const blog = new WordPress(chart, 'blog', { database: mysql.addDatabase('blog') });
    const services = [
      mysql,
      influxdb,
      blog,
      new Nginx(chart, 'nginx'),
      new PhpMyAdmin(chart, 'admin', { server: mysql }),
    ];
    const watchers = [new Ftps(chart, 'ftps'), new Telegraf(chart, 'telegraf', { database: metrics })];
    const dashboards = [...services, ...watchers, new Grafana(chart, 'other', { database: metrics })];
    new Grafana(chart, 'grafana', { database: metrics, dashboards });
    const manifests = synth(chart);
    for (const { name } of dashboards.map((service) => service.monitoring())) {
      const config = find(manifests, 'ConfigMap', `grafana-dashboard-${name}`);
      expect(Object.keys(config.data)).toEqual([`${name}.json`]);
      expect(JSON.stringify(config).length).toBeLessThan(ANNOTATIONS_LIMIT);
    }
  });

  it('has an overview and a dashboard of its own in any case', () => {
    for (const dashboards of [undefined, [], [exporter('none')]]) {
      const manifests = grafana({ dashboards });
      expect(Object.keys(allDashboardsOf(manifests))).toEqual(['grafana.json']);
      const { data } = find(manifests, 'ConfigMap', 'grafana-overview');
      expect(JSON.parse(data['Overview.json'])).toMatchObject({ uid: 'services-overview' });
      expect(podOf(manifests).containers[0].volumeMounts.map(({ mountPath }: any) => mountPath)).toContain(
        '/etc/grafana/provisioning/dashboards/services.yaml',
      );
    }
  });

  it('has no dashboard of its own where its name is too long for one', () => {
    const chart = testChart();
    new Grafana(chart, 'g'.repeat(33), { database });
    expect(synth(chart).filter(({ metadata }) => /dashboard/.test(metadata.name))).toEqual([]);
  });

  it('finds its dashboards where they are mounted', () => {
    const manifests = grafana({ dashboards: [exporter('exporter', '{}'), exporter('none')] });
    const [provider] = parse(find(manifests, 'ConfigMap', 'grafana').data['dashboards.yaml']).providers;
    const { containers, volumes } = podOf(manifests);
    const { path } = provider.options;
    const mounts = containers[0].volumeMounts.filter(({ mountPath }: any) => mountPath.startsWith(path));
    expect(mounts.map(({ name, mountPath, subPath }: any) => [name, mountPath, subPath])).toEqual([
      ['overview', `${path}/Overview.json`, 'Overview.json'],
      ['dashboard-exporter', `${path}/exporter.json`, 'exporter.json'],
      ['dashboard-grafana', `${path}/grafana.json`, 'grafana.json'],
    ]);
    expect(volumes).toContainEqual({
      name: 'dashboard-exporter',
      configMap: { name: 'grafana-dashboard-exporter', defaultMode: 0o444 },
    });
  });

  it('has rules for any pod, and those of each service with its name in them', () => {
    const rules = '{"apiVersion": 1, "groups": [{"name": "${service}"}]}';
    const service: IMonitored = { monitoring: () => ({ name: 'shop', alerts: rules }) };
    const alerts = alertsOf(grafana({ dashboards: [service, exporter('none')] }));
    expect(Object.keys(alerts)).toEqual(['General.json', 'shop.json']);
    expect(alerts['shop.json']).toBe('{"apiVersion":1,"groups":[{"name":"shop"}]}\n');
  });

  it('takes rules that are no more out of the database that Grafana keeps them in', () => {
    const manifests = grafana({ deletedAlerts: ['down-shop', 'behind-shop'] });
    expect(JSON.parse(alertsOf(manifests)['Deleted.json'] ?? '')).toEqual({
      apiVersion: 1,
      deleteRules: [
        { orgId: 1, uid: 'down-shop' },
        { orgId: 1, uid: 'behind-shop' },
      ],
    });
    expect(podOf(manifests).containers[0].volumeMounts).toContainEqual(
      expect.objectContaining({ mountPath: '/etc/grafana/provisioning/alerting/Deleted.json' }),
    );
  });

  it('refuses to take out a rule that it has', () => {
    const chart = testChart();
    const dashboards = [new MySql(chart, 'mysql')];
    new Grafana(chart, 'grafana', { database, dashboards, deletedAlerts: ['down-mysql', 'down-shop', 'no-data'] });
    expect(problems(chart)).toEqual([
      "[shop/grafana] 'deletedAlerts' has 'down-mysql', which is one of the alerts; leave it out",
      "[shop/grafana] 'deletedAlerts' has 'no-data', which is one of the alerts; leave it out",
    ]);
  });

  it('has a dashboard of the means where the database keeps some', () => {
    const history = (database: (chart: Chart) => TimeSeriesDatabase): string[] => {
      const chart = testChart();
      new Grafana(chart, 'grafana', { database: database(chart) });
      const manifests = synth(chart);
      const { volumeMounts } = podOf(manifests).containers[0];
      const uids = manifests.flatMap(({ data }) =>
        data?.['History.json'] ? [JSON.parse(data['History.json']).uid] : [],
      );
      const mounts = volumeMounts.filter(({ subPath }: any) => subPath === 'History.json');
      return [...uids, ...mounts.map(({ mountPath }: any) => mountPath)];
    };
    const here = ['services-history', '/etc/grafana/dashboards/History.json'];
    const kept = (props?: TimeSeriesDatabaseProps) => (chart: Chart) =>
      new InfluxDb(chart, 'influxdb').addDatabase('metrics', props);
    expect(history(kept())).toEqual(here);
    expect(history(kept({ downsampling: Downsampling.none() }))).toEqual([]);
    expect(history(kept({ retention: Duration.days(0) }))).toEqual([]);
    expect(history(() => database)).toEqual([]);
    const external = { server, name: 'metrics', writer, reader };
    expect(history(() => TimeSeriesDatabase.external({ ...external, means: true }))).toEqual(here);
  });

  it('mounts each file of rules by itself, for Grafana refuses a folder with links in it', () => {
    const mounts: any[] = podOf(grafana()).containers[0].volumeMounts;
    const folder = '/etc/grafana/provisioning/alerting';
    expect(mounts.filter(({ mountPath }) => mountPath.startsWith(folder))).toEqual([
      { name: 'alerts', mountPath: `${folder}/General.json`, subPath: 'General.json', readOnly: true },
    ]);
  });

  it('tells nobody of alerts by itself', () => {
    const files = Object.keys(find(grafana(), 'ConfigMap', 'grafana').data);
    expect(files.sort()).toEqual(['dashboards.yaml', 'datasource.yaml', 'grafana.ini']);
  });

  it('makes an administrator, and a key for what it stores', () => {
    const chart = testChart();
    const { adminCredentials } = new Grafana(chart, 'grafana', { database });
    synth(chart);
    expect(secretData(find(secrets(chart), 'Secret', adminCredentials.secretName))).toEqual({
      username: 'admin',
      password: expect.any(String),
      'secret-key': expect.any(String),
    });
  });

  it('is ready when its own database answers and alive when it does', () => {
    const [container] = podOf(grafana()).containers;
    expect(container.readinessProbe).toMatchObject({ httpGet: { port: 'http', path: '/api/health' } });
    expect(container.livenessProbe).toMatchObject({ httpGet: { port: 'http', path: '/healthz' } });
  });

  it('rolls when its datasource, a dashboard or a password changes, and not otherwise', () => {
    const workload = 'Deployment/grafana';
    const build =
      (props?: Partial<GrafanaProps>, name = 'metrics') =>
      (chart: Chart) => {
        new Grafana(chart, 'grafana', { database: new InfluxDb(chart, 'influxdb').addDatabase(name), ...props });
      };
    const hashes = [
      contentHash(workload, build()),
      contentHash(workload, build({ database })),
      contentHash(workload, build({ dashboards: [exporter('exporter', '{}')] })),
      contentHash(workload, build({ dashboards: [exporter('exporter', '{"title":"another"}')] })),
      contentHash(workload, build(), 'influxdb-metrics-reader password'),
      contentHash(workload, build(), 'grafana password'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(workload, build(), 'influxdb-metrics-writer password')).toBe(hashes[0]);
    expect(contentHash(workload, build({ exposure: Exposure.loadBalancer() }))).toBe(hashes[0]);
  });

  it.each([
    ['two dashboards', '{}', '{}'],
    ['one dashboard', undefined, '{}'],
    ['no dashboards', undefined, undefined],
  ])('refuses two services of one name, with %s', (_, first, second) => {
    const chart = testChart();
    const dashboards = [exporter('exporter', first), exporter('exporter', second)];
    new Grafana(chart, 'grafana', { database, dashboards });
    expect(problems(chart)).toEqual([
      "[shop/grafana] 'dashboards' has two services called 'exporter'; rename one of them",
    ]);
  });

  it('takes a service of any name that has no dashboard', () => {
    const chart = testChart();
    new Grafana(chart, 'grafana', { database, dashboards: [exporter('My shop')] });
    expect(problems(chart)).toEqual([]);
  });

  it.each(['', '{', '{"title": ${service}}'])('refuses the dashboard %j, which is no JSON', (dashboard) => {
    const chart = testChart();
    new Grafana(chart, 'grafana', { database, dashboards: [exporter('exporter', dashboard)] });
    expect(problems(chart)).toEqual([
      "[shop/grafana] 'dashboards' has one for 'exporter' that is no JSON; pass a dashboard as Grafana exports it",
    ]);
  });

  it.each(['', 'Exporter', 'an exporter', '../exporter', '-exporter', 'exporter-', 'x'.repeat(33)])(
    'refuses the name %j, which fits no dashboard',
    (name) => {
      const chart = testChart();
      new Grafana(chart, 'grafana', { database, dashboards: [exporter(name, '{}')] });
      expect(problems(chart)).toEqual([
        `[shop/grafana] 'dashboards' has a service called '${name}'; use up to 32 of a-z, 0-9 and '-'`,
      ]);
    },
  );

  it.each(['x', 'x'.repeat(32), 'exporter-2'])('takes the name %j for a dashboard', (name) => {
    expect(dashboardsOf(grafana({ dashboards: [exporter(name, '{}')] }))).toEqual({ [`${name}.json`]: '{}\n' });
  });

  it('refuses rules that are no JSON', () => {
    const chart = testChart();
    const service: IMonitored = { monitoring: () => ({ name: 'shop', alerts: '{' }) };
    new Grafana(chart, 'grafana', { database, dashboards: [service] });
    expect(problems(chart)).toEqual([
      "[shop/grafana] 'dashboards' has alerts for 'shop' that are no JSON; pass rules as Grafana exports them",
    ]);
  });

  it('refuses to be without a database, and a password in place of credentials, in one run', () => {
    const chart = testChart();
    const props = { adminCredentials: 's3cret' } as unknown as GrafanaProps;
    new Grafana(chart, 'grafana', props);
    expect(problems(chart)).toEqual([
      "[shop/grafana] 'database' is missing; pass influxdb.addDatabase('…') or TimeSeriesDatabase.external(…)",
      "[shop/grafana] 'adminCredentials' is a string, not credentials; put it into a Secret and pass " +
        "Credentials.fromSecret('…')",
    ]);
  });

  it('refuses to be without props, and reports it with the mistakes of others', () => {
    const chart = testChart();
    new Grafana(chart, 'grafana', undefined as unknown as GrafanaProps);
    new MySql(chart, 'mysql').addDatabase('sys');
    expect(problems(chart)).toEqual([
      expect.stringContaining("[shop/grafana] 'database' is missing"),
      expect.stringContaining("[shop/mysql] database 'name' is 'sys'"),
    ]);
  });
});
