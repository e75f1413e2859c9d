import { differencesOf, textOf } from '../../../cli/cluster/difference';
import { fieldChanges, objectDifferences } from '../../../cli/plan/fields';

const paths = (before: unknown, after: unknown) =>
  differencesOf(before, after).map(({ path, before, after }) => [textOf(path), before, after]);

const object = (fields: object) => ({ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' }, ...fields }) as any;

const changes = (kind: any, before: object, after: object) =>
  objectDifferences(object({ kind, ...before }), object({ kind, ...after })).flatMap((one) => fieldChanges(kind, one));

describe('differences', () => {
  it('are as deep as the values are alike', () => {
    expect(paths({ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 }, d: { e: 1 } })).toEqual([
      ['a.c', 2, 3],
      ['d', undefined, { e: 1 }],
    ]);
  });

  it('are none between nothing and null', () => {
    expect(paths({ a: null }, {})).toEqual([]);
  });

  it('find the elements of a list by what Kubernetes tells them apart by', () => {
    const before = {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', ports: [{ containerPort: 80, hostPort: 1 }] },
      ],
    };
    const after = { containers: [{ name: 'b', ports: [{ containerPort: 80, hostPort: 2 }] }, { name: 'c' }] };
    expect(paths(before, after)).toEqual([
      ['containers[a]', { name: 'a', image: '1' }, undefined],
      ['containers[b].ports[80].hostPort', 1, 2],
      ['containers[c]', undefined, { name: 'c' }],
    ]);
    expect(
      paths(
        [
          { mountPath: '/a', name: 'x' },
          { mountPath: '/b', name: 'x' },
        ],
        [{ mountPath: '/b', name: 'y' }],
      ),
    ).toEqual([
      ['[/a]', { mountPath: '/a', name: 'x' }, undefined],
      ['[/b].name', 'x', 'y'],
    ]);
  });

  it('find templates of claims by the names in their metadata', () => {
    const claim = (size: string) => ({ metadata: { name: 'data' }, spec: { size } });
    expect(paths([claim('1Gi')], [claim('2Gi')])).toEqual([['[data].spec.size', '1Gi', '2Gi']]);
  });

  it('tell another order of the same elements', () => {
    expect(paths({ init: [{ name: 'a' }, { name: 'b' }] }, { init: [{ name: 'b' }, { name: 'a' }] })).toEqual([
      ['init.order', 'a, b', 'b, a'],
    ]);
  });

  it('leave out of a list without keys what is in both', () => {
    expect(paths(['a', 'b', 'c'], ['a', 'x', 'b', 'c'])).toEqual([['[1]', undefined, 'x']]);
    expect(paths([{ from: ['a'] }, { from: ['b'] }, 'x'], [{ from: ['a', 'c'] }, 'x'])).toEqual([
      ['[0].from[1]', undefined, 'c'],
      ['[1]', { from: ['b'] }, undefined],
    ]);
  });

  it('are told as a whole of a long list without keys', () => {
    const long = Array.from({ length: 600 }, (_, index) => `${index}`);
    expect(paths(long, [...long, 'x'])).toHaveLength(1);
    expect(paths(long, [...long])).toEqual([]);
  });

  it('write names that are no words in brackets', () => {
    expect(paths({ data: { 'php.ini': 'a' } }, { data: { 'php.ini': 'b' } })[0]?.[0]).toBe('data[php.ini]');
  });
});

describe('fields', () => {
  it('are without what the server adds', () => {
    const metadata = (version: string) => ({
      name: 'x',
      uid: version,
      resourceVersion: version,
      generation: Number(version),
      creationTimestamp: version,
      managedFields: [{ manager: version }],
      annotations: {
        'deployment.kubernetes.io/revision': version,
        'kubectl.kubernetes.io/last-applied-configuration': version,
        own: 'same',
      },
    });
    const state = (version: string) => ({ metadata: metadata(version), status: { phase: version } });
    expect(changes('Deployment', state('1'), state('2'))).toEqual([]);
  });

  it('show the lines of a file that differ, with little around them', () => {
    const lines = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const before = { data: { 'x.conf': `${lines.join('\n')}\n` } };
    const after = { data: { 'x.conf': `${lines.join('\n').replace('d', 'D')}\n` } };
    expect(changes('ConfigMap', before, after)).toEqual([
      { path: 'data[x.conf]', lines: ['@@ -2,5 +2,5 @@', ' b', ' c', '-d', '+D', ' e', ' f'] },
    ]);
  });

  it('count the lines of a file that has too many', () => {
    const file = (word: string) => Array.from({ length: 1000 }, (_, index) => `${word} ${index}\n`).join('');
    const [change] = changes('ConfigMap', { data: { file: file('a') } }, { data: { file: file('b') } });
    expect(change).toEqual({ path: 'data.file', note: 'more than 400 lines differ' });
  });

  it('look into texts that are JSON', () => {
    const dashboard = (title: string) => JSON.stringify({ title, panels: [{ id: 1, title: 'CPU' }] }, undefined, 2);
    expect(
      changes('ConfigMap', { data: { 'a.json': dashboard('A') } }, { data: { 'a.json': dashboard('B') } }),
    ).toEqual([{ path: 'data[a.json].title', before: 'A', after: 'B' }]);
  });

  it('sum up JSON that has changed in many places, or in its spaces only', () => {
    const panels = (width: number) =>
      JSON.stringify({ panels: Array.from({ length: 20 }, (_, id) => ({ id, width })) });
    expect(changes('ConfigMap', { data: { d: panels(1) } }, { data: { d: panels(2) } })).toEqual([
      { path: 'data.d', note: '20 fields, in panels' },
    ]);
    expect(changes('ConfigMap', { data: { d: '{"a": 1}' } }, { data: { d: '{"a":1}' } })).toEqual([
      { path: 'data.d', note: 'only its white space' },
    ]);
  });
});

