import { PART_OF_SET } from '../../../cli/app/app-set';
import { exitCodeOf, joins, summaryOf } from '../../../cli/plan/summary';
import { changeOf, planned, SET } from '../../support/planned';

const config = (data: object, name = 'web') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});
const secret = (data: object, type = 'Opaque') => ({ ...config(data, 'keys'), kind: 'Secret', type });
const claim = (storage: string) => ({
  ...config({}, 'data'),
  kind: 'PersistentVolumeClaim',
  data: undefined,
  spec: { resources: { requests: { storage } } },
});

interface Template {
  readonly image?: string;
  readonly hash?: string;
  readonly command?: string;
}

const workload = (
  { image = 'nginx:1', hash = '1', command }: Template = {},
  kind = 'Deployment',
  spec: object = {},
) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    ...spec,
    template: {
      metadata: { annotations: { 'cdk8s-services/content-hash': hash } },
      spec: {
        containers: [{ name: 'web', image, ...(command && { command: [command] }) }],
        volumes: [
          { name: 'config', configMap: { name: 'web' } },
          { name: 'keys', secret: { secretName: 'keys' } },
        ],
      },
    },
  },
});

describe('a plan', () => {
  it('is empty where all is as it is written', async () => {
    const plan = await planned({ objects: [config({ a: '1' })], live: [config({ a: '1' })] });
    expect(plan.changes.map(({ action }) => action)).toEqual(['unchanged', 'unchanged']);
    expect([summaryOf(plan), exitCodeOf(plan)]).toEqual(['nothing to do', 0]);
  });

  it('creates, changes and deletes, in the order in which that is done', async () => {
    const live = [config({ a: '1' }), config({}, 'old'), workload({}, 'StatefulSet')];
    const plan = await planned({ objects: [config({ a: '2' }), config({ b: '1' }, 'new')], live });
    expect(plan.changes.map(({ action, kind, name }) => [action, kind, name])).toEqual([
      ['unchanged', 'Namespace', 'shop'],
      ['change', 'ConfigMap', 'web'],
      ['create', 'ConfigMap', 'new'],
      ['delete', 'StatefulSet', 'web'],
      ['delete', 'ConfigMap', 'old'],
    ]);
    expect(plan.changes[1]?.fields).toEqual([{ path: 'data.a', before: '1', after: '2' }]);
    expect(plan.changes[2]?.about).toBe('b');
    expect([summaryOf(plan), exitCodeOf(plan)]).toEqual(['1 to create, 1 to change, 2 to delete', 2]);
  });

  it('shows all as created where the namespace is not there', async () => {
    const plan = await planned({ objects: [config({}), workload(), secret({}), claim('1Gi')], empty: true });
    expect(plan.changes.map(({ action }) => action)).toEqual(['create', 'create', 'create', 'create', 'create']);
    expect(exitCodeOf(plan)).toBe(2);
  });

  it('keeps data that left the program, and calls that no change', async () => {
    const plan = await planned({ objects: [], live: [claim('1Gi')] });
    expect(plan.changes.at(-1)).toMatchObject({ action: 'keep', kind: 'PersistentVolumeClaim', name: 'data' });
    expect([summaryOf(plan), exitCodeOf(plan)]).toEqual(['1 kept', 0]);
  });

  it('deletes nothing that is left out of this run only', async () => {
    const plan = await planned({ objects: [], all: [config({})], live: [config({})] });
    expect(plan.changes.map(({ name }) => name)).toEqual(['shop']);
  });

  it('deletes nothing that a controller has made of a member', async () => {
    const made = config({}, 'made');
    const owned = { ...made, metadata: { ...made.metadata, ownerReferences: [{ controller: true }] } };
    expect((await planned({ objects: [], live: [owned] })).changes).toHaveLength(1);
  });

  it('puts an object without a namespace into the one of the app', async () => {
    const bare = { ...config({ a: '1' }), metadata: { name: 'web' } };
    expect(await changeOf('web', { objects: [bare], live: [config({ a: '1' })] })).toMatchObject({
      action: 'unchanged',
      namespace: 'shop',
    });
  });

  it('creates objects of a kind that the program itself defines', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.org' },
      spec: { group: 'example.org', names: { kind: 'Widget' } },
    };
    const widget = { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name: 'one', namespace: 'shop' } };
    expect(await changeOf('one', { objects: [definition, widget] })).toMatchObject({ action: 'create' });
    expect((await changeOf('one', { objects: [widget] })).refused).toEqual({
      message: 'the cluster knows no Widget of example.org/v1',
      remedy: 'install what defines it, or add its definition to the app',
    });
  });

  it('tells objects that only get the mark of a member from those that change', async () => {
    const marked = (labels: object | undefined) => ({
      ...config({}),
      metadata: { name: 'web', namespace: 'shop', labels },
    });
    const unmarked = { 'applyset.kubernetes.io/part-of': undefined };
    for (const labels of [unmarked, { ...unmarked, app: 'web' }]) {
      const plan = await planned({ objects: [marked({ ...labels })], live: [marked(labels)] });
      expect(plan.changes.map((change) => [change.action, joins(change)])).toEqual([
        ['unchanged', false],
        ['change', true],
      ]);
      expect([summaryOf(plan), exitCodeOf(plan)]).toEqual(["1 to mark as the app's", 2]);
    }
    expect(
      joins({ action: 'change', fields: [{ path: 'metadata.labels', after: { [PART_OF_SET]: SET.id } }] } as any),
    ).toBe(true);
  });

  it('refuses what belongs to another set, and says how it is released', async () => {
    const labels = { 'applyset.kubernetes.io/part-of': 'applyset-other-v1' };
    const others = { ...config({}), metadata: { name: 'web', namespace: 'shop', labels } };
    const { refused } = await changeOf('web', { objects: [config({})], live: [others] });
    expect(refused?.message).toBe('it belongs to another set of objects, applyset-other-v1');
    expect(refused?.remedy).toContain(
      'kubectl --context minikube -n shop label configmap web applyset.kubernetes.io/part-of-',
    );
  });

  it('says whose fields it takes over', async () => {
    const managedFields = [
      { manager: 'kubectl-edit', fieldsV1: { 'f:data': { 'f:a': {} } } },
      { manager: 'cdk8s-services', fieldsV1: { 'f:data': { 'f:b': {} } } },
    ];
    const live = { ...config({ a: '2', b: '2' }), metadata: { name: 'web', namespace: 'shop', managedFields } };
    const { warnings } = await changeOf('web', { objects: [config({ a: '1', b: '1' })], live: [live] });
    expect(warnings).toEqual(['taken over from kubectl-edit: data.a']);
  });

  it('finds the owners of elements of lists by their keys', async () => {
    const set = { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } };
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': set } } } };
    const live = workload({ image: 'nginx:hot' });
    const edited = { ...live, metadata: { ...live.metadata, managedFields: [{ manager: 'kubectl-set', fieldsV1 }] } };
    const { warnings } = await changeOf('web', { objects: [workload()], live: [edited] });
    expect(warnings).toEqual(['taken over from kubectl-set: spec.template.spec.containers[web].image']);
  });

  it('passes on what the API warns of', async () => {
    const warnings = ['would violate PodSecurity "restricted:latest"'];
    const says = { web: { warnings } };
    expect((await changeOf('web', { objects: [workload()], says })).warnings).toEqual(warnings);
    const live = [workload({ image: 'nginx:2' })];
    expect((await changeOf('web', { objects: [workload()], live, says })).warnings).toEqual(warnings);
    expect((await changeOf('web', { objects: [workload()], live: [workload()], says })).warnings).toEqual([]);
  });

  it('compares by what is written where a webhook takes no dry run', async () => {
    const says = { web: { status: 400, message: 'admission webhook "w.example.org" does not support dry run' } };
    const change = await changeOf('web', { objects: [config({ a: '2' })], live: [config({ a: '1', b: '1' })], says });
    expect(change).toMatchObject({ action: 'change', fields: [{ path: 'data.a', before: '1', after: '2' }] });
    expect(change.refused).toBeUndefined();
    expect(change.warnings[0]).toContain('not tried');
  });

  it('waits with what is in a namespace that is being deleted', async () => {
    const says = {
      web: { status: 403, message: 'unable to create new content in namespace shop because it is being terminated' },
    };
    const change = await changeOf('web', { objects: [config({})], says });
    expect(change).toMatchObject({ action: 'create', warnings: ['namespace shop is still being deleted'] });
  });

  it('makes anew what is being deleted, and all that is in such a namespace', async () => {
    const ending = (object: any) => ({
      ...object,
      metadata: { ...object.metadata, deletionTimestamp: '2026-11-21T20:00:00Z' },
    });
    const change = await changeOf('web', { objects: [config({ a: '1' })], live: [ending(config({ a: '1' }))] });
    expect(change).toMatchObject({ action: 'create', warnings: [expect.stringContaining('still being deleted')] });
    const shop = ending({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    const plan = await planned({ objects: [config({ a: '1' })], live: [shop, config({ a: '1' })] });
    expect(plan.changes.map(({ action }) => action)).toEqual(['create', 'create']);
  });

  it('is refused in a namespace of others that is being deleted', async () => {
    const labels = { [PART_OF_SET]: 'applyset-other-v1' };
    const metadata = { name: 'other', labels, deletionTimestamp: '2026-11-21T20:00:00Z' };
    const other = { ...config({ a: '1' }), metadata: { name: 'web', namespace: 'other' } };
    const live = [{ apiVersion: 'v1', kind: 'Namespace', metadata }, other];
    expect((await changeOf('web', { objects: [other], live })).refused).toEqual({
      message: 'namespace other is being terminated',
      remedy: 'wait until the namespace is gone: kubectl --context minikube get namespace other',
    });
  });

  it('has nothing to do where the API forbids to change what is as it was applied', async () => {
    const fieldsV1 = {
      'f:metadata': { 'f:labels': { [`f:${PART_OF_SET}`]: {} } },
      'f:spec': {},
      'f:data': { 'f:a': {} },
    };
    const apiVersion = 'apiextensions.k8s.io/v1';
    const record = { manager: 'cdk8s-services', operation: 'Apply', apiVersion, fieldsV1 };
    const definition = (a: string, more: object = {}) => ({
      apiVersion,
      kind: 'CustomResourceDefinition',
      metadata: { name: 'web', ...more },
      spec: { group: 'example.org', names: { kind: 'Web' } },
      data: { a },
    });
    const given = (value: string) => ({
      objects: [definition(value)],
      live: [definition('1', { managedFields: [record] })],
      says: { web: { status: 403, message: 'User "ann" cannot patch resource' } },
    });
    expect(await changeOf('web', given('1'))).toMatchObject({ action: 'unchanged', fields: [] });
    expect(await changeOf('web', given('2'))).toMatchObject({ action: 'change', refused: expect.anything() });
  });

  it('does without the kinds of no namespace that may not be listed', async () => {
    const plan = await planned({ objects: [config({ a: '1' })], live: [config({ a: '1' })], unlisted: ['namespaces'] });
    expect(plan.changes.map(({ action }) => action)).toEqual(['unchanged', 'unchanged']);
  });
});

