import { type Chart, Duration, Size } from 'cdk8s';
import { parse } from 'smol-toml';
import {
  Credentials,
  Endpoint,
  Ftps,
  type IMonitored,
  InfluxDb,
  MySql,
  Nginx,
  PhpMyAdmin,
  Telegraf,
  TelegrafInput,
  type TelegrafProps,
  TimeSeriesDatabase,
} from '../constructs';
import { find, type Manifest, problems, synth, testChart, yaml } from './support/app';
import { chartBeside, DNS, pods, policy, tcp } from './support/network';
import { contentHash, secretData, secrets } from './support/secrets';

const server = Endpoint.external({ host: 'db.example.org', port: 8087 });
const writer = Credentials.fromSecret('metrics-writer', { username: 'name', password: 'pw' });
const reader = Credentials.fromSecret('metrics-reader');
const database = TimeSeriesDatabase.external({ server, name: 'metrics', writer, reader });

/** A service of another team. */
const exporter: IMonitored = {
  monitoring: () => ({
    name: 'exporter',
    inputs: [
      new TelegrafInput({
        plugin: 'prometheus',
        options: {
          urls: ['http://${host}:${port}/metrics', '${other}'],
          http_headers: { Accept: '${host}' },
          metric_version: 2,
          username: '${username}',
          password: '${password}',
        },
        endpoint: Endpoint.external({ host: 'exporter.example.org', port: 9100 }),
        credentials: Credentials.fromSecret('the-exporter'),
      }),
    ],
  }),
};

/** `telegraf.conf`, as Telegraf reads it. */
function configOf(manifests: Manifest[]): { [section: string]: any } {
  return parse(find(manifests, 'ConfigMap', 'telegraf').data['telegraf.conf']) as { [section: string]: any };
}

function telegraf(props: Partial<TelegrafProps> = {}): Manifest[] {
  const chart = testChart();
  new Telegraf(chart, 'telegraf', { database, ...props });
  return synth(chart);
}

function podOf(manifests: Manifest[]) {
  return find(manifests, 'Deployment', 'telegraf').spec.template.spec;
}

