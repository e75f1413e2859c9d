import { App, Chart } from 'cdk8s';
import {
  ClusterNetwork,
  type ClusterNetworkProps,
  Endpoint,
  Exposure,
  Ftps,
  InfluxDb,
  IpFamily,
  IpFamilyPolicy,
  PhpMyAdmin,
  Resolver,
  type ResolverPodsProps,
  Telegraf,
} from '../constructs';
import { find, synth, testChart } from './support/app';
import { DNS, dns } from './support/network';

const port = (number: number) => ({ port: number, protocol: 'TCP' });
const API_SERVER = [443, 6443, 8443].map(port);
const to = (...networks: string[]) => networks.map((cidr) => ({ ipBlock: { cidr } }));

function wholeEgressOf(add: (chart: Chart) => void, name: string, network?: ClusterNetworkProps) {
  const app = new App();
  if (network) {
    new ClusterNetwork(network).useIn(app);
  }
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  add(chart);
  return find(synth(chart), 'NetworkPolicy', name).spec.egress;
}

/** The same, without the resolvers. */
function egressOf(...of: Parameters<typeof wholeEgressOf>) {
  return wholeEgressOf(...of).slice(DNS.length);
}

const ftps = (chart: Chart) => new Ftps(chart, 'ftps', { exposure: Exposure.loadBalancer() });
const telegraf = (chart: Chart) =>
  new Telegraf(chart, 'telegraf', { database: new InfluxDb(chart, 'influxdb').addDatabase('metrics'), watch: [] });

describe('ClusterNetwork', () => {
  it('is anywhere unless told', () => {
    expect(egressOf(ftps, 'ftps')).toEqual([{ ports: API_SERVER }]);
    expect(egressOf(telegraf, 'telegraf')).toEqual(
      expect.arrayContaining([{ ports: API_SERVER }, { ports: [port(10250)] }]),
    );
  });

  it('is where the API server and the kubelets are reached, and nowhere else', () => {
    const network = { apiServer: ['10.96.0.1/32', '2001:db8::/64'], nodes: ['192.0.2.0/24'] };
    expect(egressOf(ftps, 'ftps', network)).toEqual([{ to: to(...network.apiServer), ports: API_SERVER }]);
    expect(egressOf(telegraf, 'telegraf', network)).toEqual(
      expect.arrayContaining([
        { to: to(...network.apiServer), ports: API_SERVER },
        { to: to('192.0.2.0/24'), ports: [port(10250)] },
      ]),
    );
  });

  it.each(['10.0.0.1', '10.0.0.0/33', 'api.example.org', '2001:db8::/129', ''])(
    "refuses '%s', which is no network",
    (one) => {
      for (const prop of ['apiServer', 'nodes']) {
        expect(() => new ClusterNetwork({ [prop]: ['10.0.0.0/8', one] })).toThrow(
          new Error(
            `ClusterNetwork: '${prop}' has '${one}', which is no network; use such as '10.0.0.0/16', or '192.0.2.7/32' for one ` +
              'address',
          ),
        );
      }
    },
  );

  it('refuses to be nowhere', () => {
    expect(() => new ClusterNetwork({ nodes: [] })).toThrow(
      new Error("ClusterNetwork: 'nodes' is empty, so that nothing could be reached; name a network, or leave it out"),
    );
  });

  it('has the resolvers of usual clusters unless told', () => {
    expect(wholeEgressOf(ftps, 'ftps').slice(0, DNS.length)).toEqual(DNS);
  });

  it('has the resolvers that it is told, and no others', () => {
    const labels = { 'k8s-app': 'dns', 'example.org/tier': 'front' };
    const network = {
      dns: [
        Resolver.pods({ inNamespace: 'names', labels, port: 5353 }),
        Resolver.at(['169.254.20.10/32', 'fd00:10:96::a/128']),
        Resolver.at(['192.0.2.53/32'], 1053),
      ],
    };
    expect(wholeEgressOf(ftps, 'ftps', network)).toEqual([
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'names' } },
            podSelector: { matchLabels: labels },
          },
        ],
        ports: dns(5353),
      },
      { to: to('169.254.20.10/32', 'fd00:10:96::a/128'), ports: dns(53) },
      { to: to('192.0.2.53/32'), ports: dns(1053) },
      { ports: API_SERVER },
    ]);
  });

  it.each<[string, ClusterNetworkProps, object]>([
    ['one family', { ipFamilies: [IpFamily.IPV6] }, { ipFamilies: ['IPv6'] }],
    [
      'both families, and which is first',
      { ipFamilies: [IpFamily.IPV6, IpFamily.IPV4] },
      { ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' },
    ],
    [
      'both families where there are both',
      { ipFamilyPolicy: IpFamilyPolicy.PREFER_DUAL_STACK },
      { ipFamilyPolicy: 'PreferDualStack' },
    ],
    ['what the cluster chooses', {}, {}],
  ])('gives Services addresses of %s', (_, network, fields) => {
    const app = new App();
    new ClusterNetwork(network).useIn(app);
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    new InfluxDb(chart, 'influxdb');
    const { ipFamilies, ipFamilyPolicy } = find(synth(chart), 'Service', 'influxdb').spec;
    expect(JSON.parse(JSON.stringify({ ipFamilies, ipFamilyPolicy }))).toEqual(fields);
  });

  it.each<[ClusterNetworkProps, string]>([
    [{ ipFamilies: [] }, "'ipFamilies' is empty, so that no Service had an address; name one, or leave it out"],
    [{ ipFamilies: [IpFamily.IPV4, IpFamily.IPV4] }, "'ipFamilies' is IPv4, IPv4; name each family once"],
    [
      { ipFamilies: [IpFamily.IPV4, IpFamily.IPV6], ipFamilyPolicy: IpFamilyPolicy.SINGLE_STACK },
      "'ipFamilyPolicy' is SingleStack, but 'ipFamilies' has two; use another policy, or one family",
    ],
  ])('refuses families that do not fit together: %j', (network, mistake) => {
    expect(() => new ClusterNetwork(network)).toThrow(new Error(`ClusterNetwork: ${mistake}`));
  });

  it('refuses to resolve nothing', () => {
    expect(() => new ClusterNetwork({ dns: [] })).toThrow(
      new Error("ClusterNetwork: 'dns' is empty, so that no name could be resolved; name a resolver, or leave it out"),
    );
  });

  it('is set before anything is added', () => {
    const chart = testChart();
    ftps(chart);
    expect(() => new ClusterNetwork({}).useIn(chart)).toThrow(
      new Error('shop: the network is set before anything is added; move useIn() up'),
    );
  });
});

