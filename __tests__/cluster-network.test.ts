import { App, Chart } from 'cdk8s';
import {
  ClusterNetwork,
  type ClusterNetworkProps,
  Endpoint,
  Exposure,
  Ftps,
  InfluxDb,
  PhpMyAdmin,
  Telegraf,
} from '../constructs';
import { find, synth, testChart } from './support/app';

const port = (number: number) => ({ port: number, protocol: 'TCP' });
const API_SERVER = [443, 6443, 8443].map(port);
const to = (...networks: string[]) => networks.map((cidr) => ({ ipBlock: { cidr } }));

function egressOf(add: (chart: Chart) => void, name: string, network?: ClusterNetworkProps) {
  const app = new App();
  if (network) {
    new ClusterNetwork(network).useIn(app);
  }
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  add(chart);
  const [, ...rules] = find(synth(chart), 'NetworkPolicy', name).spec.egress;
  return rules;
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

  it('is set before anything is added', () => {
    const chart = testChart();
    ftps(chart);
    expect(() => new ClusterNetwork({}).useIn(chart)).toThrow(
      new Error('shop: the network is set before anything is added; move useIn() up'),
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