describe('secrets', () => {
  const everything = (kind: string, before: object, after: object) => JSON.stringify(changes(kind, before, after));

  it('are said to change, key by key, and no more', () => {
    const before = { data: { old: 'b2xkLXNlY3JldA==', same: 'c2FtZQ==', password: 'YmVmb3JlLXNlY3JldA==' } };
    const after = { data: { same: 'c2FtZQ==', password: 'YWZ0ZXItc2VjcmV0', more: 'bW9yZS1zZWNyZXQ=' } };
    expect(changes('Secret', before, after)).toEqual([
      { path: 'data.old', before: '(not shown)', hidden: true },
      { path: 'data.password', before: '(not shown)', after: '(not shown)', hidden: true },
      { path: 'data.more', after: '(not shown)', hidden: true },
    ]);
  });

  it('are hidden in a Secret that had no data before', () => {
    expect(changes('Secret', {}, { data: { a: 'c2VjcmV0', b: 'c2VjcmV0' } })).toEqual([
      { path: 'data.a', after: '(not shown)', hidden: true },
      { path: 'data.b', after: '(not shown)', hidden: true },
    ]);
  });

  it('are not in the annotations of a Secret, whose labels and type are shown', () => {
    const state = (value: string) => ({
      metadata: { name: 'x', labels: { value }, annotations: { copy: `secret ${value}` } },
      type: value,
    });
    expect(changes('Secret', state('a'), state('b'))).toEqual([
      { path: 'metadata.labels.value', before: 'a', after: 'b' },
      { path: 'metadata.annotations.copy', before: '(not shown)', after: '(not shown)', hidden: true },
      { path: 'type', before: 'a', after: 'b' },
    ]);
  });

  it.each([
    ['a variable', 'Deployment', (value: string) => ({ spec: { env: [{ name: 'DB_PASSWORD', value }] } })],
    ['a line of a file', 'ConfigMap', (value: string) => ({ data: { conf: `a\npassword = ${value}\nb\n` } })],
    ['a line of YAML', 'ConfigMap', (value: string) => ({ data: { conf: `a:\n  apiToken: "${value}"\n` } })],
    ['a key', 'ConfigMap', (value: string) => ({ data: { 'db-password': value } })],
    ['a URL', 'ConfigMap', (value: string) => ({ data: { conf: `url: mysql://ann:${value}@db/x\nb\n` } })],
    ['an argument', 'Deployment', (value: string) => ({ spec: { args: [`--secret-key=${value}`] } })],
    [
      'a private key',
      'ConfigMap',
      (value: string) => ({ data: { k: `-----BEGIN ${'PRIVATE'} KEY-----\nAAA\nBBB\n${value}\n` } }),
    ],
    ['a field of JSON', 'ConfigMap', (value: string) => ({ data: { j: JSON.stringify({ password: value }) } })],
  ])('are not in %s', (_, kind, state) => {
    const text = everything(kind, state('opensesame1'), state('opensesame2'));
    expect(text).toContain('path');
    expect(text).not.toContain('opensesame');
  });

  it('are not in a container that is new', () => {
    const container = { name: 'a', env: [{ name: 'API_TOKEN', value: 'opensesame' }], args: ['--password=opensesame'] };
    const text = everything('Deployment', { spec: { containers: [] } }, { spec: { containers: [container] } });
    expect(text).toContain('API_TOKEN');
    expect(text).not.toContain('opensesame');
  });

  it('are not taken for switches and references', () => {
    const env = (value: string) => ({ spec: { env: [{ name: 'ALLOW_EMPTY_PASSWORD', value }] } });
    expect(changes('Deployment', env('yes'), env('no'))).toEqual([
      { path: 'spec.env[ALLOW_EMPTY_PASSWORD].value', before: 'yes', after: 'no' },
    ]);
  });
});
