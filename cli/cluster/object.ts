// cli/cluster/: the Kubernetes API: objects and kinds, requests, server-side apply, and what the API's messages mean.

import { groupOf, shownKind } from '../../constructs/manifest/kinds';

/** The fields of Kubernetes' objects that the command line reads. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: { readonly [label: string]: string };
  readonly managedFields?: readonly ManagedFields[];
  readonly annotations?: { readonly [annotation: string]: string };
  readonly ownerReferences?: readonly Owner[];
  readonly finalizers?: readonly string[];
}

/** What one of those who write an object has written, as the API records it. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsV1?: FieldTree;
}

/** Fields as `f:name`, elements of lists as `k:{"name":"web"}` or `v:"value"`; empty where a value is one whole. */
export interface FieldTree {
  readonly [field: string]: FieldTree;
}

export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface List<T> {
  readonly items: readonly T[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** A Deployment, a StatefulSet or a DaemonSet. */
export interface Workload extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels?: { readonly [label: string]: string } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly conditions?: readonly Condition[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
    readonly finishedAt?: string;
    readonly containerID?: string;
  };
}

export interface Pod extends KubernetesObject {
  readonly spec?: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string }[];
}

export interface PodTemplate {
  readonly metadata?: Partial<Metadata>;
  readonly spec: {
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes?: readonly {
      readonly name: string;
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
    readonly affinity?: object;
  };
}

export interface Job extends KubernetesObject {
  readonly spec: { readonly template: PodTemplate; readonly [field: string]: unknown };
  readonly status?: { readonly startTime?: string; readonly conditions?: readonly Condition[] };
}

export interface CronJob extends KubernetesObject {
  readonly spec: {
    readonly schedule: string;
    readonly timeZone?: string;
    readonly suspend?: boolean;
    readonly jobTemplate: { readonly metadata?: Partial<Metadata>; readonly spec: Job['spec'] };
  };
  readonly status?: { readonly lastScheduleTime?: string; readonly lastSuccessfulTime?: string };
}

export interface Event {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject: { readonly kind?: string; readonly name?: string; readonly uid?: string };
}

export interface ServicePort {
  readonly name?: string;
  readonly appProtocol?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly nodePort?: number;
}

export interface Service extends KubernetesObject {
  readonly spec?: {
    readonly type?: string;
    readonly selector?: { readonly [label: string]: string };
    readonly ports?: readonly ServicePort[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

/** The label that names the service an object belongs to. */
export const INSTANCE = 'app.kubernetes.io/instance';

/** The label of one of several servers, each an instance of its own, that names the service that they are together. */
const SERVERS_OF = 'cdk8s-services/servers-of';

/** The service an object belongs to, if it is part of one. */
export function instanceOf(object: KubernetesObject): string | undefined {
  const { labels = {} } = object.metadata;
  return labels[SERVERS_OF] ?? labels[INSTANCE];
}

/** Its kind as kubectl and ApplySets name it: `Deployment.apps`, `ConfigMap`. */
export function groupKindOf(object: KubernetesObject): string {
  const group = groupOf(object);
  return group === '' ? object.kind : `${object.kind}.${group}`;
}

/** `Deployment web`. */
export function called(object: KubernetesObject): string {
  return `${shownKind(object)} ${object.metadata.name}`;
}

/**
 * What makes an object the same one in the program and in the cluster. The version of its API does not. The same
 * fallback is given for both, so that an object without a namespace, be it the cluster's or the context's, is found.
 */
export function keyOf(object: KubernetesObject, fallbackNamespace: string): string {
  const { namespace = fallbackNamespace, name } = object.metadata;
  return `${groupKindOf(object)}/${namespace}/${name}`;
}
