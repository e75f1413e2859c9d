/**
 * @lane core
 * @needs nothing
 * @disturbs nothing
 * @minutes 4
 */
import { resolve } from 'node:path';
import { ApiObject, type Chart, Duration } from 'cdk8s';
import { Nginx } from '../../constructs';
import { get, kubectl, readyPod } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { Program } from './cluster/program';
import { MARK } from './fixtures/belongings';
import { check } from './runner/check';
import { type Result, run } from './runner/run';

const NAMESPACE = `${MARK}-plan`;
const ROOT = resolve(__dirname, '../..');
const OUTPUTS = ['table', 'json', 'markdown'];

const object = (chart: Chart, apiVersion: string, kind: string, name: string, fields: object) =>
  new ApiObject(chart, `${kind}-${name}`, { apiVersion, kind, metadata: { name }, ...fields } as never);

const config = (chart: Chart, name: string, data: object, more: object = {}) =>
  object(chart, 'v1', 'ConfigMap', name, { data, ...more });

const secret = (chart: Chart, name: string, value: string) =>
  object(chart, 'v1', 'Secret', name, { stringData: { password: value } });

/** A workload without pods. */
const workload = (chart: Chart, kind: string, name: string, spec: object = {}, label = name) =>
  object(chart, 'apps/v1', kind, name, {
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: label } },
      template: {
        metadata: { labels: { app: label } },
        spec: { containers: [{ name: 'a', image: 'example.org/a:1' }] },
      },
      ...spec,
    },
  });

const claim = (storage: string) => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
});

const templates = (storage: string) => ({
  serviceName: 'db',
  volumeClaimTemplates: [{ metadata: { name: 'data' }, ...claim(storage) }],
});

/** What is deployed before the tests. */
function before(chart: Chart): void {
  new Nginx(chart, 'web', { hsts: Duration.days(1) });
  config(chart, 'old', { a: '1' });
  config(chart, 'fixed', { a: '1' }, { immutable: true });
  config(chart, 'file', { 'app.conf': `a\nb\npassword = ${MARK}-in-file-1\n` });
  secret(chart, 'keys', `${MARK}-secret-1`);
  workload(chart, 'StatefulSet', 'db', templates('1Mi'));
  workload(chart, 'Deployment', 'app');
  object(chart, 'v1', 'PersistentVolumeClaim', 'data', claim('2Mi'));
}

/** The same with a change of every kind. */
function after(chart: Chart): void {
  new Nginx(chart, 'web', { hsts: Duration.days(2) });
  config(chart, 'new', { a: '1' });
  config(chart, 'fixed', { a: '1' }, { immutable: true });
  config(chart, 'file', { 'app.conf': `a\nc\npassword = ${MARK}-in-file-2\n` });
  secret(chart, 'keys', `${MARK}-secret-2`);
  workload(chart, 'StatefulSet', 'db', templates('1Mi'));
  workload(chart, 'Deployment', 'app', { revisionHistoryLimit: 3 });
}

/** The same with what the API refuses. */
function refused(chart: Chart): void {
  before(chart);
  // of each name, the last one counts
  for (const name of ['ConfigMap-fixed', 'StatefulSet-db', 'Deployment-app', 'PersistentVolumeClaim-data']) {
    chart.node.tryRemoveChild(name);
  }
  config(chart, 'fixed', { a: '2' }, { immutable: true });
  workload(chart, 'StatefulSet', 'db', templates('2Mi'));
  workload(chart, 'Deployment', 'app', {}, 'other');
  workload(chart, 'Deployment', 'typo', { replica: 1 });
  object(chart, 'v1', 'PersistentVolumeClaim', 'data', claim('1Mi'));
  object(chart, 'example.org/v1', 'Widget', 'unknown', {});
  new ApiObject(chart, 'elsewhere', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'elsewhere', namespace: `${NAMESPACE}-missing` },
  });
  config(chart, 'fine', {});
}

interface Change {
  readonly action: string;
  readonly kind: string;
  readonly name: string;
  readonly fields: readonly { readonly path: string; readonly lines?: readonly string[] }[];
  readonly restarts?: readonly string[];
  readonly refused?: { readonly message: string; readonly remedy: string };
  readonly warnings: readonly string[];
}

