import { additionsTo, writerOf } from '../../../cli/cluster/managed-fields';
import type { Event, Job, KubernetesObject, Pod } from '../../../cli/cluster/object';
import { type Drift, driftLines, findDrift } from '../../../cli/status/drift';
import { type Health, healthOf } from '../../../cli/status/health';
import { isHealthy, jsonOf, type Row, reportOf, type Status } from '../../../cli/status/report';
import { restartsOf } from '../../../cli/status/restarts';
import { volumesOf } from '../../../cli/status/volumes';
import { podsOf, type Runner, runnersIn, versionOf } from '../../../cli/status/workloads';
import { cronJobsOf, ended, jobOf, secondsAgo } from '../../support/backup-cluster';
import { type Answer, refusal } from '../../support/cluster';
import { clusterWith, parentOf, SESSION, SET } from '../../support/planned';

const READY = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

function workload(kind: string, name: string, more: any = {}): any {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: `acme/${name}:1.2` }] } };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop', generation: 1, ...more.metadata },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template, ...more.spec },
    status: more.status ?? READY,
  };
}

function pod(owner: { kind: string; name: string; hash?: string }, status: object, created = 600): Pod {
  const ownerReferences = [{ apiVersion: 'apps/v1', uid: 'u', controller: true, kind: owner.kind, name: owner.name }];
  const labels = { app: 'web', ...(owner.hash && { 'pod-template-hash': owner.hash }) };
  const metadata = {
    name: `${owner.name}-x`,
    namespace: 'shop',
    uid: 'p',
    labels,
    ownerReferences,
    creationTimestamp: secondsAgo(created),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'web', image: 'acme/web:1.2' }] },
    status,
  } as Pod;
}

const OWNER = { kind: 'ReplicaSet', name: 'web-abc', hash: 'abc' };
const UNREADY = { readyReplicas: 0, availableReplicas: 0, observedGeneration: 1, replicas: 1, updatedReplicas: 1 };

function waiting(reason: string, more: object = {}): object {
  return {
    phase: 'Running',
    containerStatuses: [
      { name: 'web', image: 'acme/web:1.2', ready: false, restartCount: 4, state: { waiting: { reason } }, ...more },
    ],
  };
}

/** The health of a workload whose containers have said `said` last. */
function health(
  runner: Runner,
  around: { pods?: Pod[]; jobs?: object[]; warnings?: Event[] } = {},
  said = '',
): Promise<Health> {
  const { cluster, session } = clusterWith(...(around.pods ?? []));
  for (const pod of said === '' ? [] : (around.pods ?? [])) {
    for (const life of ['', '/previous']) {
      cluster.logs.set(`${pod.metadata.name}/web${life}`, `${said}\n`);
    }
  }
  const shell = { ...session.shell, run: async () => ({ ok: true, lines: [] }), output: async () => '{"items":[]}' };
  const { pods = [], jobs = [], warnings = [] } = around;
  return healthOf({ ...session, shell } as unknown as typeof session, runner, { pods, jobs: jobs as Job[], warnings });
}

