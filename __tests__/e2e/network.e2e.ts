/**
 * @lane core
 * @needs system
 * @disturbs nothing
 * @minutes 5
 */
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { type App, Chart } from 'cdk8s';
import { ClusterNetwork, Exposure, Ftps, Nginx, RestrictedNamespace } from '../../constructs';
import { get, kubectl, NAMESPACE, OWN_LABELS, ofService } from './cluster/kubectl';
import { applyOwn, ownGone } from './cluster/namespaces';
import { Probe, type Target } from './cluster/probe-pods';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { waitUntil } from './runner/wait';

/** Where each service listens, by the ports of its container. */
const LISTENS: { [service: string]: number[] } = {
  nginx: [2222, 8080, 8081, 8443],
  wordpress: [5050, 8081],
  phpmyadmin: [5000, 8081],
  ftps: [2121, 8081],
  mysql: [3306],
  influxdb: [8086],
  telegraf: [8888],
  grafana: [3000],
};

/**
 * Who may connect to what; all that is not here is closed. A policy cannot name the API server, so that who needs it
 * may connect to its ports on anything, if that lets everybody in.
 */
const MAY_CONNECT: { [client: string]: string[] } = {
  nginx: ['dns', 'phpmyadmin:5000'],
  wordpress: ['dns', 'mysql:3306'],
  phpmyadmin: ['dns', 'mysql:3306'],
  ftps: ['dns', 'api server', 'anything:443', 'anything:6443', 'anything:8443', 'nginx:8443'],
  mysql: [],
  influxdb: [],
  telegraf: [
    ...['dns', 'api server', 'kubelet', 'anything:443', 'anything:6443', 'anything:8443', 'anything:10250'],
    // where it writes to, and the figures that it reads
    ...['influxdb:8086', 'nginx:8081', 'wordpress:8081', 'phpmyadmin:8081', 'ftps:8081', 'mysql:3306'],
    // whether it answers, and the certificates that it looks at
    ...['ftps:2121', 'nginx:8443', 'wordpress:5050', 'phpmyadmin:5000', 'grafana:3000'],
  ],
  grafana: ['dns', 'influxdb:8086'],
  'a pod that is no service': [],
  // as everybody outside the cluster
  'a pod of another namespace': [
    ...['nginx:8080', 'nginx:8443', 'nginx:2222', 'wordpress:5050', 'phpmyadmin:5000', 'grafana:3000'],
    ...['ftps:2121', 'ftps:30000', 'ftps:30009'],
    ...['dns', 'api server', 'kubelet', 'this machine'],
  ],
};

/** Where the stand-ins listen: at all that a service has, and beside it. */
const STAND_IN_PORTS = [...new Set(Object.values(LISTENS).flat()), 22, 53, 80, 443, 9000, 30000, 30009, 30010];
const FOREIGN_PORTS = [53, 80, 443, 3306, 6443, 8443, 10250];
/** What is on the node, where some network plugins hold nothing back. */
const ON_NODE = ['api server', 'kubelet'];
/** The longest that a policy may take to reach a new pod. */
const PATIENCE = { seconds: 25, everyMs: 1000 };

/** Something to connect to; `name` is that of the table. */
interface Place extends Target {
  readonly how: string;
}

/**
 * For each service there is a stand-in beside its pods: a pod with the same labels, which network policies cannot tell
 * from them, but never ready, so that no Service sends anything to it. The pods themselves are left as they are, as
 * containers that are added to one cannot be removed again.
 */
