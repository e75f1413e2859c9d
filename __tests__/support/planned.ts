import type { Answer, Api } from '../../cli/cluster/api';
import type { KubernetesObject } from '../../cli/cluster/object';
import { Resources } from '../../cli/cluster/resources';
import type { Session } from '../../cli/machine/session';
import type { Change, Plan } from '../../cli/plan/change';
import { planWith } from '../../cli/plan/plan';
import { Invocation } from '../../cli/terminal/invocation';
import { answer, setOf } from './api';

const NAMESPACE: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const KINDS = ['ConfigMap', 'Secret', 'Service', 'PersistentVolumeClaim', 'Namespace'];
const OTHERS = ['Deployment.apps', 'StatefulSet.apps', 'DaemonSet.apps', 'Job.batch', 'CronJob.batch'];
export const SET = setOf('shop', 'shop', [...KINDS, ...OTHERS]);

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
export const SESSION: Session = {
  // no process is started
  shell: {} as Session['shell'],
  signal,
  folder: '/',
  profile: 'minikube',
  invocation,
  again: 'npm run plan',
};

/** A plan against a cluster of objects in memory. */
export function planned({ objects, live = [], all, says = {}, unlisted = [], empty = false }: Given): Promise<Plan> {
  const members = (empty ? [] : [NAMESPACE, ...live]).map((object) => member(object as KubernetesObject));
  const there = empty ? [] : [...members, SET.parent];
  const api: Api = {
    get: async (path) => {
      const found = answer(there, 'GET', path) as Answer;
      const [, resource = ''] = /\/(\w+)\?labelSelector/.exec(path) ?? [];
      return unlisted.includes(resource) ? { ...found, status: 403, body: { message: 'no' } } : found;
    },
    dryRun: async (path, object) => {
      const { status = 200, message, warnings = [] } = says[object.metadata.name] ?? {};
      const found = answer(there, 'PATCH', path, object) as Answer;
      return message === undefined ? { ...found, warnings } : { status, body: { message }, warnings };
    },
  };
  const set = { name: 'shop', namespace: 'shop', id: SET.id, parent: 'cdk8s-services.shop', fallback: 'shop' };
  const wanted = { objects: [NAMESPACE, ...objects] as KubernetesObject[], all: all as KubernetesObject[] };
  return planWith(SESSION, set, wanted, { api, resources: new Resources(api) });
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