describe('plan', () => {
  const program = new Program(NAMESPACE);
  const about = { of: ['web'], namespace: () => NAMESPACE, seconds: 120 };
  const said: string[] = [];

  const plan = async (...args: string[]): Promise<Result> => {
    const result = await program.run('plan', ...args);
    said.push(result.stdout, result.stderr);
    return result;
  };
  const changes = async (): Promise<{ code: number; of: (kind: string, name: string) => Change; all: string[] }> => {
    const { code, stdout, stderr } = await plan('-o', 'json');
    expect(stderr).toBe('');
    const list: Change[] = JSON.parse(stdout).changes;
    const of = (kind: string, name: string) => {
      const found = list.find((change) => change.kind === kind && change.name === name);
      if (!found) {
        throw new Error(`expected a change of ${kind} ${name}, got ${stdout}`);
      }
      return found;
    };
    return { code, of, all: list.map(({ action, kind, name }) => `${action} ${kind} ${name}`) };
  };
  const versions = async () =>
    (await get(['all,configmaps,secrets,persistentvolumeclaims,leases'], NAMESPACE)).items.map(
      ({ kind, metadata }: any) => `${kind} ${metadata.name} ${metadata.resourceVersion}`,
    );

  afterAll(removeOwn);

  check('shows all as created where the namespace is not there, and makes nothing', about, async () => {
    program.write(before);
    const { code, all } = await changes();
    expect(code).toBe(2);
    expect(all.filter((line) => !line.startsWith('create '))).toEqual([]);
    expect(all).toEqual(
      expect.arrayContaining([`create Namespace ${NAMESPACE}`, 'create Deployment web', 'create Secret keys']),
    );
    expect(
      JSON.parse(await kubectl(['get', 'namespaces', '-o', 'json'])).items.map(({ metadata }: any) => metadata.name),
    ).not.toContain(NAMESPACE);
  });

  check('has nothing to do after up', { ...about, seconds: 240 }, async () => {
    await program.runs('up');
    const { code, stdout } = await plan();
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'plan: nothing to do\n' });
  });

  check('says what changes, what restarts and why, and changes nothing', about, async () => {
    program.write(after);
    const was = await versions();
    const { code, of, all } = await changes();
    expect(code).toBe(2);
    expect(all.sort()).toEqual([
      'change ConfigMap file',
      'change ConfigMap web',
      'change Deployment app',
      'change Deployment web',
      'change Secret keys',
      'create ConfigMap new',
      'delete ConfigMap old',
      'keep PersistentVolumeClaim data',
    ]);
    expect(of('Deployment', 'web').restarts).toEqual([expect.stringMatching(/^config web \(/)]);
    expect(of('Deployment', 'app')).toMatchObject({
      fields: [{ path: 'spec.revisionHistoryLimit', before: 10, after: 3 }],
    });
    expect(of('Deployment', 'app').restarts).toBeUndefined();
    expect(of('Secret', 'keys').fields).toEqual([
      { path: 'data.password', before: '(not shown)', after: '(not shown)', hidden: true },
    ]);
    expect(of('ConfigMap', 'file').fields[0]?.lines).toEqual(
      expect.arrayContaining(['-b', '+c', '-password = (not shown)', '+password = (not shown)']),
    );
    for (const output of OUTPUTS) {
      expect((await plan('-o', output)).code).toBe(2);
    }
    expect(await versions()).toEqual(was);
  });

  check('is what up does', { ...about, seconds: 240 }, async () => {
    const { uid } = (await get(['deployment', 'app'], NAMESPACE)).metadata;
    const pod = await readyPod('web', 60, NAMESPACE);
    await program.runs('up');
    await readyPod('web', 60, NAMESPACE, pod.name);
    expect((await get(['deployment', 'app'], NAMESPACE)).metadata.uid).toBe(uid);
    const names = (await get(['configmaps,persistentvolumeclaims'], NAMESPACE)).items.map(
      ({ metadata }: any) => metadata.name,
    );
    expect(names).toEqual(expect.arrayContaining(['new', 'data']));
    expect(names).not.toContain('old');
    expect(await plan()).toMatchObject({ code: 0, stdout: expect.stringContaining('plan: 1 kept\n') });
  });

  check('says what others have changed by hand, and that up takes it back', about, async () => {
    await kubectl(['-n', NAMESPACE, 'patch', 'configmap', 'new', '--field-manager=ann', '-p', '{"data":{"a":"2"}}']);
    const { code, of, all } = await changes();
    expect([code, all.sort()]).toEqual([2, ['change ConfigMap new', 'keep PersistentVolumeClaim data']]);
    expect(of('ConfigMap', 'new')).toMatchObject({
      fields: [{ path: 'data.a', before: '2', after: '1' }],
      warnings: ['taken over from ann: data.a'],
    });
  });

  check('says what the API refuses and what to do then, beside all that it does not', about, async () => {
    program.write(refused);
    const { code, of } = await changes();
    expect(code).toBe(1);
    const remedy = (kind: string, name: string) => of(kind, name).refused?.remedy;
    expect(remedy('ConfigMap', 'fixed')).toMatch(
      /^give it another name, or make it anew: kubectl .* delete configmap fixed$/,
    );
    expect(remedy('StatefulSet', 'db')).toMatch(/kubectl .* delete statefulset db --cascade=orphan$/);
    expect(of('StatefulSet', 'db').fields.map(({ path }) => path)).toEqual([
      'spec.volumeClaimTemplates[data].spec.resources.requests.storage',
    ]);
    expect(remedy('Deployment', 'app')).toMatch(/kubectl .* delete deployment app$/);
    expect(remedy('Deployment', 'typo')).toContain('the API knows no such field');
    expect(remedy('PersistentVolumeClaim', 'data')).toMatch(/^a (volume never shrinks|claim only grows)/);
    expect(remedy('Widget', 'unknown')).toContain('install what defines it');
    expect(remedy('ConfigMap', 'elsewhere')).toContain(`create namespace ${NAMESPACE}-missing`);
    expect(of('ConfigMap', 'fine')).toMatchObject({ action: 'create' });
    expect(of('ConfigMap', 'fine').refused).toBeUndefined();
    const { code: asTable, stdout } = await plan();
    expect([asTable, stdout]).toEqual([1, expect.stringMatching(/, 7 refused\n$/)]);
  });

  check('a remedy makes up possible', about, async () => {
    const { of } = await changes();
    const [, command = ''] = /: kubectl (.*)$/.exec(of('StatefulSet', 'db').refused?.remedy ?? '') ?? [];
    await kubectl(command.split(' '));
    expect((await changes()).of('StatefulSet', 'db')).toMatchObject({ action: 'create' });
  });

  check('shows no secret, in any form', about, async () => {
    expect(said.join('').match(new RegExp(`${MARK}-(secret|in-file)`, 'g'))).toBeNull();
    expectNone(await get(['secrets'], NAMESPACE), said);
  });

  check('shows none of the running system either', { of: [] }, async () => {
    const context = (await kubectl(['config', 'current-context'])).trim();
    const outputs = await Promise.all(
      OUTPUTS.map((output) =>
        run('sh', ['-c', `cd '${ROOT}' && exec node lib/cli.js plan -p '${context}' -o ${output} --show-unchanged`]),
      ),
    );
    expect(outputs.map(({ code, stderr }) => [[0, 2].includes(code), stderr])).toEqual(outputs.map(() => [true, '']));
    const texts = outputs.map(({ stdout }) => stdout);
    expectNone(await get(['secrets']), texts);
  });
});

/** No value, as it is or in Base64. Names of users, and what is as short as a word, are no secrets. */
function expectNone({ items }: { readonly items: readonly any[] }, texts: readonly string[]): void {
  const all = texts.join('\n');
  const values = items.flatMap(({ metadata, data = {} }) =>
    Object.entries<string>(data).map(([key, value]) => ({ where: `${metadata.name} ${key}`, value })),
  );
  expect(values.length).toBeGreaterThan(2);
  const found = values
    .filter(({ where }) => !where.endsWith(' username'))
    .map(({ where, value }) => ({ where, value, plain: Buffer.from(value, 'base64').toString() }))
    .filter(({ value, plain }) => plain.length > 12 && (all.includes(value) || all.includes(plain)));
  expect(found.map(({ where }) => where)).toEqual([]);
}
