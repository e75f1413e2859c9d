import { ApiObject, Chart } from 'cdk8s';
import { MySql } from '../constructs';
import { problems, testChart } from './support/app';

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
      expect.stringContaining(
        "ConfigMap 'shop/mysql' is made by shop/mysql/Config/Resource and by other/mine; rename one of them",
      ),
    ]);
  });

  it('may have the name of one in another namespace, of another kind', () => {
    expect(problemsBeside({ kind: 'ConfigMap', name: 'mysql', namespace: 'other' })).toEqual([]);
    expect(problemsBeside({ kind: 'PersistentVolumeClaim', name: 'mysql' })).toEqual([]);
  });
});
