import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { podsOf, programOf } from '../../cli/app/objects';
import { workloadsOf } from '../../cli/app/selection';
import { inNamespaces, isData, Stage, stageOf } from '../../cli/cluster/kinds';
import { called } from '../../cli/cluster/object';
import { remedyOf } from '../../cli/cluster/remedies';
import { graphOf } from '../../cli/graph/derive';
import { claimsOf } from '../../cli/inventory/claims';
import { inUse } from '../../cli/inventory/in-use';
import { readLive } from '../../cli/inventory/live';
import { isCopy } from '../../cli/inventory/members';
import { recorded } from '../../cli/inventory/record';
import type { Session } from '../../cli/machine/session';
import { routesOf } from '../../cli/open/routes';
import { aboutOf } from '../../cli/plan/about';
import { isRolling } from '../../cli/plan/restarts';
import { checkSecrets } from '../../cli/rollback/secrets';
import { synthesized } from '../../cli/services/services';
import { summary } from '../../cli/services/summary';
import { runnersIn } from '../../cli/status/workloads';
import { SynthesizedApp } from '../../constructs/manifest/app';
import {
  GROUP_KINDS,
  isKind,
  isNamespaced,
  isOfCluster,
  type Kind,
  kindOf,
  shownKind,
} from '../../constructs/manifest/kinds';
import { objectsIn } from '../../constructs/manifest/objects';
import { check } from '../../constructs/policy/check';
import { clusterWith, parentOf, SET } from '../support/planned';
import { READY, SCRIPTS, SHOP, stage, WEB } from '../support/stage';
import { typed } from '../support/typed';

jest.setTimeout(120_000);

const GROUP = 'other.example.com';
const known = [...new Set(GROUP_KINDS.map((one) => one.split('.')[0] as Kind))];

/** What would be taken for any of Kubernetes' kinds, by its fields. */
const like = (kind: string): any => ({
  apiVersion: `${GROUP}/v1`,
  kind,
  metadata: { name: `my-${kind.toLowerCase()}`, namespace: 'shop', labels: { 'app.kubernetes.io/instance': kind } },
  type: 'Opaque',
  data: { password: 'c2VjcmV0' },
  roleRef: { name: 'cluster-admin' },
  rules: [{ resources: ['*'], verbs: ['*'] }],
  spec: {
    replicas: 3,
    schedule: '* * * * *',
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    type: 'LoadBalancer',
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    volumeClaimTemplates: [{ metadata: { name: 'data' } }],
    containers: [{ name: 'web', image: 'web:latest', securityContext: { privileged: true } }],
    secretName: 'web',
  },
});

/** No process is started, and no cluster asked. */
const SESSION = {
  profile: 'minikube',
  proxies: { of: () => ({ place: () => fail() }) },
  shell: { run: () => fail(), output: () => fail() },
} as unknown as Session;
function fail(): never {
  throw new Error('the cluster is asked');
}

describe('a kind of Kubernetes', () => {
  it('is known by its group and its name', () => {
    expect(kindOf({ apiVersion: 'apps/v1', kind: 'StatefulSet' })).toBe('StatefulSet');
    expect(kindOf({ apiVersion: 'apps/v1beta2', kind: 'StatefulSet' })).toBe('StatefulSet');
    expect(kindOf({ apiVersion: 'v1', kind: 'StatefulSet' })).toBeUndefined();
    expect(kindOf({ apiVersion: 'apps.kruise.io/v1beta1', kind: 'StatefulSet' })).toBeUndefined();
    expect(isKind({ apiVersion: 'events.k8s.io/v1', kind: 'Event' }, 'Event')).toBe(true);
  });

  it('is shown with its group where it is another one of that name', () => {
    expect(shownKind({ apiVersion: 'apps/v1', kind: 'StatefulSet' })).toBe('StatefulSet');
    expect(shownKind({ apiVersion: 'apps.kruise.io/v1beta1', kind: 'StatefulSet' })).toBe('StatefulSet.apps.kruise.io');
    expect(shownKind({ apiVersion: 'apps.kruise.io/v1alpha1', kind: 'CloneSet' })).toBe('CloneSet');
    expect(shownKind({ apiVersion: 'v1', kind: 'StatefulSet' })).toBe('StatefulSet');
  });
});

describe.each(known)("another group's %s", (kind) => {
  const object = like(kind);
  const [written] = objectsIn([object]) as [ReturnType<typeof objectsIn>[number]];

  it('is of no kind that is known', () => {
    expect(kindOf(object)).toBeUndefined();
    expect([isNamespaced(object), isOfCluster(object)]).toEqual([false, false]);
    expect(called(object)).toBe(`${kind}.${GROUP} my-${kind.toLowerCase()}`);
  });

  it('is applied after its definition and before what runs, keeps its namespace, and is no data', () => {
    expect(stageOf(object)).toBe(Stage.CONFIG);
    expect(inNamespaces([object], 'other')).toEqual([object]);
    expect(isData(object)).toBe(false);
    expect(inUse([object], [object])).toEqual([]);
  });

  it('is not waited for, runs nothing, and makes no claims', async () => {
    expect(workloadsOf([object])).toEqual([]);
    expect(runnersIn([object])).toEqual([]);
    expect(isRolling(object)).toBe(false);
    expect(await claimsOf(SESSION, [object])).toEqual([]);
    expect(podsOf(programOf([object], 'shop'))).toEqual([]);
  });

  it('is described as nothing, and kept whole in a revision', async () => {
    expect(aboutOf(object)).toBeUndefined();
    expect(recorded([object])).toEqual([object]);
    await checkSecrets(SESSION, [object], 'shop');
  });

  it('is nobody that is entered or opened', () => {
    const made = stage();
    writeFileSync(join(made.folder, 'cdk8s.yaml'), 'app: "true"\noutput: .\n');
    writeFileSync(join(made.folder, 'web.yaml'), `---\n${JSON.stringify(object)}\n`);
    expect(synthesized(made.folder, known)).toEqual([]);
    expect(routesOf([object], typed({ kind: 'Service', metadata: { name: 'web', namespace: 'shop' } }) as any)).toEqual(
      [],
    );
    expect(summary([], [object], 'minikube', true)).not.toContain('credentials');
    expect(isCopy(object, new Map())).toBe(false);
  });

  it('is not in the graph', () => {
    const { nodes, edges } = graphOf([{ file: 'web.yaml', objects: [object, WEB] }], {});
    expect(nodes.map(({ name }) => name)).toEqual(['web']);
    expect(edges).toEqual([]);
  });

  it('breaks no rule of the policy', () => {
    const app = new SynthesizedApp([written]);
    expect(app.pods).toEqual([]);
    expect(app.ofKind(kind)).toEqual([]);
    expect(app.replicas(written)).toBeUndefined();
    expect(check(app).violations).toEqual([]);
  });
});