describe('the health of a workload', () => {
  it('is ok when all its pods are new and ready', async () => {
    expect(await health(workload('Deployment', 'web'))).toEqual({ state: 'ok', ready: '1/1' });
    expect(
      await health(workload('Deployment', 'web', { spec: { replicas: 0 }, status: { observedGeneration: 1 } })),
    ).toEqual({ state: 'ok', ready: '0/0' });
  });

  it('is failing with the reason and the last words of a container that crashes', async () => {
    const dead = pod(OWNER, waiting('CrashLoopBackOff', { lastState: { terminated: { exitCode: 3 } } }));
    const found = await health(
      workload('Deployment', 'web', { status: UNREADY }),
      { pods: [dead] },
      'no such file: web.conf',
    );
    expect(found).toEqual({
      state: 'failing',
      ready: '0/1',
      reason: 'web-abc-x: CrashLoopBackOff: web ended with exit code 3, restarted 4×: no such file: web.conf',
      remedy: 'kubectl --context minikube -n shop logs web-abc-x -c web --previous',
    });
  });

  it('is failing when an image is missing, even while the old pods serve', async () => {
    const stuck = pod(OWNER, waiting('ErrImageNeverPull'), 2);
    const status = { observedGeneration: 1, replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    expect(await health(workload('Deployment', 'web', { status }), { pods: [stuck] })).toMatchObject({
      state: 'failing',
      ready: '1/1',
    });
  });

  it('is progressing while a program starts, and failing when that takes longer than a minute', async () => {
    const runs = (seconds: number) => ({
      ...waiting(''),
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: secondsAgo(seconds) }],
      containerStatuses: [{ name: 'web', image: '', ready: false, restartCount: 0, state: { running: {} } }],
    });
    const web = workload('Deployment', 'web', { status: UNREADY });
    expect(await health(web, { pods: [pod(OWNER, runs(20))] })).toMatchObject({
      state: 'progressing',
      reason: 'web-abc-x: web runs and is not ready yet',
    });
    expect((await health(web, { pods: [pod(OWNER, runs(70))] })).state).toBe('failing');
  });

  it('is known of DaemonSets, too', async () => {
    const status = {
      observedGeneration: 1,
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberReady: 2,
      numberAvailable: 2,
    };
    const [agent] = runnersIn([workload('DaemonSet', 'agent', { spec: { replicas: undefined }, status })]);
    expect(await health(agent as Runner)).toMatchObject({ state: 'progressing', ready: '2/3' });
    const [well] = runnersIn([
      workload('DaemonSet', 'agent', { status: { ...status, numberReady: 3, numberAvailable: 3 } }),
    ]);
    expect(await health(well as Runner)).toEqual({ state: 'ok', ready: '3/3' });
  });

  it('of a CronJob is that of its last job', async () => {
    const [cronJob] = cronJobsOf('shop', 'mysql') as Runner[];
    const older = jobOf('shop', 'backup-mysql', 'backup-mysql-1', { ...ended('Complete', 0) });
    const failed = jobOf('shop', 'backup-mysql', 'backup-mysql-2', ended('Failed', 5, 'BackoffLimitExceeded')) as any;
    failed.metadata.creationTimestamp = secondsAgo(5);
    expect(await health(cronJob as Runner)).toEqual({ state: 'ok' });
    expect(await health(cronJob as Runner, { jobs: [older] })).toEqual({ state: 'ok' });
    expect(await health(cronJob as Runner, { jobs: [older, failed] })).toEqual({
      state: 'failing',
      reason: 'job backup-mysql-2 failed: BackoffLimitExceeded',
      remedy: 'kubectl --context minikube -n shop logs job/backup-mysql-2 --all-containers',
    });
  });

  it('of a job is its end', async () => {
    expect((await health(jobOf('shop', 'none', 'once') as Runner)).state).toBe('progressing');
    expect((await health(jobOf('shop', 'none', 'once', ended('Complete', 1)) as Runner)).state).toBe('ok');
    expect((await health(jobOf('shop', 'none', 'once', ended('Failed', 1)) as Runner)).state).toBe('failing');
  });
});

