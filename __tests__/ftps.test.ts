import { type Chart, Size } from 'cdk8s';
import {
  Certificate,
  Credentials,
  Endpoint,
  Exposure,
  Ftps,
  type FtpsProps,
  type PortRange,
  Storage,
  Telegraf,
  TimeSeriesDatabase,
} from '../constructs';
import { find, type Manifest, problems, synth, testChart } from './support/app';
import { extras } from './support/extras';
import { DNS, pods, policy, tcp } from './support/network';
import { contentHash, secretData, secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

const balancer = Exposure.loadBalancer();
const node = Exposure.nodePort({ ports: { ftp: 30021 } });

function ftps(props: FtpsProps = {}): Manifest[] {
  const chart = testChart();
  new Ftps(chart, 'ftps', props);
  return synth(chart);
}

function ftpsProblems(props: FtpsProps): string[] {
  const chart = testChart();
  new Ftps(chart, 'ftps', props);
  return problems(chart);
}

function podOf(manifests: Manifest[]) {
  return find(manifests, 'Deployment', 'ftps').spec.template.spec;
}

/** The environment's variables of one sort: a text, or the path of the pod's field. */
function variables(props: FtpsProps, beginning: string): { [name: string]: string } {
  const { env } = podOf(ftps(props)).containers[0];
  const of = env.filter(({ name }: { name: string }) => name.startsWith(beginning));
  return Object.fromEntries(of.map(({ name, value, valueFrom }: any) => [name, value ?? valueFrom.fieldRef.fieldPath]));
}

describe('Ftps', () => {
  it('needs nothing', () => {
    const chart = testChart();
    const ftps = new Ftps(chart, 'ftps');
    expect(yamlOf(ftps)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<FtpsProps> = {
      image: 'registry.example.org/other/ftps:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      users: ['ann', 'bob.the-2nd_'],
      userPasswords: Credentials.fromSecret('people'),
      passivePorts: { first: 31000, last: 31001 },
      address: 'ftp.example.org',
      certificate: Certificate.certManager({ issuer: 'letsencrypt', names: ['ftp.example.org'] }),
      exposure: balancer,
      storage: Storage.claim({ size: Size.gibibytes(20), storageClass: 'fast' }),
    };
    const ftps = new Ftps(chart, 'ftps', props);
    expect(yamlOf(ftps)).toMatchSnapshot();
  });

  it.each([
    ['a load balancer', balancer, { first: 30000, last: 30009 }, true],
    ['ports of the node', node, { first: 32760, last: 32767 }, true],
    ['a load balancer, on ports that a node has not', balancer, { first: 40000, last: 40098 }, false],
    ['nothing', Exposure.clusterIp(), { first: 30000, last: 30009 }, false],
  ])('has one range of passive ports everywhere, exposed by %s', (_, exposure, passivePorts, onNode) => {
    const { first, last } = passivePorts;
    const manifests = ftps({ exposure, passivePorts });
    expect(variables({ exposure, passivePorts }, 'FTPS_PASSIVE')).toEqual({ FTPS_PASSIVE_PORTS: `${first}:${last}` });
    const range = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    expect(find(manifests, 'Service', 'ftps').spec.ports.slice(1)).toEqual(
      range.map((port) => ({
        name: `passive-${port}`,
        port,
        targetPort: port,
        protocol: 'TCP',
        ...(onNode && { nodePort: port }),
      })),
    );
    const opened = [...tcp(2121), { port: first, endPort: last, protocol: 'TCP' }];
    expect(policy(manifests, 'ftps').ingress).toEqual(exposure._type === 'ClusterIP' ? [] : [{ ports: opened }]);
  });

  it('has ten passive ports unless told otherwise', () => {
    expect(variables({}, 'FTPS_PASSIVE')).toEqual({ FTPS_PASSIVE_PORTS: '30000:30009' });
  });

  it.each([
    ['that of its pod, inside the cluster', {}, { FTPS_ADDRESS: 'status.podIP' }],
    ['that of its node, on ports of the node', { exposure: node }, { FTPS_ADDRESS: 'status.hostIP' }],
    ['the given one', { exposure: balancer, address: '192.0.2.7' }, { FTPS_ADDRESS: '192.0.2.7' }],
    ['the given one, on ports of the node', { exposure: node, address: '192.0.2.7' }, { FTPS_ADDRESS: '192.0.2.7' }],
  ])('tells clients an address that they can reach: %s', (_, props, expected) => {
    expect(variables(props, 'FTPS_ADDRESS')).toEqual(expected);
  });

  it('asks for the address of its load balancer, and has that of its node to fall back on', () => {
    expect(variables({ exposure: balancer }, 'FTPS_')).toEqual({
      FTPS_PASSIVE_PORTS: '30000:30009',
      FTPS_SERVICE: 'ftps',
      FTPS_NAMESPACE: 'metadata.namespace',
      FTPS_FALLBACK_ADDRESS: 'status.hostIP',
    });
  });

  it('may read its own Service where it asks for an address, and nothing else', () => {
    const manifests = ftps({ exposure: balancer });
    expect(podOf(manifests)).toMatchObject({ serviceAccountName: 'ftps', automountServiceAccountToken: false });
    expect(find(manifests, 'Role', 'ftps').rules).toEqual([
      { apiGroups: [''], resources: ['services'], resourceNames: ['ftps'], verbs: ['get'] },
    ]);
    const { roleRef, subjects } = find(manifests, 'RoleBinding', 'ftps');
    expect(roleRef).toMatchObject({ kind: 'Role', name: 'ftps' });
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'ftps', namespace: 'shop' }]);
    expect(policy(manifests, 'ftps').egress).toEqual([...DNS, { ports: tcp(443, 6443, 8443) }]);
  });

  it.each([
    ['inside the cluster', {}],
    ['on ports of the node', { exposure: node }],
    ['with a given address', { exposure: balancer, address: '192.0.2.7' }],
  ])('has no account and reaches nothing %s', (_, props) => {
    const manifests = ftps(props);
    expect(podOf(manifests)).toMatchObject({ automountServiceAccountToken: false });
    expect(podOf(manifests)).not.toHaveProperty('serviceAccountName');
    expect(manifests.filter(({ kind }) => /^(ServiceAccount|Role|RoleBinding)$/.test(kind))).toEqual([]);
    expect(policy(manifests, 'ftps').egress).toEqual([]);
  });

  it('is opened to Telegraf on its control port, and on one where it shows its figures to nobody else', () => {
    const chart = testChart();
    const server = Endpoint.external({ host: 'metrics.example.org', port: 8086 });
    const user = Credentials.fromSecret('metrics');
    const database = TimeSeriesDatabase.external({ server, name: 'metrics', writer: user, reader: user });
    new Telegraf(chart, 'telegraf', { database, watch: [new Ftps(chart, 'ftps')] });
    const from = [pods('telegraf', 'telegraf')];
    expect(policy(synth(chart), 'ftps').ingress).toEqual([
      { from, ports: tcp(2121) },
      { from, ports: tcp(8081) },
    ]);
  });

  it('sends control and data connections of a client to one pod', () => {
    expect(find(ftps(), 'Service', 'ftps').spec.sessionAffinity).toBe('ClientIP');
  });

  it('is ready by its own check and alive while its daemon runs', () => {
    const [container] = podOf(ftps()).containers;
    expect(container.readinessProbe.exec.command).toEqual(['/usr/local/bin/healthcheck']);
    expect(container.livenessProbe.exec.command).toEqual(['pgrep', 'pure-ftpd']);
  });

  it('makes a password for each user', () => {
    const chart = testChart();
    const { userPasswords } = new Ftps(chart, 'ftps', { users: ['ann', 'bob'] });
    synth(chart);
    const data = secretData(find(secrets(chart), 'Secret', userPasswords.secretName));
    expect(Object.keys(data)).toEqual(['ann', 'bob']);
  });

  it('rolls when users or passwords change, and not otherwise', () => {
    const workload = 'Deployment/ftps';
    const certificate = Certificate.fromSecret('tls');
    const build = (props?: FtpsProps) => (chart: Chart) => {
      new Ftps(chart, 'ftps', { certificate, ...props });
    };
    const hashes = [
      contentHash(workload, build()),
      contentHash(workload, build({ users: ['ftp', 'ann'] })),
      contentHash(workload, build(), 'ftps-users ftp'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(workload, build({ exposure: balancer, resources: { cpu: 1 } }))).toBe(hashes[0]);
  });

  it('refuses to have no users', () => {
    expect(ftpsProblems({ users: [] })).toEqual(["[shop/ftps] 'users' is empty; name at least one"]);
  });

  it.each(['', 'Ann', '1st', 'a:b', 'a/b', 'x'.repeat(33)])('refuses %j as a user', (user) => {
    expect(ftpsProblems({ users: [user], userPasswords: Credentials.fromSecret('people') })).toEqual([
      `[shop/ftps] 'users' has '${user}'; use up to 32 of a-z, 0-9, '-', '_' and '.', beginning with a letter`,
    ]);
  });

  it('refuses a user twice', () => {
    expect(ftpsProblems({ users: ['ann', 'ann'] })).toEqual([
      "[shop/ftps] 'users' has 'ann' twice; remove one of them",
    ]);
  });

  it.each([
    [{ first: 1023, last: 1030 }, 'use whole numbers from 1024 to 65535'],
    [{ first: 65530, last: 65536 }, 'use whole numbers from 1024 to 65535'],
    [{ first: 30000.5, last: 30010 }, 'use whole numbers from 1024 to 65535'],
    [{ first: 30009, last: 30000 }, 'use a first port that is below the last'],
    [{ first: 30000, last: 30000 }, 'which is 1 in all; use from 2 to 99 ports, two for each client'],
    [{ first: 30000, last: 30099 }, 'which is 100 in all; use from 2 to 99 ports, two for each client'],
    [{ first: 2100, last: 2150 }, 'which overlaps port 2121 of the server itself; use another range, .*'],
    [{ first: 8080, last: 8081 }, 'which overlaps port 8081 of the server itself; use another range, .*'],
  ])('refuses %j as passive ports', (passivePorts: PortRange, reason) => {
    const { first, last } = passivePorts;
    expect(ftpsProblems({ passivePorts })).toEqual([
      expect.stringMatching(`^\\[shop/ftps\\] 'passivePorts' is ${first} to ${last}[,;] ${reason}$`),
    ]);
  });

  it.each([
    [29999, 30005],
    [32760, 32768],
  ])('refuses passive ports %d to %d on the node, which does not give them', (first, last) => {
    expect(ftpsProblems({ exposure: node, passivePorts: { first, last } })).toEqual([
      `[shop/ftps] 'passivePorts' is ${first} to ${last}, but a node has 30000 to 32767 to give; use a range in these`,
    ]);
  });

  it('refuses passive ports that another server has on the node, in one message for all of them', () => {
    const chart = testChart();
    new Ftps(chart, 'first', { exposure: node, passivePorts: { first: 31000, last: 31009 } });
    const exposure = Exposure.nodePort({ ports: { ftp: 30022 } });
    new Ftps(chart, 'second', { exposure, passivePorts: { first: 31005, last: 31014 } });
    expect(problems(chart)).toEqual([
      '[shop/second/Service] node port 31005 (and 4 more) are taken by shop/first/Service already; use another port',
    ]);
  });

  it('refuses a passive port that its control port has on the node', () => {
    expect(ftpsProblems({ exposure: node, passivePorts: { first: 30020, last: 30029 } })).toEqual([
      expect.stringMatching(/^\[shop\/ftps\/Service\] node port 30021 .*; use another port$/),
    ]);
  });

  it.each(['', 'a b', 'ftp.example.org:21', 'ftp://ftp.example.org', '2001:db8::1'])(
    'refuses %j as address',
    (address) => {
      expect(ftpsProblems({ address, certificate: Certificate.fromSecret('tls') })).toEqual([
        `[shop/ftps] 'address' is '${address}'; use a host name or an IPv4 address`,
      ]);
    },
  );

  it('has its address in its certificate', () => {
    const certificate = Certificate.certManager({ issuer: 'letsencrypt' });
    const manifests = ftps({ address: 'ftp.example.org', certificate });
    expect(find(manifests, 'Certificate', 'ftps-tls').spec.dnsNames).toEqual(['ftp.example.org']);
  });

  it('refuses a password in place of credentials, without repeating it, and reports all mistakes in one run', () => {
    const userPasswords = 's3cret' as unknown as Credentials;
    expect(ftpsProblems({ userPasswords, users: ['ann', 'ann'], passivePorts: { first: 1, last: 2 } })).toEqual([
      "[shop/ftps] 'users' has 'ann' twice; remove one of them",
      "[shop/ftps] 'passivePorts' is 1 to 2; use whole numbers from 1024 to 65535",
      "[shop/ftps] 'userPasswords' is a string, not credentials; put it into a Secret and pass " +
        "Credentials.fromSecret('…')",
    ]);
  });
});
