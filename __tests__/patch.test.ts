import { JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import { MySql, Patch } from '../constructs';
import { find, synth, testChart } from './support/app';

const CONTAINER = '/spec/template/spec/containers/0';

function patched(...patches: JsonPatch[][]) {
  const chart = testChart();
  const { workload } = new MySql(chart, 'mysql');
  for (const operations of patches) {
    Patch.apply(workload, ...operations);
  }
  return find(synth(chart), 'StatefulSet', 'mysql').spec;
}

describe('Patch', () => {
  it('keeps fields that no Kubernetes of today knows', () => {
    expect(patched([JsonPatch.add('/spec/fieldOfTomorrow', { deep: [1] })]).fieldOfTomorrow).toEqual({ deep: [1] });
  });

  it("takes paths and values in Kubernetes' own spelling", () => {
    const { template } = patched([
      JsonPatch.add('/spec/template/spec/hostPID', true),
      JsonPatch.replace(`${CONTAINER}/resources/limits/memory`, '1.5Gi'),
    ]);
    expect(template.spec.hostPID).toBe(true);
    expect(template.spec.containers[0].resources.limits).toMatchObject({ cpu: '1000m', memory: '1.5Gi' });
  });

  it('sees what the patches before it have done', () => {
    const { template } = patched(
      [JsonPatch.add('/spec/template/spec/hostAliases', [])],
      [JsonPatch.add('/spec/template/spec/hostAliases/-', { ip: '192.0.2.1' })],
      [JsonPatch.replace('/spec/template/spec/hostAliases/0/ip', '192.0.2.2')],
    );
    expect(template.spec.hostAliases).toEqual([{ ip: '192.0.2.2' }]);
  });

  it('sees what is known only at synth', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    Patch.apply(mysql.config, JsonPatch.replace('/data/accounts', 'none'));
    mysql.addDatabase('blog');
    expect(find(synth(chart), 'ConfigMap', 'mysql').data.accounts).toBe('none');
  });

  it('changes the default child of a construct', () => {
    const chart = testChart();
    const { workload } = new MySql(chart, 'mysql');
    Patch.apply(workload.node.scope as Construct, JsonPatch.add('/metadata/labels/team', 'red'));
    expect(find(synth(chart), 'StatefulSet', 'mysql').metadata.labels.team).toBe('red');
  });

  it('is refused at synth where its path does not exist, naming construct and patch', () => {
    expect(() => patched([JsonPatch.replace('/spec/nothing/here', 1)])).toThrow(
      'shop/mysql/Workload/Resource: cannot apply patch {"op":"replace","path":"/spec/nothing/here","value":1}: ',
    );
  });
});