describe('restarts', () => {
  const live = [workload(), config({ a: '1' }), secret({ key: 'YQ==' })];
  const restartsOf = async (...objects: object[]) => (await changeOf('web', { objects: [...objects], live })).restarts;

  it('are none where the template stays', async () => {
    expect(await restartsOf(workload({}, 'Deployment', { replicas: 3 }))).toBeUndefined();
  });

  it('are for an image', async () => {
    expect(await restartsOf(workload({ image: 'nginx:2' }))).toEqual(['image nginx:1 → nginx:2']);
  });

  it('are for the config and the secrets that changed, by their files', async () => {
    const objects = [
      workload({ hash: '2' }),
      { ...config({ a: '2', b: '1' }), metadata: { name: 'web', namespace: 'shop' } },
    ];
    const { changes } = await planned({ objects: [...objects, secret({ key: 'Yg==' })], live });
    expect(changes.find(({ kind }) => kind === 'Deployment')?.restarts).toEqual([
      'config web (a, b)',
      'secret keys (key)',
    ]);
  });

  it('are for other fields, by their names', async () => {
    expect(await restartsOf(workload({ command: 'sleep' }))).toEqual(['containers[web].command']);
  });

  it('are for what changed before, and the pods have not followed', async () => {
    expect(await restartsOf(workload({ hash: '2' }))).toEqual(['what it mounts']);
  });

  it('are none of what has no pods, or of what replaces none', async () => {
    const none = workload({}, 'Deployment', { replicas: 0 });
    const change = await changeOf('web', {
      objects: [{ ...none, spec: { ...workload({ image: 'nginx:2' }).spec, replicas: 0 } }],
      live: [none],
    });
    expect([change.action, change.restarts]).toEqual(['change', undefined]);

    const manual = { updateStrategy: { type: 'OnDelete' } };
    const { restarts, warnings } = await changeOf('web', {
      objects: [workload({ image: 'nginx:2' }, 'StatefulSet', manual)],
      live: [workload({}, 'StatefulSet', manual)],
    });
    expect([restarts, warnings]).toEqual([
      undefined,
      ['its pods are as they are until they are deleted, as its updateStrategy is OnDelete'],
    ]);
  });

  it('are missed where a mounted config changes and the template does not', async () => {
    const { changes } = await planned({ objects: [workload(), config({ a: '2' }), secret({ key: 'YQ==' })], live });
    const { action, warnings } = changes.find(({ kind }) => kind === 'Deployment') ?? {};
    expect([action, warnings]).toEqual([
      'unchanged',
      [
        'its pods do not restart for ConfigMap web: ' +
          'kubectl -n shop rollout restart deployment/web, if they read it only at their start',
      ],
    ]);
  });

  it('are not missed for a certificate, which is loaded as it is renewed', async () => {
    const certificate = (value: string) => secret({ 'tls.crt': value }, 'kubernetes.io/tls');
    const { changes } = await planned({
      objects: [workload(), config({ a: '1' }), certificate('Yg==')],
      live: [workload(), config({ a: '1' }), certificate('YQ==')],
    });
    expect(changes.find(({ kind }) => kind === 'Deployment')?.warnings).toEqual([]);
  });
});