describe('network', () => {
  const skip = FACTS.policies.notEnforced;
  const stranger = `${MARK}-stranger`;
  const probes = new Map<string, Probe>();
  let world: Server;
  let places: Place[] = [];
  setUp(async () => {
    if (skip) {
      return;
    }
    await createNamespace(stranger);
    world = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0');
    const services = await runningServices();
    const labels = await Promise.all(services.map((service) => labelsOf(service)));
    const started = await Probe.start([
      ...services.map((service, index) => ({
        name: `${MARK}-${service}`,
        namespace: NAMESPACE,
        labels: labels[index],
        ports: STAND_IN_PORTS,
      })),
      { name: `${MARK}-unlabelled`, namespace: NAMESPACE, ports: STAND_IN_PORTS },
      { name: stranger, namespace: stranger, ports: FOREIGN_PORTS },
    ]);
    const names = [...services, 'a pod that is no service', 'a pod of another namespace'];
    for (const [index, probe] of started.entries()) {
      probes.set(names[index] ?? '', probe);
    }
    places = [
      ...(await Promise.all(services.map(placesOfPods))).flat(),
      ...(await placesOfServices(services)),
      ...standIns(),
      ...(await placesBeside()),
    ];
  }, 120);
  afterAll(async () => {
    world?.close();
    await Promise.all([Probe.removeAll(), ownGone()]);
  }, 120_000);

  function standIns(): Place[] {
    return [...probes].flatMap(([server, { address }]) => {
      const foreign = server === 'a pod of another namespace';
      return (foreign ? FOREIGN_PORTS : STAND_IN_PORTS).map((port) => ({
        name: `${foreign ? 'anything' : server}:${port}`,
        how: 'stand-in',
        address,
        port,
      }));
    });
  }

  /** The resolver, the API server, the kubelet, and this machine: as near to the world as all have it. */
  async function placesBeside(): Promise<Place[]> {
    const dns = (await get(['service', 'kube-dns'], 'kube-system')).spec.clusterIP;
    const api = (await get(['service', 'kubernetes'], 'default')).spec.clusterIP;
    const address = await ownAddress();
    return [
      { name: 'dns', how: 'udp', protocol: 'udp', address: dns, port: 53 },
      { name: 'dns', how: 'tcp', address: dns, port: 53 },
      { name: 'api server', how: 'Service', address: api, port: 443 },
      { name: 'kubelet', how: 'node', address: FACTS.node, port: 10250 },
      ...(await reachable({
        name: 'this machine',
        how: 'world',
        address,
        port: (world.address() as AddressInfo).port,
      })),
    ];
  }

  /** A machine may let nobody in from its cluster, which is not what is meant here. */
  async function reachable(place: Place): Promise<Place[]> {
    if ((await probes.get('a pod of another namespace')?.tryOne(place)) === 'open') {
      return [place];
    }
    process.stdout.write(`- network: ${place.name} lets no pods in, so that it is not among what they try\n`);
    return [];
  }

  check('each service listens where it is known to, and nowhere else', { of: [] }, async () => {
    const services = await runningServices();
    const found = await Promise.all(services.map(async (service) => [service, await listening(service)]));
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(services.map((service) => [service, LISTENS[service]])),
    );
  });

  check('no Service sends anything to a stand-in', { of: [], skip }, async () => {
    const { items } = await get(['endpointslices']);
    const ready = items
      .flatMap(({ endpoints }: any) => endpoints ?? [])
      .filter(({ conditions }: any) => conditions.ready)
      .map(({ targetRef }: any) => targetRef?.name);
    expect(ready.length).toBeGreaterThan(0);
    expect(ready.filter((name: string) => name?.startsWith(MARK))).toEqual([]);
  });

  for (const [client, allowed] of Object.entries(MAY_CONNECT)) {
    const reason = skip ?? (client === 'grafana' ? FACTS.grafanaMissing : undefined);
    check(
      `${client} reaches ${allowed.length > 0 ? 'exactly what it is to' : 'nothing'}`,
      { of: [], skip: reason },
      () => expectReach(client, (name) => !isOnNode(name)),
    );
  }

  check(
    'of what is on the node, each reaches exactly what it is to',
    { of: [], skip: FACTS.policies.nodeOpen },
    async () => {
      await Promise.all([...probes.keys()].map((client) => expectReach(client, isOnNode)));
    },
  );

  function isOnNode(name: string): boolean {
    return ON_NODE.includes(name) || (name === 'dns' && FACTS.policies.resolverOnNode);
  }

  async function expectReach(client: string, concerned: (name: string) => boolean): Promise<void> {
    const allowed = MAY_CONNECT[client] ?? [];
    const probe = probes.get(client);
    if (!probe) {
      throw new Error(`there is no probe for ${client}`);
    }
    const tried = places.filter(({ name, address }) => concerned(name) && address !== probe.address);
    expect(tried.length).toBeGreaterThan(0);
    const agrees = async () => {
      const outcomes = await probe.try(tried.map((place, index) => ({ ...place, name: `${index}` })));
      const wrong = tried.flatMap(({ name, how }, index) => {
        const outcome = outcomes.get(`${index}`);
        const open = allowed.includes(name);
        const expected = open ? 'open' : 'closed';
        return (outcome === 'open') === open ? [] : [`${client} → ${name} (${how}): ${outcome}, expected ${expected}`];
      });
      if (wrong.length > 0) {
        throw new Error(wrong.join('\n'));
      }
      return true;
    };
    await waitUntil('exactly the connections of the table', agrees, PATIENCE);
  }
});

