import { isKind } from './kinds';
import type { KubernetesObject, LabelSelector, Metadata } from './objects';

/** The pods of one object. */
export interface Pod {
  /** The object that has them: a workload, or the pod itself. */
  readonly object: KubernetesObject;
  readonly metadata: Metadata;
  readonly spec: PodSpec;
}

/** What the rules read of a pod's specification. */
export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly [source: string]: unknown }[];
  readonly securityContext?: PodSecurityContext;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly serviceAccountName?: string;
  readonly serviceAccount?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly { readonly labelSelector?: LabelSelector }[];
  readonly affinity?: { readonly podAntiAffinity?: PodAntiAffinity };
}

export interface PodAntiAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly podAffinityTerm?: PodAffinityTerm }[];
}

interface PodAffinityTerm {
  readonly labelSelector?: LabelSelector;
}

/** What a pod and each of its containers may say, where the container's word counts. */
export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly seccompProfile?: { readonly type?: string };
  readonly appArmorProfile?: { readonly type?: string };
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
}

interface PodSecurityContext extends SecurityContext {
  readonly fsGroup?: number;
  readonly supplementalGroups?: readonly number[];
  readonly sysctls?: readonly { readonly name: string }[];
}

interface ContainerSecurityContext extends SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly procMount?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly envFrom?: readonly {
    readonly secretRef?: { readonly name: string };
    readonly configMapRef?: { readonly name: string };
    readonly prefix?: string;
  }[];
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly resources?: { readonly [side: string]: { readonly [resource: string]: string | number } | undefined };
  readonly startupProbe?: Handler;
  readonly readinessProbe?: Handler;
  readonly livenessProbe?: Handler;
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
  readonly securityContext?: ContainerSecurityContext;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
  };
}

export interface Handler {
  readonly httpGet?: { readonly host?: string };
  readonly tcpSocket?: { readonly host?: string };
  readonly exec?: object;
  readonly grpc?: object;
}

interface Template {
  readonly metadata?: Metadata;
  readonly spec?: PodSpec;
}

const WITH_TEMPLATE = [
  ...(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'] as const),
];

/** The pods that an object describes, whatever its kind. */
export function podOf(object: KubernetesObject): Pod | undefined {
  const template = templateOf(object);
  return template?.spec && { object, metadata: template.metadata ?? {}, spec: template.spec };
}

function templateOf(object: KubernetesObject): Template | undefined {
  const spec = object.spec as { template?: Template; jobTemplate?: { spec?: { template?: Template } } } | undefined;
  if (isKind(object, 'Pod')) {
    return object as Template;
  }
  if (isKind(object, 'CronJob')) {
    return spec?.jobTemplate?.spec?.template;
  }
  return isKind(object, ...WITH_TEMPLATE) ? spec?.template : undefined;
}

/** A container, and what it is called in a finding. */
export interface ContainerOfPod {
  readonly container: Container;
  readonly called: string;
}

/** Those that run as long as the pod does. */
export function mainContainers({ spec }: Pod): ContainerOfPod[] {
  return called('container', spec.containers);
}

export function startedContainers(pod: Pod): ContainerOfPod[] {
  return [...called('init container', pod.spec.initContainers), ...mainContainers(pod)];
}

/** All containers, with the ephemeral ones that `kubectl debug` adds. */
export function allContainers(pod: Pod): ContainerOfPod[] {
  return [...startedContainers(pod), ...called('ephemeral container', pod.spec.ephemeralContainers)];
}

function called(what: string, containers: readonly Container[] = []): ContainerOfPod[] {
  return containers.map((container) => ({ container, called: `${what} '${container.name}'` }));
}

/** The security context of the pod and of each container that has one. */
export function securityContexts(pod: Pod): { readonly called: string; readonly context: SecurityContext }[] {
  return [
    { called: 'pod', context: pod.spec.securityContext ?? {} },
    ...allContainers(pod).map(({ called, container }) => ({ called, context: container.securityContext ?? {} })),
  ];
}
