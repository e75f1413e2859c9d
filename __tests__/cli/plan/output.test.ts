import type { Change, Plan } from '../../../cli/plan/change';
import { jsonOf } from '../../../cli/plan/json';
import { markdownOf } from '../../../cli/plan/markdown';
import { tableOf } from '../../../cli/plan/table';

const change = (action: Change['action'], kind: string, name: string, more: Partial<Change> = {}): Change => ({
  action,
  apiVersion: 'v1',
  kind,
  name,
  namespace: 'shop',
  fields: [],
  warnings: [],
  ...more,
});

const CHANGES: readonly Change[] = [
  change('unchanged', 'Namespace', 'shop', { namespace: undefined }),
  change('create', 'Service', 'web', { service: 'web', about: 'ClusterIP 80' }),
  change('change', 'ConfigMap', 'web', {
    fields: [
      { path: 'data[web.conf]', lines: ['@@ -1,2 +1,2 @@', ' a', '-b', '+c'] },
      { path: 'data.one', before: '1', after: '2' },
      { path: 'data[x|y]', note: '20 fields, in panels' },
      { path: 'metadata.labels[applyset.kubernetes.io/part-of]', after: 'applyset-x-v1' },
    ],
  }),
  change('change', 'Secret', 'keys', {
    fields: [{ path: 'data.key', before: '(not shown)', after: '(not shown)', hidden: true }],
  }),
  change('change', 'Deployment', 'web', {
    apiVersion: 'apps/v1',
    service: 'web',
    restarts: ['image nginx:1 → nginx:2', 'config web (web.conf)', 'secret keys (key)', 'containers[web].args'],
    fields: [
      { path: 'spec.template.spec.containers[web].image', before: 'nginx:1', after: 'nginx:2' },
      { path: 'spec.template.spec.containers[web].args', after: ['a', 'b'] },
      { path: 'spec.template.spec.volumes[old]', before: { name: 'old', emptyDir: {} } },
    ],
    warnings: ['taken over from kubectl-edit: spec.template.spec.containers[web].image'],
  }),
  change('change', 'StatefulSet', 'db', {
    apiVersion: 'apps/v1',
    fields: [{ path: 'spec.serviceName', before: 'db', after: 'other' }],
    refused: { message: 'spec: Forbidden: updates | to statefulset', remedy: 'make it anew' },
  }),
  change('unchanged', 'Deployment', 'reader', { warnings: ['its pods do not restart for ConfigMap web: do so'] }),
  change('change', 'Service', 'joins', {
    fields: [{ path: 'metadata.labels[applyset.kubernetes.io/part-of]', after: 'applyset-x-v1' }],
  }),
  change('delete', 'Deployment', 'old', { apiVersion: 'apps/v1' }),
  change('keep', 'PersistentVolumeClaim', 'data'),
];

const plan = (changes = CHANGES): Plan => ({ context: 'minikube', set: { name: 'shop', namespace: 'shop' }, changes });
const plain = { paint: (_: string, text: string) => text, unchanged: false };

describe('a table', () => {
  it('has a line for each object, its fields, and the sum', () => {
    expect(tableOf(plan(), plain)).toMatchSnapshot();
  });

  it('lists what is unchanged if that is asked for', () => {
    const rows = tableOf(plan(), { ...plain, unchanged: true });
    expect(rows).toContain('   Namespace ');
    expect(tableOf(plan(), plain)).not.toContain('Namespace');
  });

  it('has a column for the namespace where there are several', () => {
    const changes = [...CHANGES, change('create', 'ConfigMap', 'x', { namespace: 'other' })];
    expect(tableOf(plan(changes), plain)).toContain('kind                   namespace  name');
  });

  it('colours lines by their signs', () => {
    const paint = (sign: string, text: string) => (sign.trim() === '' ? text : `<${sign}>${text}</>`);
    const text = tableOf(plan(), { paint, unchanged: false });
    expect(text).toContain('<->  -   b</>');
    expect(text).toContain('<+>  +   c</>');
    expect(text).toMatch(/<±>± {2}Deployment .*<\/>/);
    expect(text).toContain('<!>!  StatefulSet');
  });

  it('says that there is nothing to do', () => {
    expect(tableOf(plan([]), plain)).toBe('plan: nothing to do');
  });

  it('cuts long values to what differs in them', () => {
    const long = 'x'.repeat(300);
    const fields = [{ path: 'data.a', before: `${long}1${long}`, after: `${long}2${long}` }];
    const text = tableOf(plan([change('change', 'ConfigMap', 'a', { fields })]), plain);
    const around = 'x'.repeat(20);
    expect(text).toContain(`~ data.a: … ${around}1${around} … → … ${around}2${around} …`);
  });

  it('cuts files of which much differs', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `+${index}`);
    const text = tableOf(plan([change('change', 'ConfigMap', 'a', { fields: [{ path: 'data.a', lines }] })]), plain);
    expect(text).toContain('… 60 lines more');
  });
});

describe('JSON', () => {
  it('has the sum and each change', () => {
    const document = JSON.parse(jsonOf(plan(), false));
    expect(document.summary).toEqual({
      create: 1,
      change: 3,
      delete: 1,
      keep: 1,
      restart: 1,
      refused: 1,
      join: 1,
      unchanged: 2,
    });
    expect(document).toMatchSnapshot();
  });

  it('lists what is unchanged if that is asked for', () => {
    expect(JSON.parse(jsonOf(plan(), true)).changes).toHaveLength(CHANGES.length);
  });
});

describe('markdown', () => {
  it('has a table, and the fields of each object to be unfolded', () => {
    expect(markdownOf(plan())).toMatchSnapshot();
  });

  it('is never longer than a comment on GitHub may be, and says what is missing', () => {
    const fields = Array.from({ length: 50 }, (_, index) => ({ path: `data.${index}`, before: 'a', after: 'b' }));
    const changes = Array.from({ length: 2500 }, (_, index) =>
      change('change', 'ConfigMap', `config-${index}`, { fields }),
    );
    const text = markdownOf(plan(changes));
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text).toContain('**plan: 2500 to change**');
    expect(text).toContain('… 2300 more');
    expect(text).toMatch(/… and the fields of \d+ more objects, which are too long for a comment\n$/);
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  });

  it('lets no file end its block', () => {
    const fields = [{ path: 'data.a', lines: ['+```', '+</details>'] }];
    expect(markdownOf(plan([change('change', 'ConfigMap', 'a', { fields })]))).toContain('\n````diff\n');
  });

  it('keeps a table a table', () => {
    const refused = { message: 'a | b <script>\nc', remedy: 'd' };
    const text = markdownOf(plan([change('change', 'ConfigMap', 'a', { refused })]));
    expect(text).toContain('| refused: a \\| b &lt;script> c |');
  });
});
