import { isAsApplied, isAsAppliedLast } from '../../../cli/cluster/as-applied';

const WANTED = {
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' }, finalizers: ['a', 'b'] },
  spec: {
    containers: [
      { name: 'web', image: 'nginx:1', args: ['a', 'b'], ports: [{ containerPort: 80 }] },
      { name: 'ssh', image: 'ssh:1' },
    ],
    empty: {},
  },
};

const RECORD = {
  'f:metadata': { 'f:labels': { 'f:app': {} }, 'f:finalizers': { 'v:"a"': {}, 'v:"b"': {} } },
  'f:spec': {
    'f:containers': {
      'k:{"name":"web"}': {
        '.': {},
        'f:name': {},
        'f:image': {},
        'f:args': {},
        'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
      },
      'k:{"name":"ssh"}': { '.': {}, 'f:name': {}, 'f:image': {} },
    },
    'f:empty': {},
  },
};

const MANAGED = { manager: 'cdk8s-services', operation: 'Apply', apiVersion: 'v1', fieldsV1: RECORD };

/** What the cluster makes of it, with its defaults. */
const live = (change: (object: any) => void = () => {}, managed: object = {}) => {
  const object: any = structuredClone(WANTED);
  object.metadata.uid = '1';
  object.metadata.managedFields = [
    { manager: 'kubelet', operation: 'Update', subresource: 'status', fieldsV1: { 'f:status': {} } },
    { ...MANAGED, ...managed },
  ];
  object.spec.containers[0].ports[0].protocol = 'TCP';
  object.spec.containers[1].terminationMessagePath = '/dev/termination-log';
  object.status = { ready: true };
  change(object);
  return object;
};

const wanted = (change: (object: any) => void) => {
  const object: any = structuredClone(WANTED);
  change(object);
  return object;
};

describe('an object', () => {
  it('is as it was applied where it has just what is written, and what others added', () => {
    expect(isAsApplied(live(), WANTED)).toBe(true);
    expect(
      isAsApplied(
        live((object) => object.spec.containers.push({ name: 'sidecar' })),
        WANTED,
      ),
    ).toBe(true);
    expect(
      isAsApplied(
        live((object) => (object.metadata.labels.more = 'x')),
        WANTED,
      ),
    ).toBe(true);
  });

  it('is as it was applied without a list that has nothing in it, which only kinds of others keep', () => {
    const more = (apiVersion: string) => wanted((object) => (Object.assign(object, { apiVersion }).spec.list = []));
    expect(isAsApplied(live(), more('v1'))).toBe(true);
    const foreign = live((object) => (object.apiVersion = 'example.org/v1'), { apiVersion: 'example.org/v1' });
    expect(isAsApplied(foreign, more('example.org/v1'))).toBe(false);
    expect(
      isAsApplied(
        live((object) => (object.spec.list = ['x'])),
        more('v1'),
      ),
    ).toBe(false);
  });

  it.each<[string, (object: any) => void]>([
    ['an empty field', (object) => (object.spec.selector = {})],
    ['a value', (object) => (object.spec.containers[0].image = 'nginx:2')],
    ['a new field', (object) => (object.spec.replicas = 1)],
    ['a field that goes', (object) => delete object.metadata.labels],
    ['a new element', (object) => object.spec.containers.push({ name: 'new' })],
    ['an element that goes', (object) => object.spec.containers.pop()],
    ['an element of another name', (object) => (object.spec.containers[1].name = 'other')],
    ['an order', (object) => object.spec.containers.reverse()],
    ['a list as a whole', (object) => object.spec.containers[0].args.reverse()],
    ['a set', (object) => (object.metadata.finalizers = ['a', 'c'])],
    ['an empty field that is filled', (object) => (object.spec.empty = { a: 1 })],
    ['a key that was a default', (object) => (object.spec.containers[0].ports[0].protocol = 'TCP')],
    ['another kind of value', (object) => (object.spec.containers = 'none')],
    ['nothing instead of a value', (object) => (object.spec.containers[0].image = null)],
    ['a version of the API', (object) => (object.apiVersion = 'v2')],
  ])('is not where the program changes %s', (_, change) => {
    expect(isAsApplied(live(), wanted(change))).toBe(false);
  });

  it.each<[string, (object: any) => void]>([
    ['a value', (object) => (object.spec.containers[0].image = 'nginx:hot')],
    ['a field that is gone', (object) => delete object.metadata.labels.app],
    ['an element that is gone', (object) => object.spec.containers.pop()],
    ['a key', (object) => (object.spec.containers[0].ports[0].protocol = 'UDP')],
    ['an order', (object) => object.spec.containers.reverse()],
  ])('is not where somebody has changed %s', (_, change) => {
    expect(isAsApplied(live(change), WANTED)).toBe(false);
  });

  it.each<[string, object]>([
    ['by somebody else', { manager: 'kubectl' }],
    ['in another way', { operation: 'Update' }],
    ['in part', { subresource: 'scale' }],
    ['in another version', { apiVersion: 'v1beta1' }],
    ['without a record', { fieldsV1: undefined }],
  ])('is not where it was applied %s', (_, managed) => {
    expect(isAsApplied(live(undefined, managed), WANTED)).toBe(false);
  });

  it('is as it was applied last where nobody has taken a field over, however the API writes its value', () => {
    const another = live((object) => (object.spec.containers[0].image = 'docker.io/library/nginx:1'));
    expect([isAsApplied(another, WANTED), isAsAppliedLast(another, WANTED)]).toEqual([false, true]);
    const taken = structuredClone(RECORD) as any;
    delete taken['f:spec']['f:containers']['k:{"name":"web"}']['f:image'];
    expect(isAsAppliedLast(live(undefined, { fieldsV1: taken }), WANTED)).toBe(false);
  });

  it('is not as it was applied last where it is a Secret with another value', () => {
    const secret = (value: string): any => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {},
      data: { password: value },
    });
    const managedFields = [{ ...MANAGED, fieldsV1: { 'f:data': { 'f:password': {} } } }];
    const found = { ...secret('b2xk'), metadata: { managedFields } };
    expect([isAsAppliedLast(found, secret('b2xk')), isAsAppliedLast(found, secret('bmV3'))]).toEqual([true, false]);
  });
});