describe('an app with the kinds of others', () => {
  const objects = known.map(like);
  const kubectl = `case "$*" in *' version '*) echo '{}' ;; *) ${SCRIPTS.kubectl} ;; esac`;
  const made = stage({ kubectl });
  beforeAll(() => {
    made.has(SHOP, { ...WEB, status: READY });
    made.api.knows(...objects);
    writeFileSync(
      join(made.folder, 'web.yaml'),
      [...objects, SHOP, WEB].map((one) => JSON.stringify(one)).join('\n---\n'),
    );
  });

  it('is brought up, and only what is Kubernetes’ own is waited for', async () => {
    const { code, stdout, stderr } = await made.run('up');
    expect([code, stderr]).toEqual([0, '']);
    expect(made.cluster().filter(({ apiVersion }) => apiVersion === `${GROUP}/v1`)).toHaveLength(known.length);
    expect(stdout).toMatch(/app 'shop' in namespace shop/);
    expect(stdout).not.toMatch(/enable ingress|credentials of/);
    expect(made.calls('minikube')).not.toContain('addons');
  });

  it('has a plan, a status, a graph, a history, a doctor and an end that read them as they are', async () => {
    const plan = await made.run('plan');
    expect([plan.code, plan.stderr, plan.stdout]).toEqual([0, '', expect.stringContaining('nothing to do')]);
    const status = await made.run('status', '-o', 'json', '--no-probe');
    expect(status.stderr).toBe('');
    expect(JSON.parse(status.stdout)).toMatchObject({ drift: [], workloads: [{ name: 'web' }] });
    const graph = await made.run('graph');
    expect(graph.stdout).not.toContain('my-');
    const history = await made.run('history');
    expect([history.code, history.stderr]).toEqual([0, '']);
    const doctor = await made.run('doctor', 'workloads', 'references', 'selectors', 'room', '-o', 'json');
    expect(doctor.stdout).not.toContain('my-');
    const logs = await made.run('logs', 'StatefulSet');
    expect(logs.stderr).toContain("'StatefulSet' is no service");
    const shell = await made.run('shell', 'StatefulSet');
    expect(shell.stderr).toContain("'StatefulSet' is no service");
    const down = await made.run('down', '--yes');
    expect([down.code, down.stderr]).toEqual([0, '']);
    expect(made.cluster().filter(({ apiVersion }) => apiVersion === `${GROUP}/v1`)).toEqual([]);
    expect(made.cluster().map(({ kind }) => kind)).toContain('Namespace');
  });
});

describe('a kind that nobody defines', () => {
  it.each([
    [
      'unable to recognize: no matches for kind "Service" in version "serving.knative.dev/v1"',
      'Service.serving.knative.dev',
    ],
    ['no matches for kind "Widget" in version "example.org/v1"', 'Widget'],
    ['no matches for kind "Deployment" in version "apps/v1beta1"', 'Deployment'],
    ['no matches for kind "Widget"', 'Widget'],
  ])('is named so that it is no other: %s', (message, name) => {
    expect(remedyOf(SESSION, undefined, message)).toBe(
      `install what defines ${name}, or add its definition to the app`,
    );
  });
});

describe('the members of a set', () => {
  it('are listed though a kind of theirs is gone that has the name of one of Kubernetes', async () => {
    const parent = parentOf([SHOP, { ...SHOP, apiVersion: `${GROUP}/v1` }, WEB]);
    const labels = { 'applyset.kubernetes.io/part-of': SET.id };
    const { session } = clusterWith({ ...SHOP, metadata: { ...SHOP.metadata, labels } }, parent);
    const { members, hidden } = await readLive(session, SET);
    expect([...members.keys()]).toEqual(['Namespace//shop']);
    expect(hidden).toEqual([]);
  });
});

describe('the sources', () => {
  const root = join(__dirname, '..', '..');
  const files = ['cli', 'constructs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      // a value of a Secret has a kind of its own
      .filter((file) => file.endsWith('.ts') && !/(kinds|(generated|placeholder)-values)\.ts$/.test(file))
      .map((file) => join(folder, file)),
  );

  it.each(files)('of %s ask no object for the name of its kind alone', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text).not.toMatch(
      /\.kind [!=]== '|includes\(\w+\.kind\)|switch \(\w+\.kind\)|kind \}\) => (?:kind [!=]==|\w+\.includes)/,
    );
  });
});