describe('network of a service behind an ingress controller', () => {
  const skip = FACTS.policies.notEnforced;
  const controller = `${MARK}-controller`;
  const other = `${MARK}-other`;
  const namespace = () => MARK;
  const probes = new Map<string, Probe>();
  setUp(async () => {
    if (skip) {
      return;
    }
    await applyOwn((app) => addSite(app, controller));
    await Promise.all([controller, other].map(createNamespace));
    const labels = await labelsOf('edge', MARK);
    const started = await Probe.start([
      { name: 'stand-in', namespace: MARK, labels, ports: LISTENS.nginx ?? [] },
      ...[controller, other].map((name) => ({ name, namespace: name, ports: [8080] })),
    ]);
    for (const probe of started) {
      probes.set(probe.name, probe);
    }
  }, 120);
  afterAll(ownGone);

  for (const [who, open] of [
    ["the controller's namespace", [8080]],
    ['any other namespace', []],
  ] as [string, number[]][]) {
    const what = open.length > 0 ? 'its web port' : 'none of its ports';
    check(`${who} reaches ${what}`, { of: ['edge'], namespace, skip }, async () => {
      const address = probes.get('stand-in')?.address ?? '';
      const targets = (LISTENS.nginx ?? []).map((port) => ({ name: `${port}`, address, port }));
      const client = probes.get(open.length > 0 ? controller : other);
      const agrees = async () => {
        const reached = [...((await client?.try(targets)) ?? [])].filter(([, outcome]) => outcome === 'open');
        expect(reached.map(([port]) => Number(port))).toEqual(open);
        return true;
      };
      await waitUntil('exactly that', agrees, PATIENCE);
    });
  }
});

describe('network of what asks the API server, where that is known', () => {
  const skip = FACTS.policies.notEnforced;
  const [known, elsewhere] = [`${MARK}-known`, `${MARK}-elsewhere`];
  const namespace = () => MARK;
  const ports = [443, 6443, 8443];
  let places: Target[] = [];
  let client: Probe | undefined;
  setUp(async () => {
    if (skip) {
      return;
    }
    await Promise.all([known, elsewhere].map(createNamespace));
    const servers = await Probe.start([known, elsewhere].map((name) => ({ name, namespace: name, ports })));
    places = servers.flatMap(({ name, address }) => ports.map((port) => ({ name: `${name}:${port}`, address, port })));
    await applyOwn((app) => addFtps(app, servers[0]?.address ?? ''));
    const labels = await labelsOf('files', MARK);
    [client] = await Probe.start([{ name: 'stand-in', namespace: MARK, labels, ports: [2121] }]);
  }, 120);
  afterAll(ownGone);

  check('it reaches those ports there, and at no other address', { of: ['files'], namespace, skip }, async () => {
    const agrees = async () => {
      const reached = [...((await client?.try(places)) ?? [])].filter(([, outcome]) => outcome === 'open');
      expect(reached.map(([name]) => name)).toEqual(ports.map((port) => `${known}:${port}`));
      return true;
    };
    await waitUntil('exactly that', agrees, PATIENCE);
  });
});

