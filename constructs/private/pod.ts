import { Lazy } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { ASSIGNING_CONSTRAINTS, CONSTRAINTS_ANNOTATION, Platform } from '../platform';
import { spread } from './availability';
import { shortHash } from './hash';
import { lazyList } from './lazy-list';
import type { Instance, Labels } from './names';
import { type Mount, type Volume, volumesOf } from './volume';

/** The user and group of every pod, unless the platform assigns them. Above 10000, so that it is no user of the node. */
export const USER = 10001;

export interface ContainerProps {
  readonly name: string;
  readonly image: { readonly image: string; readonly imagePullPolicy: string };
  /** What runs in place of the image's entrypoint. */
  readonly command?: string[];
  readonly args?: string[];
  readonly env?: { readonly [name: string]: string | k8s.EnvVarSource };
  readonly ports?: { readonly [name: string]: number };
  readonly mounts: () => Mount[];
  readonly resources: k8s.ResourceRequirements;
  /** Left out for init containers, which have none. */
  readonly probes?: Probes;
  /**
   * For how many seconds a container that is told to stop still serves (`preStop`), until every node has taken it out
   * of the Service.
   */
  readonly drainSeconds?: number;
  readonly user?: number;
}

export interface Probes {
  /** The readiness probe: whether the container serves now. If not, the Service leaves out the pod. */
  readonly ready: k8s.Probe;
  /** The liveness probe: whether it will serve again by itself. If not, the container is restarted. */
  readonly alive: k8s.Probe;
  /** How long a first start may take: five minutes unless told. */
  readonly startSeconds?: number;
}

export interface PodProps {
  readonly instance: Instance;
  readonly containers: ContainerProps[];
  readonly initContainers?: ContainerProps[];
  readonly replicas?: number;
  /** Of pods with these labels no two are on a node, if there is room. */
  readonly apartFrom?: Labels;
  /** The pods run on the node of this instance's pods: no other node can mount their volume meanwhile. */
  readonly onNodeOf?: Instance;
  /** Left out for workloads, for which Kubernetes allows `Always` only. */
  readonly restartPolicy?: 'Never';
  readonly serviceAccountName?: string;
  readonly graceSeconds?: number;
}

/** Pods that meet Pod Security "restricted". Those of a workload roll when the content of what they mount changes. */
export function podTemplate(scope: Construct, props: PodProps): k8s.PodTemplateSpec {
  const { instance, initContainers = [], containers } = props;
  const assigned = Platform._of(scope)._assignsUsers;
  const apartFrom = props.apartFrom ?? ((props.replicas ?? 1) > 1 ? instance.selector : undefined);
  const made = (props: ContainerProps) => container(assigned ? { ...props, user: undefined } : props);
  const volumes = () => volumesOf([...initContainers, ...containers].flatMap((container) => container.mounts()));
  return {
    metadata: {
      labels: instance.labels,
      annotations: {
        'kubectl.kubernetes.io/default-container': containers[0]?.name ?? instance.name,
        ...(assigned && { [CONSTRAINTS_ANNOTATION]: ASSIGNING_CONSTRAINTS }),
        // the pod of a job reads everything anew
        ...(props.restartPolicy !== 'Never' && { 'cdk8s-services/content-hash': contentHash(volumes) }),
      },
    },
    spec: {
      initContainers: initContainers.length > 0 ? initContainers.map(made) : undefined,
      containers: containers.map(made),
      volumes: lazyList(() => volumes().flatMap(({ name, source }) => (source ? [{ name, ...source }] : []))),
      affinity: props.onNodeOf && nodeOf(props.onNodeOf),
      topologySpreadConstraints: apartFrom && spread(apartFrom),
      securityContext: {
        runAsNonRoot: true,
        ...(!assigned && { runAsUser: USER, runAsGroup: USER, fsGroup: USER }),
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      serviceAccountName: props.serviceAccountName,
      // a pod that needs a token mounts API_TOKEN
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: props.graceSeconds ?? 30,
      restartPolicy: props.restartPolicy,
    },
  };
}

/** Pods roll when what is in their volumes changes. */
function contentHash(volumes: () => Volume[]): string {
  const produce = () => {
    const parts = volumes().flatMap(({ name, contentHash }) => {
      const content = contentHash?.();
      return content ? [`${name}=${content}`] : [];
    });
    return parts.length > 0 ? shortHash(parts) : undefined;
  };
  return Lazy.any({ produce }) as string;
}

function nodeOf(instance: Instance): k8s.Affinity {
  const labelSelector = { matchLabels: instance.selector };
  return {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: 'kubernetes.io/hostname' }],
    },
  };
}

function container(props: ContainerProps): k8s.Container {
  const { probes, drainSeconds, user } = props;
  return {
    name: props.name,
    ...props.image,
    command: props.command,
    args: props.args,
    env: listed(props.env, (name, value) =>
      // Kubernetes drops an empty value, and would see a change at each apply
      typeof value === 'string' ? { name, value: value || undefined } : { name, valueFrom: value },
    ),
    ports: listed(props.ports, (name, containerPort) => ({ name, containerPort, protocol: 'TCP' })),
    volumeMounts: lazyList(() =>
      props.mounts().map(({ volume, path, subPath, writable }) => ({
        name: volume.name,
        mountPath: path,
        subPath,
        readOnly: writable ? undefined : true,
      })),
    ),
    resources: props.resources,
    ...(probes && {
      // the startup probe allows a slow first start; the other two begin when it has succeeded
      startupProbe: { ...probes.ready, periodSeconds: 2, failureThreshold: (probes.startSeconds ?? 300) / 2 },
      readinessProbe: { ...probes.ready, periodSeconds: 5, failureThreshold: 3 },
      livenessProbe: { ...probes.alive, periodSeconds: 10, failureThreshold: 3 },
    }),
    lifecycle: drainSeconds ? { preStop: { exec: { command: ['sleep', `${drainSeconds}`] } } } : undefined,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      runAsUser: user,
      runAsGroup: user,
    },
  };
}

/** A list of what is named; left out where nothing is. */
function listed<T, R>(
  named: { readonly [name: string]: T } = {},
  entry: (name: string, value: T) => R,
): R[] | undefined {
  const list = Object.entries(named).map(([name, value]) => entry(name, value));
  return list.length > 0 ? list : undefined;
}