describe('a resolver', () => {
  const [inNamespace, labels] = ['kube-system', { 'k8s-app': 'kube-dns' }];

  it.each<[ResolverPodsProps, string]>([
    [
      { inNamespace: 'Kube System', labels },
      "'inNamespace' is 'Kube System'; use the name of one, such as 'kube-system'",
    ],
    [{ inNamespace, labels: {} }, "'labels' is empty, which all pods of the namespace match; name at least one"],
    [
      { inNamespace, labels: { 'k8s app': 'kube-dns' } },
      "'labels' has 'k8s app: kube-dns', which is no label; use such as 'k8s-app: kube-dns'",
    ],
    [
      { inNamespace, labels: { 'k8s-app': 'kube dns' } },
      "'labels' has 'k8s-app: kube dns', which is no label; use such as 'k8s-app: kube-dns'",
    ],
    [{ inNamespace, labels, port: 0 }, "'port' is 0; use a whole number from 1 to 65535"],
  ])('of pods is refused: %j', (props, mistake) => {
    expect(() => Resolver.pods(props)).toThrow(new Error(`Resolver.pods: ${mistake}`));
  });

  it('at addresses is refused without networks, or at no port', () => {
    expect(() => Resolver.at(['dns.example.org'])).toThrow(
      /^Resolver.at: 'networks' has 'dns.example.org', which is no network;/,
    );
    expect(() => Resolver.at(['192.0.2.53/32'], 65536)).toThrow(
      new Error("Resolver.at: 'port' is 65536; use a whole number from 1 to 65535"),
    );
  });
});

describe('what is outside', () => {
  const admin = (networks?: string[]) => (chart: Chart) =>
    new PhpMyAdmin(chart, 'admin', { server: Endpoint.external({ host: 'db.example.org', port: 3307, networks }) });

  it('is reached at any address, or in its networks', () => {
    expect(egressOf(admin(), 'admin')).toEqual([{ ports: [port(3307)] }]);
    expect(egressOf(admin(['10.20.0.0/16']), 'admin')).toEqual([{ to: to('10.20.0.0/16'), ports: [port(3307)] }]);
  });

  it('is in a network', () => {
    expect(() => Endpoint.external({ host: 'db', port: 1, networks: ['db.example.org'] })).toThrow(
      /^Endpoint.external: 'networks' has 'db.example.org', which is no network;/,
    );
  });
});
