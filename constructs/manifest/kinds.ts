/** What tells of an object, or of a reference to one, which kind it is. */
export interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Kinds in namespaces, by the API group that defines them; '' is the core's. */
const NAMESPACED = {
  '': [
    ...(['ConfigMap', 'Endpoints', 'Event', 'LimitRange', 'PersistentVolumeClaim', 'Pod', 'PodTemplate'] as const),
    ...(['ReplicationController', 'ResourceQuota', 'Secret', 'Service', 'ServiceAccount'] as const),
  ],
  apps: ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'],
  autoscaling: ['HorizontalPodAutoscaler'],
  batch: ['CronJob', 'Job'],
  'certificates.k8s.io': ['PodCertificateRequest'],
  'coordination.k8s.io': ['Lease', 'LeaseCandidate'],
  'discovery.k8s.io': ['EndpointSlice'],
  'events.k8s.io': ['Event'],
  'networking.k8s.io': ['Ingress', 'NetworkPolicy'],
  policy: ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io': ['Role', 'RoleBinding'],
  'resource.k8s.io': ['ResourceClaim', 'ResourceClaimTemplate'],
  'storage.k8s.io': ['CSIStorageCapacity'],
  // no API of Kubernetes itself, but read here
  'bitnami.com': ['SealedSecret'],
  'cert-manager.io': ['Certificate', 'CertificateRequest', 'Issuer'],
  'external-secrets.io': ['ExternalSecret'],
  'gateway.networking.k8s.io': [
    ...(['BackendTLSPolicy', 'GRPCRoute', 'Gateway', 'HTTPRoute', 'ReferenceGrant'] as const),
    ...(['TCPRoute', 'TLSRoute', 'UDPRoute'] as const),
  ],
  'snapshot.storage.k8s.io': ['VolumeSnapshot'],
} as const;

/** Kinds of no namespace. */
const OF_CLUSTER = {
  '': ['Namespace', 'Node', 'PersistentVolume'],
  'admissionregistration.k8s.io': [
    ...(['MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding', 'MutatingWebhookConfiguration'] as const),
    ...(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration'] as const),
  ],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'certificates.k8s.io': ['CertificateSigningRequest', 'ClusterTrustBundle'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'internal.apiserver.k8s.io': ['StorageVersion'],
  'networking.k8s.io': ['IPAddress', 'IngressClass', 'ServiceCIDR'],
  'node.k8s.io': ['RuntimeClass'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'resource.k8s.io': ['DeviceClass', 'DeviceTaintRule', 'ResourceSlice'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass'],
  'storagemigration.k8s.io': ['StorageVersionMigration'],
  'cert-manager.io': ['ClusterIssuer'],
  'external-secrets.io': ['ClusterExternalSecret'],
  'gateway.networking.k8s.io': ['GatewayClass'],
  'snapshot.storage.k8s.io': ['VolumeSnapshotClass', 'VolumeSnapshotContent'],
} as const;

type In<Groups> = { [Group in keyof Groups]: Groups[Group] extends readonly (infer One)[] ? One : never }[keyof Groups];

/** A kind whose meaning is known. */
export type Kind = In<typeof NAMESPACED> | In<typeof OF_CLUSTER>;

const groupKinds = (groups: { readonly [group: string]: readonly string[] }): string[] =>
  Object.entries(groups).flatMap(([group, kinds]) => kinds.map((kind) => `${kind}.${group}`));

/** All that are known, such as `Deployment.apps`; those of the core's group end with a dot. */
export const GROUP_KINDS: readonly string[] = [...groupKinds(NAMESPACED), ...groupKinds(OF_CLUSTER)];

const namespaced = new Set(groupKinds(NAMESPACED));
const ofCluster = new Set(groupKinds(OF_CLUSTER));
const names = new Set(GROUP_KINDS.map((known) => known.split('.')[0]));

/** The API group of an object; '' is the core's. */
export function groupOf({ apiVersion }: { readonly apiVersion: string }): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/**
 * The kind of an object, if it is a known one. A custom resource may have the name of a Kubernetes kind, in an API
 * group of its own: its kind is not known.
 */
export function kindOf(object: Typed): Kind | undefined {
  const known = `${object.kind}.${groupOf(object)}`;
  return namespaced.has(known) || ofCluster.has(known) ? (object.kind as Kind) : undefined;
}

export function isKind(object: Typed, ...kinds: readonly Kind[]): boolean {
  const kind = kindOf(object);
  return kind !== undefined && kinds.includes(kind);
}

/** Whether a reference is to an object of this kind, in whatever version. */
export function isSameKind(a: Typed, b: Typed): boolean {
  return a.kind === b.kind && groupOf(a) === groupOf(b);
}

/** Whether its kind is known to be namespaced. A kind that is not known may be. */
export function isNamespaced(object: Typed): boolean {
  return namespaced.has(`${object.kind}.${groupOf(object)}`);
}

/** Whether its kind is known to be cluster-scoped. */
export function isOfCluster(object: Typed): boolean {
  return ofCluster.has(`${object.kind}.${groupOf(object)}`);
}

/** A kind as people and kubectl read it: with its group where its name alone would mean one of Kubernetes'. */
export function shownKind(object: Typed): string {
  const group = groupOf(object);
  const isMistaken = kindOf(object) === undefined && names.has(object.kind) && group !== '';
  return isMistaken ? `${object.kind}.${group}` : object.kind;
}
