import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppSet } from '../../cli/app/app-set';
import type { KubernetesObject } from '../../cli/cluster/object';
import { type Parent, parentWith } from '../../cli/inventory/parent';
import { Proxies } from '../../cli/machine/proxy';
import type { Session } from '../../cli/machine/session';
import type { Change, Plan } from '../../cli/plan/change';
import { planOf } from '../../cli/plan/plan';
import { Invocation } from '../../cli/terminal/invocation';
import { Cluster, forbidden, refusal } from './cluster';

const NAMESPACE: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
export const SET = setIn('shop');

/** The set of the app 'shop' in a namespace. */
export function setIn(namespace: string): AppSet {
  const parent = 'cdk8s-services.shop';
  const id = `applyset-${createHash('sha256').update(`${parent}.${namespace}.ConfigMap.`).digest('base64url')}-v1`;
  return { name: 'shop', namespace, id, parent, fallback: namespace };
}

export interface Refused {
  readonly [name: string]: {
    readonly status?: number;
    readonly message?: string;
    readonly warnings?: readonly string[];
  };
}

export interface Given {
  /** What the program writes. */
  readonly objects: readonly object[];
  /** What the cluster has, besides the namespace; members unless they carry the label of another set. */
  readonly live?: readonly object[];
  readonly all?: readonly object[];
  /** What the API says of the dry run of an object, by its name. */
  readonly says?: Refused;
  /** Resources that may not be listed, as if they were in no namespace. */
  readonly unlisted?: readonly string[];
  /** Whether the namespace is there. */
  readonly empty?: boolean;
}

const { signal } = new AbortController();
const invocation = Invocation.of(['node', '/cli.js', 'plan'], { npm_lifecycle_event: 'plan' }, '/');
const folder = mkdtempSync(join(tmpdir(), 'cli-cluster-'));
const clusters: Cluster[] = [];

afterAll(() => {
  for (const cluster of clusters) {
    cluster.close();
  }
  rmSync(folder, { recursive: true });
});

/** A cluster with these objects, and a run that asks it. */
export function clusterWith(...objects: readonly object[]): { readonly cluster: Cluster; readonly session: Session } {
  const cluster = new Cluster(join(folder, `${clusters.length}`));
  clusters.push(cluster);
  cluster.has(...objects);
  const proxies = new Proxies();
  jest.spyOn(proxies.of('minikube'), 'place').mockResolvedValue({ socketPath: cluster.socket });
  return { cluster, session: { ...SESSION, proxies } };
}

export const SESSION: Session = {
  // no process is started
  shell: { until: (promise: Promise<unknown>) => promise, sleep: async () => {} } as unknown as Session['shell'],
  signal,
  folder: '/',
  profile: 'minikube',
  proxies: new Proxies(),
  invocation,
  again: 'npm run plan',
};

/** What stands for a set with these objects. */
export function parentOf(objects: readonly object[], set = SET): Parent {
  return parentWith(set, objects as KubernetesObject[]);
}

/** A plan against a cluster of objects in memory. */
export function planned({ objects, live = [], all, says = {}, unlisted = [], empty = false }: Given): Promise<Plan> {
  const members = (empty ? [] : [NAMESPACE, ...live]).map((object) => member(object as KubernetesObject));
  const { cluster, session } = clusterWith(...members, ...(empty ? [] : [parentOf(members)]));
  cluster.answers(({ method, path, query, body }) => {
    const { status = 200, message, warnings = [] } = (method === 'PATCH' && says[body.metadata.name]) || {};
    if (message !== undefined) {
      return { ...refusal(status, '', message), warnings };
    }
    const resource = path.split('/').at(-1) ?? '';
    if (unlisted.includes(resource) && query.has('labelSelector')) {
      return forbidden(resource);
    }
    return warnings.length > 0 ? { ...cluster.answer({ method, path, query, body }), warnings } : undefined;
  });
  const wanted = { objects: [NAMESPACE, ...objects] as KubernetesObject[], all: all as KubernetesObject[] };
  return planOf(session, SET, wanted);
}

/** The same, of one object. */
export async function changeOf(name: string, given: Given): Promise<Change> {
  const change = (await planned(given)).changes.find((change) => change.name === name);
  if (!change) {
    throw new Error(`the plan has no ${name}`);
  }
  return change;
}

function member(object: KubernetesObject): KubernetesObject {
  const labels = { 'applyset.kubernetes.io/part-of': SET.id, ...object.metadata.labels };
  return { ...object, metadata: { ...object.metadata, labels } };
}
