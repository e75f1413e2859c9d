import { type ApiObject, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { shortHash } from './hash';
import { Isolation, lazyList } from './isolation';
import type { Instance } from './names';
import { type Mount, type Volume, volumesOf } from './volume';

/** The user and group of every image here. Above 10000, so that it is no user of the node. */
export const USER = 10001;

export interface ContainerProps {
  readonly name: string;
  readonly image: { readonly image: string; readonly imagePullPolicy: string };
  readonly args?: string[];
  readonly env?: { readonly [name: string]: string | k8s.EnvVarSource };
  readonly ports?: { readonly [name: string]: number };
  readonly mounts: () => Mount[];
  readonly resources: k8s.ResourceRequirements;
  /** Left out for init containers, which have none. */
  readonly probes?: Probes;
  /** Seconds in which a container that is told to stop still serves, until every node has heard of it. */
  readonly drainSeconds?: number;
  readonly user?: number;
}

export interface Probes {
  /** Serves now; if not, the Service leaves the pod out. */
  readonly ready: k8s.Probe;
  /** Will serve again by itself; if not, the container is restarted. */
  readonly alive: k8s.Probe;
}

export interface WorkloadProps {
  readonly instance: Instance;
  readonly containers: ContainerProps[];
  readonly initContainers?: ContainerProps[];
  readonly replicas?: number;
  /** Old pods end before new ones start, for what cannot run twice. */
  readonly recreate?: boolean;
  /** New pods join the node of the old ones, whose volume no other node can mount meanwhile. */
  readonly stayOnNode?: boolean;
  /** Makes it a StatefulSet with volumes of its own. */
  readonly stateful?: { readonly template?: k8s.KubePersistentVolumeClaimProps };
  readonly serviceAccountName?: string;
  readonly graceSeconds?: number;
}

/** The Deployment or StatefulSet of an instance, with pods that meet Pod Security "restricted". */
export class Workload extends Construct {
  public readonly object: ApiObject;
  public readonly isolation: Isolation;

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    const { instance } = props;
    const metadata = { name: instance.name, labels: instance.labels };
    const selector = { matchLabels: instance.selector };
    const template = podTemplate(props);
    const replicas = props.replicas ?? 1;
    if (props.stateful) {
      const volumeClaimTemplates = props.stateful.template && [props.stateful.template];
      this.object = new k8s.KubeStatefulSet(this, 'Resource', {
        metadata,
        spec: {
          replicas,
          selector,
          serviceName: instance.name,
          template,
          volumeClaimTemplates,
          revisionHistoryLimit: 3,
        },
      });
    } else {
      this.object = new k8s.KubeDeployment(this, 'Resource', {
        metadata,
        spec: { replicas, selector, template, strategy: strategy(props), revisionHistoryLimit: 3 },
      });
    }
    this.isolation = new Isolation(scope, 'Isolation', instance);
  }
}

function strategy(props: WorkloadProps): k8s.DeploymentStrategy {
  return props.recreate
    ? { type: 'Recreate' }
    : {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
      };
}

function podTemplate(props: WorkloadProps): k8s.PodTemplateSpec {
  const { instance, initContainers = [], containers } = props;
  const volumes = () => volumesOf([...initContainers, ...containers].flatMap((container) => container.mounts()));
  return {
    metadata: {
      labels: instance.labels,
      annotations: {
        'kubectl.kubernetes.io/default-container': containers[0]?.name ?? instance.name,
        'cdk8s-services/content-hash': contentHash(volumes),
      },
    },
    spec: {
      initContainers: initContainers.length > 0 ? initContainers.map(container) : undefined,
      containers: containers.map(container),
      volumes: lazyList(() => volumes().flatMap(({ name, source }) => (source ? [{ name, ...source }] : []))),
      affinity: props.stayOnNode ? nodeOf(instance) : undefined,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      serviceAccountName: props.serviceAccountName,
      automountServiceAccountToken: props.serviceAccountName !== undefined,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: props.graceSeconds ?? 30,
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
    args: props.args,
    env: Object.entries(props.env ?? {}).map(([name, value]) =>
      typeof value === 'string' ? { name, value } : { name, valueFrom: value },
    ),
    ports: Object.entries(props.ports ?? {}).map(([name, containerPort]) => ({ name, containerPort, protocol: 'TCP' })),
    volumeMounts: lazyList(() =>
      props.mounts().map(({ volume, path, subPath, writable }) => ({
        name: volume.name,
        mountPath: path,
        subPath,
        readOnly: !writable,
      })),
    ),
    resources: props.resources,
    ...(probes && {
      // five minutes for a slow first start; the other two count from its end
      startupProbe: { ...probes.ready, periodSeconds: 2, failureThreshold: 150 },
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

/** A probe by HTTP on a named port. */
export function http(port: string, path: string, scheme?: 'HTTPS'): k8s.Probe {
  return { httpGet: { port: k8s.IntOrString.fromString(port), path, scheme }, timeoutSeconds: 5 };
}

/** A probe that connects to a named port. */
export function tcpSocket(port: string): k8s.Probe {
  return { tcpSocket: { port: k8s.IntOrString.fromString(port) }, timeoutSeconds: 3 };
}

/** A probe by a command inside the container. */
export function command(...words: string[]): k8s.Probe {
  return { exec: { command: words }, timeoutSeconds: 5 };
}

/** A field of the pod, as the value of an environment variable. */
export function podField(fieldPath: string): k8s.EnvVarSource {
  return { fieldRef: { fieldPath } };
}