describe('a workload', () => {
  it('has the pods that it owns, whatever their labels are', () => {
    const own = pod(OWNER, {});
    const others = [
      pod({ kind: 'ReplicaSet', name: 'web-2-abc', hash: 'abc' }, {}),
      pod({ kind: 'StatefulSet', name: 'web' }, {}),
    ];
    expect(podsOf(workload('Deployment', 'web'), [own, ...others])).toEqual([own]);
    expect(podsOf(workload('StatefulSet', 'web'), [own, ...others])).toEqual([others[1]]);
  });

  it.each([
    ['acme/web:1.2', '1.2'],
    ['registry:5000/acme/web', 'latest'],
    [`registry:5000/acme/web:1.2@sha256:${'0123456789abcdef'.repeat(4)}`, '1.2'],
    [`acme/web@sha256:${'0123456789abcdef'.repeat(4)}`, '0123456789ab'],
  ])('with the image %s has the version %s', (image, version) => {
    const template = { spec: { containers: [{ name: 'web', image }] } };
    expect(versionOf(workload('Deployment', 'web', { spec: { template } }))).toBe(version);
  });

  it('has the version of its label, where it has one', () => {
    expect(
      versionOf(workload('Deployment', 'web', { metadata: { labels: { 'app.kubernetes.io/version': '7' } } })),
    ).toBe('7');
  });

  it('says how often its containers ended, and why the last time', () => {
    const lastState = (finishedAt: string, more: object) => ({
      lastState: { terminated: { exitCode: 1, finishedAt, ...more } },
    });
    const pods = [
      pod(OWNER, waiting('', { ...lastState('2026-11-21T10:00:00Z', {}) })),
      pod(OWNER, waiting('', { ...lastState('2026-11-21T11:00:00Z', { reason: 'OOMKilled', exitCode: 137 }) })),
    ];
    expect(restartsOf(pods)).toEqual({ count: 8, reason: 'out of memory', when: '2026-11-21T11:00:00Z' });
    expect(restartsOf([])).toEqual({ count: 0 });
  });

  it('has the volumes that it declares, and those that a StatefulSet made for it', () => {
    const claim = (
      name: string,
      namespace = 'shop',
      status: object = { phase: 'Bound', capacity: { storage: '5Gi' } },
    ): any => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace },
      spec: { storageClassName: 'standard', resources: { requests: { storage: '4Gi' } } },
      status,
    });
    const mysql = workload('StatefulSet', 'mysql', {
      spec: { volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
    });
    const claims = [
      claim('uploads', 'shop', { phase: 'Pending' }),
      claim('data-mysql-0'),
      claim('data-mysql-0', 'far'),
      claim('data-mysql-2-0'),
      claim('other'),
    ];
    expect(volumesOf(claims, [claim('uploads'), mysql])).toEqual([
      { claim: 'uploads', namespace: 'shop', size: '4Gi', state: 'Pending', storageClass: 'standard' },
      { claim: 'data-mysql-0', namespace: 'shop', size: '5Gi', state: 'Bound', storageClass: 'standard' },
    ]);
  });
});

const US = 'cdk8s-services';

/** An object with what each manager wrote. */
function managed(...managedFields: object[]): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', managedFields } };
}

function template(fields: object): object {
  return {
    'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, ...fields } } } } },
  };
}