describe('Telegraf', () => {
  it('needs only a database', () => {
    const chart = testChart();
    new Telegraf(chart, 'telegraf', { database });
    expect(yaml(chart)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<TelegrafProps> = {
      image: 'registry.example.org/other/telegraf:1',
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      database,
      watch: [exporter],
      interval: Duration.minutes(1),
    };
    new Telegraf(chart, 'telegraf', props);
    expect(yaml(chart)).toMatchSnapshot();
  });

  it('opens the network to its database and to what it watches, on both sides, and to the kubelets and the API', () => {
    const chart = testChart();
    const influxdb = new InfluxDb(chart, 'influxdb');
    const mysql = new MySql(chart, 'mysql');
    new Telegraf(chart, 'telegraf', { database: influxdb.addDatabase('metrics'), watch: [influxdb, mysql] });
    const manifests = synth(chart);
    expect(policy(manifests, 'telegraf')).toMatchObject({
      ingress: [],
      egress: [
        DNS,
        { ports: tcp(443, 6443, 8443) },
        { ports: tcp(10250) },
        { to: [pods('influxdb', 'influxdb')], ports: tcp(8086) },
        { to: [pods('mysql', 'mysql')], ports: tcp(3306) },
      ],
    });
    for (const [name, port] of [['influxdb', 8086] as const, ['mysql', 3306] as const]) {
      expect(policy(manifests, name).ingress).toEqual([{ from: [pods('telegraf', 'telegraf')], ports: tcp(port) }]);
    }
  });

  it('names the namespace of a service in another one, for its host and policies', () => {
    const chart = testChart();
    const office = chartBeside(chart, 'office');
    new Telegraf(chart, 'telegraf', { database, watch: [new PhpMyAdmin(office, 'admin', { server })] });
    const manifests = synth(chart);
    const { inputs } = configOf(manifests);
    expect(inputs.nginx[0].urls).toEqual(['http://admin-status.office:8081/nginx-status']);
    expect(policy(manifests, 'telegraf').egress).toContainEqual({
      to: [pods('phpmyadmin', 'admin', 'office')],
      ports: tcp(8081),
    });
    expect(policy(office.toJson(), 'admin').ingress).toEqual([
      { from: [pods('telegraf', 'telegraf', 'shop')], ports: tcp(8081) },
    ]);
  });

  it('reads only the containers and itself where nothing is watched', () => {
    const { inputs } = configOf(telegraf());
    expect(Object.keys(inputs)).toEqual(['internal', 'kubernetes', 'kube_inventory']);
    expect(inputs.kubernetes[0].tagpass).toEqual({ namespace: ['${POD_NAMESPACE}'] });
    expect(inputs.kube_inventory[0].namespace).toBe('${POD_NAMESPACE}');
    expect(podOf(telegraf()).containers[0].env).toEqual([
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    ]);
  });

  it('has an input of its own for each service of a kind, tagged with its name', () => {
    const chart = testChart();
    const watch = [
      new Nginx(chart, 'front'),
      new Nginx(chart, 'back'),
      new PhpMyAdmin(chart, 'admin', { server }),
      new Ftps(chart, 'ftps'),
    ];
    new Telegraf(chart, 'telegraf', { database, watch });
    const { nginx, phpfpm, net_response } = configOf(synth(chart)).inputs;
    expect(nginx).toEqual([
      { urls: ['http://front-status:8081/nginx-status'], tags: { service: 'front' } },
      { urls: ['http://back-status:8081/nginx-status'], tags: { service: 'back' } },
      { urls: ['http://admin-status:8081/nginx-status'], tags: { service: 'admin' } },
    ]);
    expect(phpfpm).toEqual([{ urls: ['http://admin-status:8081/fpm-status'], tags: { service: 'admin' } }]);
    expect(net_response).toEqual([{ protocol: 'tcp', address: 'ftps:21', expect: '220', tags: { service: 'ftps' } }]);
  });

  it('watches a service of another team, filling in where it is and who logs in, and nothing else', () => {
    const manifests = telegraf({ watch: [exporter] });
    expect(configOf(manifests).inputs.prometheus).toEqual([
      {
        urls: ['http://exporter.example.org:9100/metrics', '${other}'],
        http_headers: { Accept: 'exporter.example.org' },
        metric_version: 2,
        username: '@{the_exporter:username}',
        password: '@{the_exporter:password}',
        tags: { service: 'exporter' },
      },
    ]);
    expect(policy(manifests, 'telegraf').egress).toContainEqual({ ports: tcp(9100) });
  });

  it('writes to its database as the user who only writes, and makes no database', () => {
    const { outputs } = configOf(telegraf());
    expect(outputs.influxdb).toEqual([
      {
        urls: ['http://db.example.org:8087'],
        database: 'metrics',
        skip_database_creation: true,
        username: '@{metrics_writer:username}',
        password: '@{metrics_writer:password}',
      },
    ]);
  });

  it('refers to names and passwords, each in a store that is mounted, and holds none itself', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    new Telegraf(chart, 'telegraf', { database, watch: [mysql, exporter] });
    const manifests = synth(chart);
    const { secretstores, inputs } = configOf(manifests);
    expect(inputs.mysql[0].servers).toEqual(['@{mysql_monitor:username}:@{mysql_monitor:password}@tcp(mysql:3306)/']);
    expect(secretstores.docker).toEqual(
      ['metrics-writer', 'mysql-monitor', 'the-exporter'].map((secret) => ({
        id: secret.replace('-', '_'),
        path: `/run/secrets/${secret}`,
        dynamic: true,
      })),
    );
    const { volumes, containers } = podOf(manifests);
    for (const { path } of secretstores.docker) {
      const mount = containers[0].volumeMounts.find(({ mountPath }: any) => mountPath === path);
      const { secret } = volumes.find(({ name }: any) => name === mount.name);
      expect(`/run/secrets/${secret.secretName}`).toBe(path);
      expect(secret.items.map((item: any) => item.path)).toEqual(['username', 'password']);
    }
    const config = find(manifests, 'ConfigMap', 'telegraf').data['telegraf.conf'];
    for (const { password } of secrets(chart).map(secretData)) {
      expect(config).not.toContain(password);
    }
  });

  it('reads every ten seconds unless told otherwise', () => {
    expect(configOf(telegraf()).agent).toMatchObject({ interval: '10s', flush_interval: '10s' });
    expect(configOf(telegraf({ interval: Duration.minutes(1) })).agent.interval).toBe('60s');
  });

  it('is ready while its points reach the database and alive while it listens', () => {
    const [container] = podOf(telegraf()).containers;
    expect(container.readinessProbe).toMatchObject({ httpGet: { port: 'health', path: '/' } });
    expect(container.livenessProbe).toMatchObject({ tcpSocket: { port: 'health' } });
  });

  it('may read figures of all nodes, and states of its own namespace, and change nothing', () => {
    const manifests = telegraf();
    expect(podOf(manifests)).toMatchObject({ serviceAccountName: 'telegraf', automountServiceAccountToken: true });
    const rules = [find(manifests, 'ClusterRole', 'shop-telegraf').rules, find(manifests, 'Role', 'telegraf').rules];
    expect(rules.flat().flatMap(({ verbs }) => verbs)).toEqual(['list', 'get', 'get', 'list', 'get', 'list']);
    for (const binding of [
      find(manifests, 'ClusterRoleBinding', 'shop-telegraf'),
      find(manifests, 'RoleBinding', 'telegraf'),
    ]) {
      expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'telegraf', namespace: 'shop' }]);
    }
  });

  it('rolls when its configuration or a password that it uses changes, and not otherwise', () => {
    const workload = 'Deployment/telegraf';
    const build = (props?: (chart: Chart) => Partial<TelegrafProps>) => (chart: Chart) => {
      const influxdb = new InfluxDb(chart, 'influxdb');
      const watch = [new MySql(chart, 'mysql')];
      new Telegraf(chart, 'telegraf', { database: influxdb.addDatabase('metrics'), watch, ...props?.(chart) });
    };
    const hashes = [
      contentHash(workload, build()),
      contentHash(
        workload,
        build(() => ({ interval: Duration.minutes(1) })),
      ),
      contentHash(
        workload,
        build((chart) => ({ watch: [new PhpMyAdmin(chart, 'admin', { server })] })),
      ),
      contentHash(workload, build(), 'influxdb-metrics-writer password'),
      contentHash(workload, build(), 'mysql-monitor password'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(workload, build(), 'influxdb-metrics-reader password')).toBe(hashes[0]);
    expect(contentHash(workload, build(), 'mysql password')).toBe(hashes[0]);
  });

  it('refuses an input that holds a password, without repeating it', () => {
    const input = () => new TelegrafInput({ plugin: 'redis', options: { password: 's3cret' }, endpoint: server });
    expect(input).toThrow(
      new Error("TelegrafInput 'redis': 'password' is a secret itself; use '${password}' and pass 'credentials'"),
    );
  });

  it('refuses to be without a database, and an interval of less than a second, in one run', () => {
    const chart = testChart();
    const props = { interval: Duration.seconds(0) } as TelegrafProps;
    new Telegraf(chart, 'telegraf', props);
    expect(problems(chart)).toEqual([
      "[shop/telegraf] 'database' is missing; pass influxdb.addDatabase('…') or TimeSeriesDatabase.external(…)",
      "[shop/telegraf] 'interval' is 0 ms; use a second or more",
    ]);
  });
});
