import { ApiObject, Chart } from 'cdk8s';
import {
  Credentials,
  Endpoint,
  Exposure,
  Ftps,
  MySql,
  Nginx,
  RestrictedNamespace,
  Telegraf,
  TimeSeriesDatabase,
} from '../../constructs';
import { problems, testApp, testChart } from '../support/app';
import { chartBeside } from '../support/network';

/** A chart with a server, whose ConfigMap is called 'mysql', beside an object made by hand. */
function problemsBeside(object: { kind: string; name: string; namespace?: string }): string[] {
  const chart = testChart();
  new MySql(chart, 'mysql');
  const other = new Chart(chart.node.root, 'other', { namespace: object.namespace ?? 'shop' });
  new ApiObject(other, 'mine', { apiVersion: 'v1', kind: object.kind, metadata: { name: object.name } });
  return problems(chart);
}

describe('an object', () => {
  it('is the only one of its kind, namespace and name; both constructs are named', () => {
    expect(problemsBeside({ kind: 'ConfigMap', name: 'mysql' })).toEqual([
      "[] ConfigMap 'shop/mysql' is made by shop/mysql/Config/Resource and by other/mine; rename one of them",
    ]);
  });

  it('may have the name of one in another namespace, of another kind', () => {
    expect(problemsBeside({ kind: 'ConfigMap', name: 'mysql', namespace: 'other' })).toEqual([]);
    expect(problemsBeside({ kind: 'PersistentVolumeClaim', name: 'mysql' })).toEqual([]);
  });

  it('is the only one of its kind and name where the kind belongs to no namespace', () => {
    const chart = testChart();
    const database = TimeSeriesDatabase.external({
      server: Endpoint.external({ host: 'influx.example.org', port: 8086 }),
      name: 'metrics',
      writer: Credentials.fromSecret('writer'),
      reader: Credentials.fromSecret('reader'),
    });
    new Telegraf(chartBeside(chart, 'a'), 'b-c', { database });
    new Telegraf(chartBeside(chart, 'a-b'), 'c', { database });
    const both = (kind: string) =>
      `[] ${kind} 'a-b-c' is made by a/b-c/ServiceAccount/${kind} and by a-b/c/ServiceAccount/${kind}; ` +
      'rename one of them';
    expect(problems(chart)).toEqual([both('ClusterRole'), both('ClusterRoleBinding')]);
  });

  it('is the only one where the app has nothing but namespaces', () => {
    const app = testApp();
    const [first, second] = ['first', 'second'].map((namespace) => new Chart(app, namespace, { namespace }));
    new RestrictedNamespace(first as Chart, 'shop');
    new RestrictedNamespace(second as Chart, 'shop');
    expect(problems(first as Chart)).toEqual([
      "[] Namespace 'shop' is made by first/shop/Resource and by second/shop/Resource; rename one of them",
      "[] NetworkPolicy 'shop/default-deny' is made by first/shop/DefaultDeny and by second/shop/DefaultDeny; " +
        'rename one of them',
    ]);
  });
});

describe('what two constructs cannot share', () => {
  it('is reported once for each that holds some of it', () => {
    const chart = testChart();
    const ftps = (id: string, control: number, first: number) =>
      new Ftps(chart, id, {
        exposure: Exposure.nodePort({ ports: { ftp: control } }),
        passivePorts: { first, last: first + 3 },
      });
    ftps('first', 30100, 30000);
    ftps('second', 30101, 30010);
    ftps('third', 30101, 30001);
    expect(problems(chart)).toEqual([
      '[shop/third/Service] node port 30101 is taken by shop/second/Service already; use another port',
      '[shop/third/Service] node port 30001 (and 2 more) are taken by shop/first/Service already; use another port',
    ]);
  });

  it('is reported within one of them, too', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { exposure: Exposure.nodePort({ ports: { http: 30080, https: 30080 } }) });
    expect(problems(chart)).toEqual([
      '[shop/nginx/Service] node port 30080 is given to two of its own ports; use another port',
    ]);
  });

  it('is not a port of services that have one name in two namespaces', () => {
    const chart = testChart();
    new MySql(chart, 'mysql');
    new MySql(chartBeside(chart, 'test'), 'mysql');
    expect(problems(chart)).toEqual([]);
  });

  it('may be of one name where they are kinds of different groups', () => {
    const chart = testChart();
    const metadata = { name: 'web', namespace: 'shop' };
    new Nginx(chart, 'other');
    new ApiObject(chart, 'Own', { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata });
    new ApiObject(chart, 'Kruise', { apiVersion: 'apps.kruise.io/v1beta1', kind: 'StatefulSet', metadata });
    expect(problems(chart)).toEqual([]);
    new ApiObject(chart, 'Again', { apiVersion: 'apps.kruise.io/v1alpha1', kind: 'StatefulSet', metadata });
    expect(problems(chart)).toEqual([expect.stringContaining("StatefulSet.apps.kruise.io 'shop/web' is made by")]);
  });
});
