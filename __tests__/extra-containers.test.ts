import type { Chart } from 'cdk8s';
import {
  Credentials,
  DataAccess,
  Database,
  Endpoint,
  Ftps,
  Grafana,
  HealthCheck,
  InfluxDb,
  MySql,
  Nginx,
  PhpMyAdmin,
  type ServiceProps,
  Telegraf,
  TimeSeriesDatabase,
  WordPress,
} from '../constructs';
import { find, type Manifest, problems, synth, testChart } from './support/app';
import { extras, INIT, SIDECAR } from './support/extras';
import { laws } from './support/laws';

const server = Endpoint.external({ host: 'db.example.org', port: 3306 });
const user = Credentials.fromSecret('user');
const database = Database.external({ server, name: 'posts', credentials: user });
const metrics = TimeSeriesDatabase.external({ server, name: 'metrics', writer: user, reader: user });

type Add = (chart: Chart, props: ServiceProps) => unknown;

const SERVICES: [string, string | undefined, Add][] = [
  ['Ftps', '/srv/ftp', (chart, props) => new Ftps(chart, 'it', props)],
  ['Grafana', '/var/lib/grafana', (chart, props) => new Grafana(chart, 'it', { ...props, database: metrics })],
  ['InfluxDb', '/var/lib/influxdb', (chart, props) => new InfluxDb(chart, 'it', props)],
  ['MySql', '/var/lib/mysql', (chart, props) => new MySql(chart, 'it', props)],
  ['Nginx', undefined, (chart, props) => new Nginx(chart, 'it', { ...props, ssh: {} })],
  ['PhpMyAdmin', undefined, (chart, props) => new PhpMyAdmin(chart, 'it', { ...props, server })],
  ['Telegraf', undefined, (chart, props) => new Telegraf(chart, 'it', { ...props, database: metrics, watch: [] })],
  ['WordPress', '/var/lib/wp-content', (chart, props) => new WordPress(chart, 'it', { ...props, database })],
];

function made(add: Add, props: ServiceProps) {
  const chart = testChart();
  add(chart, props);
  const manifests = synth(chart);
  return { manifests, pod: podOf(manifests) };
}

function podOf(manifests: Manifest[]) {
  const kind = manifests.some(({ kind }) => kind === 'StatefulSet') ? 'StatefulSet' : 'Deployment';
  return find(manifests, kind, 'it').spec.template.spec;
}

const named = (containers: any[], name: string) => containers.find((container) => container.name === name);
const dataOf = (container: any) => container.volumeMounts.find(({ name }: { name: string }) => name === 'data');

describe.each(SERVICES)('%s', (_, data, add) => {
  it('runs containers of its user after its own, and breaks no law', () => {
    const { manifests, pod } = made(add, extras);
    expect(pod.initContainers.at(-1).name).toBe('fetch');
    expect(pod.containers.at(-1).name).toBe('exporter');
    expect(pod.containers[0].name).not.toBe('exporter');
    const elsewhere = /needs Secret\//;
    const broken = Object.values(laws).flatMap((breakers) => breakers(manifests).filter((it) => !elsewhere.test(it)));
    expect(broken).toEqual([]);
  });

  if (data === undefined) {
    it('refuses to give them data, as it keeps none', () => {
      const chart = testChart();
      add(chart, { sidecars: [{ ...SIDECAR, data: DataAccess.READ }] });
      expect(problems(chart)).toEqual([
        "[shop/it] 'data' of 'exporter' in 'sidecars' is 'read', but the service keeps no data; leave it out",
      ]);
    });
  } else {
    it('gives them its data where it has it, to write only where that is said', () => {
      const { pod } = made(add, {
        initContainers: [{ ...INIT, data: DataAccess.WRITE }],
        sidecars: [{ ...SIDECAR, data: DataAccess.READ }],
      });
      expect(dataOf(named(pod.initContainers, 'fetch'))).toEqual({ name: 'data', mountPath: data });
      expect(dataOf(named(pod.containers, 'exporter'))).toEqual({ name: 'data', mountPath: data, readOnly: true });
    });
  }
});