/** FTPS asks the API server for its load balancer's address. */
function addFtps(app: App, apiServer: string): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
  const chart = new Chart(app, 'site', { namespace: MARK, disableResourceNameHashes: true });
  new ClusterNetwork({ apiServer: [`${apiServer}/32`] }).useIn(chart);
  // ports of nodes that the running system has not
  new Ftps(chart, 'files', { exposure: Exposure.loadBalancer(), passivePorts: { first: 31500, last: 31503 } });
}

function addSite(app: App, controllerNamespace: string): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
  const chart = new Chart(app, 'site', { namespace: MARK, disableResourceNameHashes: true });
  new Nginx(chart, 'edge', { exposure: Exposure.ingress({ host: 'edge.e2e.example.org', controllerNamespace }) });
}

async function createNamespace(name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: OWN_LABELS } };
  await kubectl(['create', '-f', '-'], { input: JSON.stringify(namespace) });
}

/** The services that run here, all of them known. */
async function runningServices(): Promise<string[]> {
  const { items } = await get(['deployments,statefulsets']);
  const names: string[] = items.map(({ metadata }: any) => metadata.labels['app.kubernetes.io/instance']);
  return names.filter((name) => name !== 'grafana' || !FACTS.grafanaMissing).sort();
}

/** The labels that a service's pods are made with. */
async function labelsOf(service: string, namespace = NAMESPACE): Promise<{ [label: string]: string }> {
  const { items } = await get(['deployments,statefulsets', '-l', `app.kubernetes.io/instance=${service}`], namespace);
  return items[0].spec.template.metadata.labels;
}

async function podsOf(service: string): Promise<any[]> {
  const { items } = await get(['pods', '-l', ofService(service)]);
  return items.filter(({ metadata }: any) => metadata.deletionTimestamp === undefined);
}

async function placesOfPods(service: string): Promise<Place[]> {
  const pods = await podsOf(service);
  return pods.flatMap(({ status }: any) =>
    (LISTENS[service] ?? []).map((port) => ({ name: `${service}:${port}`, how: 'pod', address: status.podIP, port })),
  );
}

/** The ports of all Services with an address; the name is that of the container's port behind it. */
async function placesOfServices(services: string[]): Promise<Place[]> {
  const { items } = await get(['services']);
  const found = items.filter(({ spec }: any) => spec.clusterIP !== 'None');
  const places = await Promise.all(
    found.map(async ({ metadata, spec }: any): Promise<Place[]> => {
      const service = metadata.labels['app.kubernetes.io/instance'];
      const [pod] = services.includes(service) ? await podsOf(service) : [];
      const known = (pod?.spec.containers ?? []).flatMap(({ ports }: any) => ports ?? []);
      return spec.ports.flatMap(({ port, targetPort }: any) => {
        const target = known.find(({ name }: any) => name === targetPort)?.containerPort ?? targetPort;
        // a port behind which nothing listens just now cannot be told from one that is closed
        return LISTENS[service]?.includes(target) && pod
          ? [{ name: `${service}:${target}`, how: `Service ${metadata.name}`, address: spec.clusterIP, port }]
          : [];
      });
    }),
  );
  return places.flat();
}

/** The TCP ports on which a service's containers listen for others. */
async function listening(service: string): Promise<number[]> {
  const [pod] = await podsOf(service);
  const exec = ['-n', NAMESPACE, 'exec', pod.metadata.name, '--', 'cat', '/proc/net/tcp', '/proc/net/tcp6'];
  const ports = (await kubectl(exec)).split('\n').flatMap((line) => {
    const [, address = '', port = '', state] = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) /.exec(line) ?? [];
    const loopback = /^(?:0100007F|0{24}01000000)$/.test(address);
    return state === '0A' && !loopback ? [Number.parseInt(port, 16)] : [];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The address of this machine by which the node answers it. */
function ownAddress(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new Socket();
    socket.on('error', reject);
    socket.connect(10250, FACTS.node, () => {
      resolve(socket.localAddress ?? '');
      socket.destroy();
    });
  });
}
