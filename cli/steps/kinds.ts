import { groupKindOf, groupOf, type KubernetesObject } from '../kubernetes';

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
const CONFIG = [
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
const REST = [
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

const HOOKS = ['APIService', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'];

/** Kinds of Kubernetes' own API groups that are in no namespace. */
const CLUSTER = new Set([
  'APIService',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterTrustBundle',
  'CSIDriver',
  'CSINode',
  'CustomResourceDefinition',
  'DeviceClass',
  'FlowSchema',
  'GatewayClass',
  'IngressClass',
  'IPAddress',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'ResourceSlice',
  'RuntimeClass',
  'ServiceCIDR',
  'StorageClass',
  'StorageVersionMigration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
  'VolumeAttributesClass',
  'VolumeSnapshotClass',
  'VolumeSnapshotContent',
]);

/** Whose deletion takes data, or the objects of others, with it. */
const DATA = new Set([
  'PersistentVolumeClaim',
  'PersistentVolume',
  'Namespace',
  'CustomResourceDefinition.apiextensions.k8s.io',
]);

export function stageOf(object: KubernetesObject): Stage {
  if (object.kind === 'Namespace') {
    return Stage.NAMESPACES;
  }
  if (object.kind === 'CustomResourceDefinition') {
    return Stage.DEFINITIONS;
  }
  if (object.kind === 'StatefulSet') {
    return Stage.DATABASES;
  }
  if (HOOKS.includes(object.kind)) {
    return Stage.HOOKS;
  }
  return REST.includes(object.kind) ? Stage.REST : Stage.CONFIG;
}

/** In the order in which objects are applied; those of one kind as they come. */
export function inOrder<T extends KubernetesObject>(objects: readonly T[]): T[] {
  return [...objects].sort((a, b) => stageOf(a) - stageOf(b) || rank(a) - rank(b));
}

/** Kinds that are not known here, such as those that the program defines, come last of their stage. */
function rank(object: KubernetesObject): number {
  const kinds = stageOf(object) === Stage.REST ? REST : CONFIG;
  const found = kinds.indexOf(object.kind);
  return found === -1 ? kinds.length : found;
}

/** Whether it is deleted only by those who ask for the deletion of data. */
export function isData(object: KubernetesObject): boolean {
  return DATA.has(groupKindOf(object));
}

/** Whether it is in a namespace for sure: kinds of others may be or not. */
export function isNamespaced(object: KubernetesObject): boolean {
  return isKnown(object) && !CLUSTER.has(object.kind);
}

/** Whether it is in no namespace for sure. */
export function isOfCluster(object: KubernetesObject): boolean {
  return isKnown(object) && CLUSTER.has(object.kind);
}

function isKnown(object: KubernetesObject): boolean {
  const group = groupOf(object);
  return !group.includes('.') || group.endsWith('.k8s.io');
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