describe('who changed a field', () => {
  const IMAGE = 'spec.template.spec.containers[web].image';

  it('is who wrote it last, and not us', () => {
    const object = managed(
      { manager: US, time: '2026-11-21T12:00:00Z', fieldsV1: template({ 'f:image': {} }) },
      { manager: 'kubectl-edit', time: '2026-11-21T10:00:00Z', fieldsV1: template({ 'f:image': {} }) },
      { manager: 'kubectl-set', time: '2026-11-21T11:00:00Z', fieldsV1: template({ 'f:image': {} }) },
      { manager: 'kubectl-label', time: '2026-11-21T13:00:00Z', fieldsV1: { 'f:metadata': {} } },
    );
    expect(writerOf(object, IMAGE)).toEqual({ by: 'kubectl-set', when: '2026-11-21T11:00:00Z' });
    expect(writerOf(object, 'spec.template.spec.containers[other].image')).toBeUndefined();
  });

  it.each([
    ['data[nginx.conf]', { 'f:data': { 'f:nginx.conf': {} } }],
    ['metadata.annotations[acme.org/team]', { 'f:metadata': { 'f:annotations': { 'f:acme.org/team': {} } } }],
    ['metadata.finalizers[acme.org/keep]', { 'f:metadata': { 'f:finalizers': { 'v:"acme.org/keep"': {} } } }],
    [
      'spec.ports[80].nodePort',
      { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:nodePort': {} } } } },
    ],
    ['spec.whole[0].part', { 'f:spec': { 'f:whole': {} } }],
  ])('is found at %s', (path, fieldsV1) => {
    expect(writerOf(managed({ manager: 'kubectl-edit', fieldsV1 }), path)?.by).toBe('kubectl-edit');
  });

  it('is told of what was added by hand, and not of what controllers add', () => {
    const object = managed(
      { manager: US, fieldsV1: template({ 'f:image': {} }) },
      {
        manager: 'kubectl-set',
        time: 'then',
        fieldsV1: template({ 'f:image': {}, 'f:env': { 'k:{"name":"DEBUG"}': {} } }),
      },
      { manager: 'kube-controller-manager', fieldsV1: template({ 'f:resources': {} }) },
      { manager: 'kubectl', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    );
    expect(additionsTo(object, [])).toEqual([
      { path: 'spec.template.spec.containers[web].env', by: 'kubectl-set', when: 'then' },
    ]);
  });

  it("takes a restart, and kubectl's own notes, for no addition", () => {
    const annotations = { 'f:annotations': { 'f:kubectl.kubernetes.io/restartedAt': {}, '.': {} } };
    const object = managed(
      { manager: 'kubectl-rollout', fieldsV1: { 'f:spec': { 'f:template': { 'f:metadata': annotations } } } },
      {
        manager: 'kubectl-client-side-apply',
        fieldsV1: { 'f:metadata': { 'f:annotations': { 'f:kubectl.kubernetes.io/last-applied-configuration': {} } } },
      },
      { manager: US, fieldsV1: { 'f:spec': { 'f:template': {} } } },
    );
    expect(additionsTo(object, [])).toEqual([]);
  });

  it('tells additions beside a field that changed, and that field but once', () => {
    const object = managed(
      { manager: US, fieldsV1: {} },
      { manager: 'kubectl-patch', fieldsV1: { 'f:data': { 'f:old.conf': {}, 'f:more.conf': {} } } },
    );
    expect(additionsTo(object, ['data[old.conf]']).map(({ path }) => path)).toEqual(['data[more.conf]']);
  });
});

describe('drift', () => {
  const config = (data: object): any => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web', namespace: 'shop' },
    data,
  });
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } };
  const outline: any = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'web', namespace: 'shop' },
    keys: ['password', 'token'],
  };
  const secret = (data: object): any => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'web', namespace: 'shop' },
    data,
  });

  const FORBIDDEN = refusal(403, 'Forbidden', 'configmaps "web" is forbidden: User "ann" cannot patch resource');

  async function driftOf(revision: readonly any[], live: readonly any[], says?: Answer): Promise<string[]> {
    const labels = { 'applyset.kubernetes.io/part-of': SET.id };
    const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    const members = live.map((object) => ({ ...object, metadata: { ...object.metadata, labels } }));
    const parent = parentOf(members);
    const { cluster, session } = clusterWith(shop, parent, ...members);
    cluster.answers(({ method }) => (method === 'PATCH' ? says : undefined));
    const byKey = new Map(members.map((object) => [`${object.kind}/shop/${object.metadata.name}`, object]));
    const found = await findDrift(session, SET, revision, { members: byKey, parent, hidden: [] });
    return found.flatMap((one) => driftLines(one, 'shop')).map((line) => line.trim());
  }

  it('is none where all is as it was applied', async () => {
    expect(
      await driftOf(
        [config({ a: '1' }), service, outline],
        [config({ a: '1' }), service, secret({ password: '', token: '' })],
      ),
    ).toEqual([]);
  });

  it('names what changed, what is gone and what came', async () => {
    const other = { ...service, metadata: { name: 'other', namespace: 'shop' } };
    expect(await driftOf([config({ a: '1' }), service], [config({ a: '2' }), other])).toEqual([
      'ConfigMap web: data.a is 2, applied was 1',
      'Service web is gone',
      'Service other is there, and was not applied last',
    ]);
  });

  it('tells what is being deleted from what is gone', async () => {
    const ending = { ...service, metadata: { ...service.metadata, deletionTimestamp: '2026-11-21T20:00:00Z' } };
    expect(await driftOf([service], [ending])).toEqual(['Service web is being deleted']);
  });

  it('shows the lines of a text that differ, as they came to be', async () => {
    const lines = await driftOf([config({ 'nginx.conf': 'a;\nb;\n' })], [config({ 'nginx.conf': 'a;\nc;\n' })]);
    expect(lines).toEqual(['ConfigMap web: data[nginx.conf] is another text', '@@ -1,2 +1,2 @@', 'a;', '-b;', '+c;']);
  });

  it('is not known to those who may not try an apply', async () => {
    const drift = driftOf([config({ a: '1' })], [config({ a: '2' })], FORBIDDEN);
    await expect(drift).rejects.toThrow('you may not ask what an apply would change');
  });

  it('knows of Secrets what is gone, and of those that came later that they stay', async () => {
    expect(await driftOf([outline], [])).toEqual(['Secret web is gone']);
    expect(await driftOf([outline], [secret({ token: '' })])).toEqual(['Secret web: data[password] is gone']);
    expect(await driftOf([], [secret({ token: '' })])).toEqual([]);
  });
});

