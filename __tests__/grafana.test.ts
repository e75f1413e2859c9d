import { type Chart, Size, Yaml } from 'cdk8s';
import { parse } from 'yaml';
import {
  Credentials,
  Endpoint,
  Exposure,
  Grafana,
  type GrafanaProps,
  type IMonitored,
  InfluxDb,
  Nginx,
  PhpMyAdmin,
  Storage,
  TimeSeriesDatabase,
} from '../constructs';
import { find, type Manifest, problems, synth, testChart } from './support/app';
import { chartBeside, DNS, pods, policy, tcp } from './support/network';
import { contentHash, secretData, secrets } from './support/secrets';

const server = Endpoint.external({ host: 'db.example.org', port: 8087 });
const writer = Credentials.fromSecret('metrics-writer');
const reader = Credentials.fromSecret('metrics-reader', { username: 'name', password: 'pw' });
const database = TimeSeriesDatabase.external({ server, name: 'metrics', writer, reader });

/** A service of another team, with a dashboard or without. */
function exporter(name: string, dashboard?: string): IMonitored {
  return { monitoring: () => ({ name, dashboard }) };
}

function grafana(props: Partial<GrafanaProps> = {}): Manifest[] {
  const chart = testChart();
  new Grafana(chart, 'grafana', { database, ...props });
  return synth(chart);
}

/** Dashboards are long, and drawn elsewhere: a snapshot tells which there are. */
function withoutDashboards(manifests: Manifest[]): string {
  const shorter = manifests.map((manifest) =>
    manifest.metadata.name === 'grafana-dashboards' ? { ...manifest, data: Object.keys(manifest.data) } : manifest,
  );
  return Yaml.stringify(...shorter);
}

function podOf(manifests: Manifest[]) {
  return find(manifests, 'Deployment', 'grafana').spec.template.spec;
}

function datasourceOf(manifests: Manifest[]) {
  return parse(find(manifests, 'ConfigMap', 'grafana').data['datasource.yaml']).datasources[0];
}

describe('Grafana', () => {
  it('needs only a database', () => {
    expect(withoutDashboards(grafana())).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const props: Required<GrafanaProps> = {
      image: 'registry.example.org/other/grafana:1',
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      database,
      dashboards: [exporter('exporter', '{}')],
      adminCredentials: Credentials.fromSecret('admin', { username: 'name', password: 'pw' }),
      exposure: Exposure.loadBalancer({ nodePorts: { http: 30300 } }),
      storage: Storage.claim({ size: Size.gibibytes(20), storageClass: 'fast' }),
    };
    expect(withoutDashboards(grafana(props))).toMatchSnapshot();
  });

  it('opens the network to its database and to nothing else, on both sides', () => {
    const chart = testChart();
    const influxdb = new InfluxDb(chart, 'influxdb');
    const dashboards = [influxdb, new Nginx(chart, 'nginx')];
    new Grafana(chart, 'grafana', { database: influxdb.addDatabase('metrics'), dashboards });
    const manifests = synth(chart);
    expect(policy(manifests, 'grafana')).toMatchObject({
      ingress: [],
      egress: [DNS, { to: [pods('influxdb', 'influxdb')], ports: tcp(8086) }],
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

  it('has its database for datasource, as the user who only reads, with the password in a file', () => {
    const manifests = grafana();
    expect(datasourceOf(manifests)).toMatchObject({
      uid: 'influxdb',
      type: 'influxdb',
      url: 'http://db.example.org:8087',
      user: '$__file{/run/secrets/database/username}',
      jsonData: { dbName: 'metrics' },
      secureJsonData: { password: '$__file{/run/secrets/database/password}' },
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
    expect(policy(manifests, 'grafana').egress).toEqual([DNS, { ports: tcp(8087) }]);
  });

  it('has a dashboard for each service that brings one, with the name of the service in it', () => {
    const dashboards = [
      exporter('first', '{"title":"${service}","tag":"${service}"}'),
      exporter('second', '{"title":"${service} of ${other}"}'),
      exporter('third'),
    ];
    expect(find(grafana({ dashboards }), 'ConfigMap', 'grafana-dashboards').data).toEqual({
      'first.json': '{"title":"first","tag":"first"}',
      'second.json': '{"title":"second of ${other}"}',
    });
  });

  it('fills in the dashboards that services of this package bring', () => {
    const chart = testChart();
    const dashboards = [new Nginx(chart, 'nginx'), new PhpMyAdmin(chart, 'admin', { server })];
    new Grafana(chart, 'grafana', { database, dashboards });
    const { data } = find(synth(chart), 'ConfigMap', 'grafana-dashboards');
    expect(Object.keys(data).sort()).toEqual(['admin.json', 'nginx.json']);
    for (const dashboard of Object.values<string>(data)) {
      expect(() => JSON.parse(dashboard)).not.toThrow();
      expect(dashboard).not.toContain('${service}');
    }
  });

  it('finds its dashboards where they are mounted', () => {
    const manifests = grafana();
    const [provider] = parse(find(manifests, 'ConfigMap', 'grafana').data['dashboards.yaml']).providers;
    expect(podOf(manifests).containers[0].volumeMounts).toContainEqual({
      name: 'dashboards',
      mountPath: provider.options.path,
      readOnly: true,
    });
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
      contentHash(workload, build({ dashboards: [exporter('exporter', '{ }')] })),
      contentHash(workload, build(), 'influxdb-metrics-reader password'),
      contentHash(workload, build(), 'grafana password'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(workload, build(), 'influxdb-metrics-writer password')).toBe(hashes[0]);
    expect(contentHash(workload, build({ exposure: Exposure.loadBalancer() }))).toBe(hashes[0]);
  });

  it('refuses two services of one name', () => {
    const chart = testChart();
    const dashboards = [exporter('exporter', '{}'), exporter('exporter', '{}')];
    new Grafana(chart, 'grafana', { database, dashboards });
    expect(problems(chart)).toEqual([
      "[shop/grafana] 'dashboards' has two services called 'exporter'; rename one of them",
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
});
