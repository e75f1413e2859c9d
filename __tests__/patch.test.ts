import { JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import { MySql, Patch } from '../constructs';
import { find, problems, synth, testChart } from './support/app';

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
    expect(template.spec.containers[0].resources.limits).toMatchObject({ cpu: '1', memory: '1.5Gi' });
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

  it.each([
    ["replace '/spec/nothing': there is no '/spec/nothing'", JsonPatch.replace('/spec/nothing', 1)],
    ["remove '/spec/nothing': there is no '/spec/nothing'", JsonPatch.remove('/spec/nothing')],
    ["test '/spec/nothing': there is no '/spec/nothing'", JsonPatch.test('/spec/nothing', 1)],
    ["add '/spec/nothing/here': there is no '/spec/nothing'", JsonPatch.add('/spec/nothing/here', 1)],
    ["move '/spec/here': there is no '/spec/nothing'", JsonPatch.move('/spec/nothing', '/spec/here')],
    ["copy '/spec/nothing/here': there is no '/spec/nothing'", JsonPatch.copy('/spec/replicas', '/spec/nothing/here')],
  ])('is reported where its path does not exist, with all other mistakes: cannot %s', (reason, operation) => {
    const chart = testChart();
    Patch.apply(new MySql(chart, 'mysql').workload, operation);
    new MySql(chart, 'Bad');
    expect(problems(chart)).toEqual([
      `[shop/mysql/Workload/Resource] a patch cannot ${reason}; see what is written without the patch`,
      expect.stringContaining("[shop/Bad] 'id' is 'Bad'"),
    ]);
  });

  it.each([
    JsonPatch.add('metadata', {}),
    JsonPatch.copy('spec/replicas', '/spec/here'),
    JsonPatch.move('/spec/replicas', 'here'),
  ])('is reported where a path, or what it copies or moves, begins without a slash: %j', (operation) => {
    const chart = testChart();
    Patch.apply(new MySql(chart, 'mysql').workload, operation);
    expect(problems(chart)).toEqual([
      expect.stringMatching(
        /^\[shop\/mysql\/Workload\/Resource\] a patch cannot .*; see what is written without the patch$/,
      ),
    ]);
  });

  it('finds keys with a slash in them', () => {
    const chart = testChart();
    const { workload } = new MySql(chart, 'mysql');
    Patch.apply(workload, JsonPatch.replace('/metadata/labels/app.kubernetes.io~1component', 'store'));
    expect(find(synth(chart), 'StatefulSet', 'mysql').metadata.labels['app.kubernetes.io/component']).toBe('store');
  });
});
