import { isKind, isNamespaced, isOfCluster, type Kind, kindOf } from '../../constructs/manifest/kinds';
import type { KubernetesObject } from './object';

/** When an object is applied. What is deleted goes the other way. */
export enum Stage {
  NAMESPACES,
  DEFINITIONS,
  /** Configuration and storage. */
  CONFIG,
  DATABASES,
  REST,
  /** What the API asks before it takes anything else. */
  HOOKS,
}

/** What is there before the pods that use it, in an order in which nothing is refused for lack of another. */
const CONFIG: readonly Kind[] = [
  'PriorityClass',
  'StorageClass',
  'IngressClass',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'Service',
];

/** What wants pods, and after it what is useless without them. */
const REST: readonly Kind[] = [
  'DaemonSet',
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
  'Ingress',
  'HTTPRoute',
  'GRPCRoute',
  'TCPRoute',
  'TLSRoute',
  'UDPRoute',
];

/** Whose deletion takes data, or the objects of others, with it. */
const DATA = ['PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition'] as const;

export function stageOf(object: KubernetesObject): Stage {
  const kind = kindOf(object);
  switch (kind) {
    case 'Namespace':
      return Stage.NAMESPACES;
    case 'CustomResourceDefinition':
      return Stage.DEFINITIONS;
    case 'StatefulSet':
      return Stage.DATABASES;
    case 'APIService':
    case 'ValidatingWebhookConfiguration':
    case 'MutatingWebhookConfiguration':
      return Stage.HOOKS;
    case undefined:
      return Stage.CONFIG;
    default:
      return REST.includes(kind) ? Stage.REST : Stage.CONFIG;
  }
}

/** In the order in which objects are applied; those of one kind as they come. */
export function inOrder<T extends KubernetesObject>(objects: readonly T[]): T[] {
  return objects
    .map((object) => ({ object, stage: stageOf(object), rank: rank(object) }))
    .sort((a, b) => a.stage - b.stage || a.rank - b.rank)
    .map(({ object }) => object);
}

/** Kinds that are not known here, such as those that the program defines, come last of their stage. */
function rank(object: KubernetesObject): number {
  const kinds: readonly (Kind | undefined)[] = stageOf(object) === Stage.REST ? REST : CONFIG;
  const found = kinds.indexOf(kindOf(object));
  return found === -1 ? kinds.length : found;
}

/** Whether it is deleted only by those who ask for the deletion of data. */
export function isData(object: KubernetesObject): boolean {
  return isKind(object, ...DATA);
}

/** Objects with the namespace in which they will be: the context's where they leave it to that, none where their kind has none. */
export function inNamespaces(objects: readonly KubernetesObject[], fallback: string): KubernetesObject[] {
  return objects.map((object) => {
    const { namespace, ...metadata } = object.metadata;
    if (namespace !== undefined && isOfCluster(object)) {
      return { ...object, metadata };
    }
    return namespace === undefined && isNamespaced(object)
      ? { ...object, metadata: { ...object.metadata, namespace: fallback } }
      : object;
  });
}
