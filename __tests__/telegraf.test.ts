import { type Chart, Duration, Size } from 'cdk8s';
import { parse } from 'smol-toml';
import {
  Certificate,
  Credentials,
  Endpoint,
  Ftps,
  Grafana,
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
import { find, type Manifest, problems, synth, testChart } from './support/app';
import { extras } from './support/extras';
import { chartBeside, DNS, pods, policy, tcp } from './support/network';
import { contentHash, secretData, secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

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
    const telegraf = new Telegraf(chart, 'telegraf', { database });
    expect(yamlOf(telegraf)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<TelegrafProps> = {
      image: 'registry.example.org/other/telegraf:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      database,
      watch: [exporter],
      interval: Duration.minutes(1),
    };
    const telegraf = new Telegraf(chart, 'telegraf', props);
    expect(yamlOf(telegraf)).toMatchSnapshot();
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
        ...DNS,
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

  it('gets copies of the Secrets that it uses from other namespaces, each once', () => {
    const chart = testChart();
    const data = chartBeside(chart, 'data');
    const mysql = new MySql(data, 'mysql');
    const props = { database: new InfluxDb(data, 'influxdb').addDatabase('metrics'), watch: [mysql] };
    new Telegraf(chart, 'telegraf', props);
    new Telegraf(chart, 'other', props);
    const { volumes } = podOf(synth(chart));
    for (const [name, username] of [
      ['influxdb-metrics-writer', 'metrics-writer'],
      ['mysql-monitor', 'monitor'],
    ]) {
      const copies = secrets(chart).filter(({ metadata }) => metadata.name.endsWith(name ?? ''));
      expect(copies.map(({ metadata }) => metadata.namespace).sort()).toEqual(['data', 'shop']);
      expect(copies.map(secretData)).toEqual(Array(2).fill({ username, password: `placeholder of ${name} password` }));
      expect(volumes.filter(({ secret }: any) => secret?.secretName === `data-${name}`)).toHaveLength(1);
    }
    expect(secrets(chart).filter(({ metadata }) => metadata.namespace === 'shop')).toHaveLength(2);
  });

  // configFile() is given the first names of Secrets, not those of their copies: take away .failing once it is
  it('refers to Secrets of other namespaces where they are mounted, and to each server by its own', () => {
    const chart = testChart();
    const data = chartBeside(chart, 'data');
    const watch = [new MySql(chart, 'mysql'), new MySql(data, 'mysql')];
    new Telegraf(chart, 'telegraf', { database: new InfluxDb(data, 'influxdb').addDatabase('metrics'), watch });
    const manifests = synth(chart);
    const { secretstores, inputs, outputs } = configOf(manifests);
    expect(secretstores.docker.map(({ id, path }: any) => [id, path])).toEqual([
      ['data_influxdb_metrics_writer', '/run/secrets/data-influxdb-metrics-writer'],
      ['mysql_monitor', '/run/secrets/mysql-monitor'],
      ['data_mysql_monitor', '/run/secrets/data-mysql-monitor'],
    ]);
    expect(inputs.mysql.map(({ servers }: any) => servers[0])).toEqual([
      '@{mysql_monitor:username}:@{mysql_monitor:password}@tcp(mysql:3306)/',
      '@{data_mysql_monitor:username}:@{data_mysql_monitor:password}@tcp(mysql.data:3306)/',
    ]);
    expect(outputs.influxdb[0].password).toBe('@{data_influxdb_metrics_writer:password}');
    const paths = podOf(manifests).containers[0].volumeMounts.map(({ mountPath }: any) => mountPath);
    expect(paths).toEqual(expect.arrayContaining(secretstores.docker.map(({ path }: any) => path)));
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
    const { nginx, phpfpm, net_response, http, x509_cert } = configOf(synth(chart)).inputs;
    const tagged = (service: string) => ({ alias: service, tags: { service } });
    expect(nginx).toEqual([
      { urls: ['http://front-status:8081/nginx-status'], ...tagged('front') },
      { urls: ['http://back-status:8081/nginx-status'], ...tagged('back') },
      { urls: ['http://admin-status:8081/nginx-status'], ...tagged('admin') },
    ]);
    expect(phpfpm).toEqual([{ urls: ['http://admin-status:8081/fpm-status'], timeout: '5s', ...tagged('admin') }]);
    expect(net_response).toEqual([{ protocol: 'tcp', address: 'ftps:21', expect: '220', ...tagged('ftps') }]);
    expect(http).toEqual([
      { urls: ['http://ftps-status:8081/'], data_format: 'influx', tagexclude: ['url'], ...tagged('ftps') },
    ]);
    expect(x509_cert).toMatchObject([
      { sources: ['tcp://front:443'], ...tagged('front') },
      { sources: ['tcp://back:443'], ...tagged('back') },
    ]);
  });

  it('reads a service that is watched twice once', () => {
    expect(configOf(telegraf({ watch: [exporter, exporter] })).inputs.prometheus).toHaveLength(1);
  });

  it('watches what is made after it, as if it had been told before', () => {
    const made = (later: boolean): Manifest[] => {
      const chart = testChart();
      const server = new MySql(chart, 'mysql');
      const watch = [server, exporter];
      const telegraf = new Telegraf(chart, 'telegraf', { database, watch: later ? [] : watch });
      for (const service of later ? watch : []) {
        telegraf.watch(service);
      }
      return synth(chart);
    };
    expect(made(true)).toEqual(made(false));
  });

  it("watches Grafana's certificate, which it serves if it has one", () => {
    const sourcesOf = (certificate?: Certificate): string[] => {
      const chart = testChart();
      const telegraf = new Telegraf(chart, 'telegraf', { database });
      telegraf.watch(new Grafana(chart, 'grafana', { database, dashboards: [telegraf], certificate }));
      const { x509_cert = [] } = configOf(synth(chart)).inputs;
      return x509_cert.flatMap(({ sources, alias }: any) => [...sources, alias]);
    };
    expect(sourcesOf(Certificate.fromSecret('tls'))).toEqual(['tcp://grafana:3000', 'grafana']);
    expect(sourcesOf()).toEqual([]);
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
        alias: 'exporter',
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

  it('has stores of their own for Secrets whose names differ in a dot and a dash', () => {
    const [first, second] = ['metrics.writer', 'metrics-writer'].map((name) => Credentials.fromSecret(name));
    const watched: IMonitored = {
      monitoring: () => ({
        name: 'redis',
        inputs: [
          new TelegrafInput({
            plugin: 'redis',
            options: { password: '${password}' },
            endpoint: server,
            credentials: second,
          }),
        ],
      }),
    };
    const own = TimeSeriesDatabase.external({ server, name: 'metrics', writer: first as Credentials, reader });
    const { secretstores, outputs, inputs } = configOf(telegraf({ database: own, watch: [watched] }));
    expect(secretstores.docker.map(({ id }: any) => id)).toEqual(['metrics__writer', 'metrics_writer']);
    expect(outputs.influxdb[0].password).toBe('@{metrics__writer:password}');
    expect(inputs.redis[0].password).toBe('@{metrics_writer:password}');
  });

  it('has volumes whose names are labels, whatever the Secrets are called', () => {
    const login = Credentials.fromSecret(`${'x'.repeat(200)}.metrics-writer`);
    const { volumes } = podOf(
      telegraf({ database: TimeSeriesDatabase.external({ server, name: 'metrics', writer: login, reader }) }),
    );
    const { name } = volumes.find(({ secret }: any) => secret?.secretName === login.secretName);
    expect(name).toMatch(/^login-[0-9a-f]{1,57}$/);
  });

  it('reads every ten seconds unless told otherwise', () => {
    expect(configOf(telegraf()).agent).toMatchObject({ interval: '10s', flush_interval: '10s' });
    expect(configOf(telegraf({ interval: Duration.minutes(1) })).agent.interval).toBe('60s');
  });

  it('tags all that it writes with its namespace, so that two of one database are told apart', () => {
    expect(configOf(telegraf()).global_tags).toEqual({ namespace: '${POD_NAMESPACE}' });
  });

  it('is unhealthy while three quarters of what it can keep wait for the database', () => {
    const { agent, outputs } = configOf(telegraf());
    expect(outputs.health).toEqual([
      {
        service_address: 'http://:8888',
        namepass: ['internal_write'],
        tagpass: { output: ['influxdb'] },
        compares: [{ field: 'buffer_size', lt: agent.metric_buffer_limit * 0.75 - 0.5 }],
      },
    ]);
    expect(podOf(telegraf()).containers[0].ports).toEqual([{ name: 'health', containerPort: 8888, protocol: 'TCP' }]);
  });

  it('is ready while its points reach the database and alive while it listens', () => {
    const [container] = podOf(telegraf()).containers;
    expect(container.readinessProbe).toMatchObject({ httpGet: { port: 'health', path: '/' } });
    expect(container.livenessProbe).toMatchObject({ tcpSocket: { port: 'health' } });
  });

  it('may read figures of all nodes, and states of its own namespace, and change nothing', () => {
    const manifests = telegraf();
    expect(podOf(manifests)).toMatchObject({ serviceAccountName: 'telegraf', automountServiceAccountToken: false });
    const rules = [find(manifests, 'ClusterRole', 'shop-telegraf').rules, find(manifests, 'Role', 'telegraf').rules];
    expect(rules.flat().flatMap(({ verbs }) => verbs)).toEqual(['list', 'get', 'list', 'list']);
    for (const binding of [
      find(manifests, 'ClusterRoleBinding', 'shop-telegraf'),
      find(manifests, 'RoleBinding', 'telegraf'),
    ]) {
      expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'telegraf', namespace: 'shop' }]);
    }
  });

  it('may do on a node what the kubelet can only where its image is another, which wants that', () => {
    const resources = (props: Partial<TelegrafProps>) =>
      find(telegraf(props), 'ClusterRole', 'shop-telegraf').rules.flatMap((rule: any) => rule.resources);
    expect(resources({})).toEqual(['nodes', 'nodes/stats']);
    expect(resources({ image: 'telegraf:1.37' })).toEqual(['nodes', 'nodes/stats', 'nodes/proxy']);
  });

  it('leaves out tags that would make new series of each image and each pod', () => {
    const { kubernetes, kube_inventory } = configOf(telegraf()).inputs;
    for (const input of [...kubernetes, ...kube_inventory]) {
      expect(input.tagexclude).toEqual(['image', 'version']);
    }
    expect(kube_inventory[0].tagdrop).toEqual({ condition: ['[!R]*'] });
  });

  it('has rights on nodes by objects of no namespace', () => {
    const manifests = telegraf();
    for (const kind of ['ClusterRole', 'ClusterRoleBinding']) {
      expect(find(manifests, kind, 'shop-telegraf').metadata).not.toHaveProperty('namespace');
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

  it.each([0, 999, 1500])('refuses to read every %d ms', (milliseconds) => {
    const chart = testChart();
    new Telegraf(chart, 'telegraf', { database, interval: Duration.millis(milliseconds) });
    expect(problems(chart)).toEqual([
      `[shop/telegraf] 'interval' is ${milliseconds} ms; use whole seconds, one or more`,
    ]);
  });

  it('refuses to be without a database or props, and reports all mistakes in one run', () => {
    const chart = testChart();
    new Telegraf(chart, 'telegraf', { interval: Duration.seconds(0) } as TelegrafProps);
    new Telegraf(chart, 'other', undefined as unknown as TelegrafProps);
    expect(problems(chart)).toEqual([
      "[shop/telegraf] 'database' is missing; pass influxdb.addDatabase('…') or TimeSeriesDatabase.external(…)",
      expect.stringContaining("[shop/telegraf] 'interval' is 0 ms"),
      expect.stringContaining("[shop/other] 'database' is missing"),
    ]);
  });
});