describe('the report', () => {
  const row = (more: Partial<Row> = {}): Row => ({
    service: 'web',
    kind: 'Deployment',
    name: 'web',
    namespace: 'shop',
    health: { state: 'ok', ready: '1/1' },
    created: secondsAgo(7200),
    version: '1.2',
    restarts: { count: 0 },
    addresses: [],
    ...more,
  });
  const revision = { number: 3, when: secondsAgo(300), who: 'ann@laptop', command: 'up' } as Status['revision'];
  const status = (more: Partial<Status> = {}): Status => ({
    name: 'shop',
    namespace: 'shop',
    revision,
    rows: [row()],
    drift: [],
    volumes: [],
    ...more,
  });

  it('is a table, then what is wrong, then the volumes', () => {
    const drift: Drift[] = [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: 'web',
        namespace: 'shop',
        state: 'changed',
        fields: [{ path: 'spec.replicas', applied: 1, live: 2, by: 'kubectl', when: secondsAgo(120) }],
      },
      { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'shop', state: 'gone', fields: [] },
    ];
    const report = reportOf(
      SESSION,
      status({
        drift,
        rows: [
          row({
            service: 'db',
            kind: 'StatefulSet',
            name: 'db',
            health: { state: 'failing', ready: '0/1', reason: 'db-0: CrashLoopBackOff', remedy: 'kubectl logs db-0' },
            restarts: { count: 4, reason: 'out of memory', when: secondsAgo(180) },
          }),
          row({
            addresses: [
              { service: 'web', url: 'https://web.example/', answer: { ok: true, text: 'HTTPS 200' } },
              { service: 'web', pending: 'http://…/' },
            ],
          }),
          row({ kind: 'CronJob', name: 'tidy', health: { state: 'ok' } }),
        ],
        volumes: [{ claim: 'data-db-0', namespace: 'shop', size: '5Gi', state: 'Bound', storageClass: 'standard' }],
      }),
    );
    expect(report).toMatchInlineSnapshot(`
"shop in namespace shop: revision 3, applied 5 min ago by ann@laptop with 'up'

service  workload        ready  health   age  version  restarts                     url                   answers
db       statefulset/db  0/1    failing  2 h  1.2      4: out of memory, 3 min ago
web      deployment/web  1/1    ok       2 h  1.2      0                            https://web.example/  ok  HTTPS 200
                                                                                    http://…/             --  no load balancer yet
         cronjob/tidy    -      ok       2 h  1.2      0

statefulset/db is failing: db-0: CrashLoopBackOff
  next: kubectl logs db-0

not as revision 3 says:
  Deployment web: spec.replicas is 2, applied was 1 (by kubectl, 2 min ago)
  Service web is gone
to have it as it was applied: npm run rollback -- 3

volume     size  state  class
data-db-0  5Gi   bound  standard"
`);
  });

  it('has no empty columns, and the namespaces where there are several', () => {
    const [, , head] = reportOf(SESSION, status({ rows: [row(), row({ namespace: 'far' })] })).split('\n');
    expect(head?.split(/ +/)).toEqual([
      'namespace',
      'service',
      'workload',
      'ready',
      'health',
      'age',
      'version',
      'restarts',
    ]);
  });

  it('says why drift is not known', () => {
    const drift = Object.assign(
      new (jest.requireActual('../../../cli/terminal/failure').Failure)({ cause: 'you may not', next: '' }),
    );
    expect(reportOf(SESSION, status({ drift }))).toContain(
      '\n\nwhether it is as it was applied is not known: you may not',
    );
    expect(jsonOf(status({ drift }))).toMatchObject({ unknownDrift: 'you may not' });
  });

  it('is of health only if every workload is well; drift is none of it', () => {
    expect(
      isHealthy(status({ drift: [{ apiVersion: 'v1', kind: 'Service', name: 'web', state: 'gone', fields: [] }] })),
    ).toBe(true);
    expect(isHealthy(status({ rows: [row(), row({ health: { state: 'progressing' } })] }))).toBe(false);
  });

  it('in JSON has the same', () => {
    expect(jsonOf(status())).toMatchObject({
      name: 'shop',
      revision: 3,
      healthy: true,
      workloads: [{ service: 'web', state: 'ok', ready: '1/1' }],
      drift: [],
    });
  });
});