describe('Containers of one’s own', () => {
  const mysql = (props: ServiceProps) => made((chart) => new MySql(chart, 'it', props), {}).pod;

  function problemsOf(props: ServiceProps): string[] {
    const chart = testChart();
    new MySql(chart, 'it', props);
    return problems(chart);
  }

  it('take every prop', () => {
    expect(named(mysql(extras).initContainers, 'fetch')).toEqual({
      name: 'fetch',
      image: 'registry.example.org/fetch:1.2',
      imagePullPolicy: 'IfNotPresent',
      command: ['fetch'],
      args: ['--all'],
      env: [{ name: 'FROM', value: 'https://example.org' }],
      volumeMounts: [
        { name: expect.stringMatching(/^secret-/), mountPath: '/run/secrets/mail', readOnly: true },
        { name: 'tmp-fetch', mountPath: '/tmp' },
      ],
      resources: {
        requests: { cpu: '20m', memory: '48Mi', 'ephemeral-storage': '128Mi' },
        limits: { cpu: '1', memory: '96Mi', 'ephemeral-storage': '128Mi' },
      },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
        runAsUser: 20001,
        runAsGroup: 20001,
      },
    });
  });

  it('are asked as they say, and given five minutes to start', () => {
    expect(named(mysql(extras).containers, 'exporter')).toMatchObject({
      startupProbe: { httpGet: { port: 9100, path: '/ready' }, periodSeconds: 2, failureThreshold: 150 },
      readinessProbe: { httpGet: { port: 9100, path: '/ready' } },
      livenessProbe: { tcpSocket: { port: 9100 } },
    });
  });

  it('share a Secret as one volume', () => {
    const { volumes } = mysql({
      initContainers: [INIT],
      sidecars: [{ ...SIDECAR, secrets: { '/run/mail': Credentials.fromSecret('mail') } }],
    });
    const mail = volumes.filter(({ secret }: any) => secret?.secretName === 'mail');
    expect(mail).toEqual([{ name: expect.any(String), secret: { secretName: 'mail', defaultMode: 0o440 } }]);
  });

  const where = "of 'fetch' in 'initContainers'";
  it.each<[string, Partial<typeof INIT>, string]>([
    [
      'a name that is none',
      { name: 'Fetch' },
      "'name' is 'Fetch' in 'initContainers'; use a-z, 0-9 and '-', 52 at most",
    ],
    [
      "the service's name",
      { name: 'mysql' },
      "'name' is 'mysql' in 'initContainers', but the pod has a container of that name; use another",
    ],
    [
      'an image without a version',
      { image: 'fetch' },
      `'image' ${where} is 'fetch', which names no version; add a tag that is not 'latest', or a digest`,
    ],
    [
      'a secret in its environment, whose value is in no message',
      { env: { DB_PASSWORD: 'hunter2' } },
      `'env' ${where} has DB_PASSWORD, which looks like a secret; mount it with 'secrets'`,
    ],
    [
      'a secret among its arguments, whose value is in no message',
      { args: ['--verbose', '--password=hunter2'] },
      `'args' ${where} has --password with what looks like a secret; mount it with 'secrets'`,
    ],
    [
      'a user of the node',
      { user: 1000 },
      `'user' ${where} is 1000; use a whole number from 10001 to 2147483647, which is nobody on the node`,
    ],
    [
      'a secret in no folder',
      { secrets: { mail: user } },
      `'secrets' ${where} has the folder 'mail'; use a whole path such as '/run/secrets/mail', without ':' and '..'`,
    ],
    [
      'a secret in a folder that leads elsewhere',
      { secrets: { '/run/../etc': user } },
      `'secrets' ${where} has the folder '/run/../etc'; use a whole path such as '/run/secrets/mail', without ':' and '..'`,
    ],
    [
      'what is no variable',
      { env: { 'MY VARIABLE': 'x' } },
      `'env' ${where} has 'MY VARIABLE', which is no variable; use letters, digits, '_', '-' and '.'`,
    ],
    [
      'a user whom Kubernetes does not know',
      { user: 2 ** 31 },
      `'user' ${where} is 2147483648; use a whole number from 10001 to 2147483647, which is nobody on the node`,
    ],
    [
      'a name that a program without types left out',
      { name: undefined as unknown as string },
      "'name' is 'undefined' in 'initContainers'; use a-z, 0-9 and '-', 52 at most",
    ],
    [
      'a secret over the folder for temporary files',
      { secrets: { '/tmp': user } },
      `'secrets' ${where} has the folder '/tmp', where something else is; use another`,
    ],
    [
      'too little',
      { resources: { cpu: 0 } },
      `'resources' ${where} has cpu 0 and cpuLimit 1; use 0.001 or more, and a limit that is no less`,
    ],
  ])('are refused with %s', (_, props, message) => {
    expect(problemsOf({ initContainers: [{ ...INIT, ...props }] })).toEqual([`[shop/it] ${message}`]);
  });

  it('are refused with one name twice', () => {
    expect(problemsOf({ initContainers: [INIT], sidecars: [{ ...SIDECAR, name: 'fetch' }] })).toEqual([
      "[shop/it] 'name' is 'fetch' in 'sidecars', but the pod has a container of that name; use another",
    ]);
  });

  it.each<[string, () => HealthCheck, string]>([
    ['port 0', () => HealthCheck.tcp(0), "HealthCheck.tcp: 'port' is 0; use a whole number from 1 to 65535"],
    ['no port', () => HealthCheck.http(Number.NaN, '/'), "HealthCheck.http: 'port' is NaN; use a whole"],
    ['no path', () => HealthCheck.http(80, 'healthz'), "HealthCheck.http: 'path' is 'healthz'; use one such as"],
    ['no command', () => HealthCheck.command(), "HealthCheck.command: 'words' is empty; name a command"],
  ])('cannot be asked by %s', (_, ask, message) => {
    expect(ask).toThrow(message);
  });

  it('are refused without a question, and with one for two', () => {
    const ready = HealthCheck.command('true');
    expect(problemsOf({ sidecars: [{ ...SIDECAR, ready, alive: HealthCheck.command('true') }] })).toEqual([
      "[shop/it] 'exporter' in 'sidecars' has the same check for 'ready' and 'alive', which restarts what only waits; " +
        'ask something else in one of them',
    ]);
    const without = { ...SIDECAR, alive: undefined as unknown as HealthCheck };
    expect(problemsOf({ sidecars: [without] })).toEqual([
      "[shop/it] 'exporter' in 'sidecars' has no 'alive'; add one, such as HealthCheck.tcp(…)",
    ]);
  });
});
