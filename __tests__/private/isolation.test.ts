import { Chart } from 'cdk8s';
import { Endpoint, MySql, Nginx, PhpMyAdmin, Route } from '../../constructs';
import type { WorkloadProps } from '../../constructs/private/workload';
import { find, problems, synth, testApp, testChart } from '../support/app';
import { DNS } from '../support/network';

const pods = (name: string, instance: string) => ({
  podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': instance } },
});
const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});
const port = (number: number) => [{ port: number, protocol: 'TCP' }];

function policyOf(chart: Chart, name: string) {
  return find(synth(chart), 'NetworkPolicy', name).spec;
}

describe('isolation', () => {
  it('lets nothing in and nothing out, not even to the resolver, unless the wiring says so', () => {
    const chart = testChart();
    new MySql(chart, 'mysql');
    expect(policyOf(chart, 'mysql')).toEqual({
      ...pods('mysql', 'mysql'),
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('opens a connection on both sides, and the resolver to the client', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server: new MySql(chart, 'mysql') });
    expect(policyOf(chart, 'admin')).toEqual({
      ...pods('phpmyadmin', 'admin'),
      policyTypes: ['Ingress', 'Egress'],
      egress: [...DNS, { to: [pods('mysql', 'mysql')], ports: port(3306) }],
    });
    expect(policyOf(chart, 'mysql')).toEqual({
      ...pods('mysql', 'mysql'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [pods('phpmyadmin', 'admin')], ports: port(3306) }],
    });
  });

  it('opens a connection once, however often it is wired', () => {
    const chart = testChart();
    const admin = new PhpMyAdmin(chart, 'admin', { server: new MySql(chart, 'mysql') });
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/a', admin), Route.proxy('/b', admin)] });
    expect(policyOf(chart, 'nginx').egress).toEqual([...DNS, { to: [pods('phpmyadmin', 'admin')], ports: port(5000) }]);
    expect(policyOf(chart, 'admin').ingress).toHaveLength(1);
  });

  it('names the namespace of a peer in another one', () => {
    const chart = testChart();
    const tools = new Chart(chart.node.root, 'tools', { namespace: 'tools' });
    new PhpMyAdmin(tools, 'admin', { server: new MySql(chart, 'mysql') });
    expect(policyOf(tools, 'admin').egress.at(-1).to).toEqual([{ ...inNamespace('shop'), ...pods('mysql', 'mysql') }]);
    expect(policyOf(chart, 'mysql').ingress[0].from).toEqual([
      { ...inNamespace('tools'), ...pods('phpmyadmin', 'admin') },
    ]);
  });

  it('refuses a connection between a chart with a namespace and one without, naming both', () => {
    const chart = testChart();
    const current = new Chart(chart.node.root, 'current');
    new PhpMyAdmin(current, 'admin', { server: new MySql(chart, 'mysql') });
    new PhpMyAdmin(chart, 'tools', { server: new MySql(current, 'maria') });
    expect(problems(chart)).toEqual([
      "[shop/tools/Isolation] 'tools' and 'maria' are connected, but the chart of the second has no namespace; " +
        'give both charts one',
      "[current/admin/Isolation] 'mysql' and 'admin' are connected, but the chart of the second has no namespace; " +
        'give both charts one',
    ]);
  });

  it('needs no namespace where none of the charts has one', () => {
    const chart = new Chart(testApp(), 'current');
    new PhpMyAdmin(chart, 'admin', { server: new MySql(chart, 'mysql') });
    expect(problems(chart)).toEqual([]);
  });

  it('opens one port of any address for what runs outside the app', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server: Endpoint.external({ host: 'db.example.org', port: 3307 }) });
    expect(policyOf(chart, 'admin').egress).toEqual([...DNS, { ports: port(3307) }]);
  });

  it('cannot be left out: neither a workload without it compiles, nor the address of a server without a connection', () => {
    const workload = (props: Omit<WorkloadProps, 'isolation'>): WorkloadProps => ({
      ...props,
      // @ts-expect-error the pods of a workload are isolated
      isolation: undefined,
    });
    const address = (mysql: MySql) => {
      // @ts-expect-error a client learns its host from _connect
      return mysql.endpoint._hostFrom('shop');
    };
    expect([workload, address]).toHaveLength(2);
  });
});
