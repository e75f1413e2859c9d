// cli/app/: what the CDK8s app of the working directory synthesizes, and the name under which it is an ApplySet in the
// cluster.

import { groupOf, isKind, type Kind } from '../../constructs/manifest/kinds';
import type { Condition, KubernetesObject, Service, Workload } from '../cluster/object';
import { opened } from './manifest';
import { namespacesOf } from './selection';

/** What checks read of objects, whatever their kind; of the program, `status` is not there. */
export interface LiveObject extends KubernetesObject {
  readonly spec?: Spec;
  readonly status?: Status;
  readonly type?: string;
  readonly data?: { readonly [key: string]: string };
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly reason?: string;
  readonly message?: string;
  readonly metadata: KubernetesObject['metadata'] & { readonly finalizers?: readonly string[] };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own
  readonly [field: string]: any;
}

// biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own
type Spec = { readonly [field: string]: any };

interface Status {
  readonly phase?: string;
  readonly images?: readonly { readonly names?: readonly string[] }[];
  readonly conditions?: readonly Condition[];
  readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  // biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own
  readonly [field: string]: any;
}

/** What the app writes. */
export interface Program {
  readonly objects: readonly LiveObject[];
  readonly namespaces: readonly string[];
  /** Where an object without a namespace goes. */
  readonly fallback: string;
}

export interface PodSpec {
  readonly containers: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly volumes?: readonly VolumeSpec[];
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly serviceAccountName?: string;
  readonly hostNetwork?: boolean;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly restartPolicy?: string;
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort?: number;
    readonly hostPort?: number;
    readonly protocol?: string;
  }[];
  readonly resources?: { readonly requests?: { readonly [resource: string]: string | number } };
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly secretKeyRef?: KeyRef;
      readonly configMapKeyRef?: KeyRef;
    };
  }[];
  readonly envFrom?: readonly { readonly secretRef?: KeyRef; readonly configMapRef?: KeyRef }[];
}

interface KeyRef {
  readonly name: string;
  readonly key?: string;
  readonly optional?: boolean;
}

export interface VolumeSpec {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly optional?: boolean };
  readonly configMap?: KeyRef;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly projected?: {
    readonly sources?: readonly { readonly secret?: KeyRef; readonly configMap?: KeyRef }[];
  };
}

/** The pods of one object of the program. */
export interface Pods {
  readonly owner: LiveObject;
  readonly namespace: string;
  readonly replicas: number;
  readonly labels: { readonly [label: string]: string };
  readonly spec: PodSpec;
}

export function programOf(written: readonly KubernetesObject[], fallback: string): Program {
  const objects = written.flatMap(opened) as readonly LiveObject[];
  const named = ofKind(objects, 'Namespace').map(({ metadata }) => metadata.name);
  const namespaces = [...new Set([...namespacesOf(objects), ...named])];
  return { objects, namespaces: namespaces.length > 0 ? namespaces : [fallback], fallback };
}

export function ofKind(objects: readonly LiveObject[], ...kinds: Kind[]): LiveObject[] {
  return objects.filter((object) => isKind(object, ...kinds));
}

export function namespaceIn({ fallback }: { readonly fallback: string }, { metadata }: KubernetesObject): string {
  return metadata.namespace ?? fallback;
}

export function isBuiltIn(object: KubernetesObject): boolean {
  return !groupOf(object).includes('.') || /\.k8s\.io$/.test(groupOf(object));
}

/** What leads from a Gateway to Services. */
export const ROUTES = ['GRPCRoute', 'HTTPRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute'] as const;

const DIRECT = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'] as const;

/** The pods that the program describes. */
export function podsOf(program: Program): Pods[] {
  return program.objects.flatMap((owner) => {
    const template = templateOf(owner);
    if (!template?.spec) {
      return [];
    }
    const replicas = isKind(owner, 'CronJob', 'Job') ? 0 : Number(owner.spec?.replicas ?? 1);
    const { labels = {} } = template.metadata ?? {};
    return [{ owner, namespace: namespaceIn(program, owner), replicas, labels, spec: template.spec }];
  });
}

interface Template {
  readonly metadata?: { readonly labels?: { readonly [label: string]: string } };
  readonly spec?: PodSpec;
}

function templateOf(object: LiveObject): Template | undefined {
  if (isKind(object, 'Pod')) {
    return object as unknown as Template;
  }
  return isKind(object, 'CronJob')
    ? object.spec?.jobTemplate?.spec?.template
    : isKind(object, ...DIRECT)
      ? object.spec?.template
      : undefined;
}

export function containersOf({ containers, initContainers = [] }: PodSpec): readonly ContainerSpec[] {
  return [...initContainers, ...containers];
}

export function asServices(objects: readonly LiveObject[]): readonly Service[] {
  return objects as unknown as readonly Service[];
}

export function asWorkloads(objects: readonly LiveObject[]): readonly Workload[] {
  return objects as unknown as readonly Workload[];
}