describe('a refusal', () => {
  const refusals: readonly [string, object, string, string][] = [
    [
      'an immutable selector',
      workload(),
      'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
      'make it anew, its pods pause: kubectl --context minikube -n shop delete deployment web',
    ],
    [
      'a fixed field of a StatefulSet',
      workload({}, 'StatefulSet'),
      `StatefulSet.apps "web" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden`,
      'make it anew, pods and data stay, volumes as they are: kubectl --context minikube -n shop delete statefulset web --cascade=orphan',
    ],
    [
      'a volume that shrinks',
      { ...claim('1Gi'), metadata: { name: 'web', namespace: 'shop' } },
      'PersistentVolumeClaim "web" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
      'a volume never shrinks: leave its size, or restore a backup into a new claim (npm run restore)',
    ],
    [
      'a volume of another class',
      { ...claim('1Gi'), metadata: { name: 'web', namespace: 'shop' } },
      'PersistentVolumeClaim "web" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      'a claim only grows: leave it as it is, or restore a backup into a new one (npm run restore)',
    ],
    [
      'a volume that does not grow',
      { ...claim('1Gi'), metadata: { name: 'web', namespace: 'shop' } },
      'persistentvolumeclaims "web" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      'its storage class does not let volumes grow: set allowVolumeExpansion of it (kubectl --context minikube get storageclass), or leave the size',
    ],
    [
      'the template of a job',
      { ...workload({}, 'Job'), apiVersion: 'batch/v1' },
      'Job.batch "web" is invalid: spec.template: Invalid value: {"Containers":[{"Env":"hidden"}]}: field is immutable',
      'make it anew: kubectl --context minikube -n shop delete job web',
    ],
    [
      'an immutable config',
      config({}),
      'ConfigMap "web" is invalid: data: Forbidden: field is immutable when `immutable` is set',
      'give it another name, or make it anew: kubectl --context minikube -n shop delete configmap web',
    ],
    [
      'a node port that is taken',
      { ...config({}), kind: 'Service' },
      'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      'choose another nodePort than 30080; who has it: kubectl --context minikube get services -A | grep 30080',
    ],
    [
      'a quota',
      config({}),
      'configmaps "web" is forbidden: exceeded quota: share, requested: configmaps=1, used: configmaps=6, limited: configmaps=6',
      'ask for less, or raise the quota: kubectl --context minikube -n shop describe resourcequota share',
    ],
    [
      'an unknown field',
      workload(),
      'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
      'the API knows no such field: see how it is written, or to which version of the API it belongs',
    ],
    [
      'a webhook',
      config({}),
      'admission webhook "policy.example.org" denied the request: no owner label',
      'the rules of this cluster do not allow it: do as policy.example.org says',
    ],
    [
      'a webhook that is down',
      config({}),
      'Internal error occurred: failed calling webhook "policy.example.org": connect: connection refused',
      'the webhook policy.example.org does not answer: kubectl --context minikube get validatingwebhookconfigurations,mutatingwebhookconfigurations, then see to its pods',
    ],
    [
      'Pod Security',
      config({}),
      'pods "web" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
      'give the pod the security context that "restricted:latest" wants',
    ],
    [
      'a right that is missing',
      config({}),
      'configmaps "web" is forbidden: User "ann" cannot patch resource "configmaps" in API group "" in the namespace "shop"',
      'ask for the right: kubectl --context minikube -n shop auth can-i patch configmaps',
    ],
    [
      'a number that is meant as a text',
      config({}),
      'failed to create typed patch object (shop/web; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}',
      'it wants a text: put it into quotes',
    ],
    [
      'a pod that changes',
      { ...config({}), kind: 'Secret' },
      'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.tolerations`\n@@ -1,2 +1,2 @@\n "Image": "hidden",\n-"1"\n',
      'make it anew: kubectl --context minikube -n shop delete secret web',
    ],
    [
      'the value of a PriorityClass',
      config({}),
      'PriorityClass.scheduling.k8s.io "web" is invalid: value: Forbidden: may not be changed in an update.',
      'make it anew: kubectl --context minikube -n shop delete configmap web',
    ],
    [
      'a field of a StorageClass',
      config({}),
      'StorageClass.storage.k8s.io "web" is invalid: reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
      'make it anew: kubectl --context minikube -n shop delete configmap web',
    ],
    ['anything else', config({}), 'so it is', 'fix what makes the object'],
  ];

  it.each(refusals)('tells what to do: %s', async (_, object, message, remedy) => {
    const given = { objects: [object], says: { web: { status: 422, message } } };
    const { action, refused } = await changeOf('web', given);
    expect([action, refused?.remedy]).toEqual(['create', remedy]);
    expect(refused?.message).not.toMatch(/is invalid|hidden/);
  });

  it('is of a namespace that nobody has made', async () => {
    const elsewhere = { ...config({}), metadata: { name: 'web', namespace: 'other' } };
    expect((await changeOf('web', { objects: [elsewhere] })).refused).toEqual({
      message: 'namespaces "other" not found',
      remedy: 'add the namespace to the app, or: kubectl --context minikube create namespace other',
    });
  });

  it('shows what would change, hides no other change, and fails', async () => {
    const message = 'ConfigMap "web" is invalid: data: Forbidden: field is immutable when `immutable` is set';
    const plan = await planned({
      objects: [config({ a: '2' }), config({}, 'new')],
      live: [config({ a: '1' })],
      says: { web: { status: 422, message } },
    });
    expect(plan.changes[1]).toMatchObject({ action: 'change', fields: [{ path: 'data.a', before: '1', after: '2' }] });
    expect(plan.changes[2]?.action).toBe('create');
    expect([summaryOf(plan), exitCodeOf(plan)]).toEqual(['1 to create, 1 refused', 1]);
  });

  it('has no value of a Secret in it', async () => {
    const message = `.stringData.password: expected string, got &value.valueUnstructured{Value:opensesame} 'b3BlbnNlc2FtZQ=='`;
    const says = { keys: { status: 400, message } };
    const { refused } = await changeOf('keys', { objects: [secret({ password: 'b3BlbnNlc2FtZQ==' })], says });
    expect(refused?.message).not.toMatch(/opensesame|b3Blb/);
  });
});
