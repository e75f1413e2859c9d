import type { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { SynthesizedApp } from '../manifest/app';
import { type Kind, kindOf } from '../manifest/kinds';
import { type Defaults, type Needs, needsOfClaims, needsOfPod, needsOfService, unfittingIn } from '../manifest/needs';
import { type KubernetesObject, objectsIn } from '../manifest/objects';
import { podOf } from '../manifest/pods';
import { contentsOf } from './contents';

const KINDS: readonly Kind[] = [
  ...([
    'CronJob',
    'DaemonSet',
    'Deployment',
    'Job',
    'Pod',
    'ReplicaSet',
    'ReplicationController',
    'StatefulSet',
  ] as const),
  ...(['HorizontalPodAutoscaler', 'PersistentVolumeClaim', 'Service'] as const),
];

/** What an object asks of its namespace at most. */
export interface Ask {
  readonly path: string;
  /** How many pods there are at a time, with those that a roll-out adds. */
  readonly count: number;
  readonly each: Needs;
}

/** Everything of an app that is in one namespace. */
export class Demand {
  private readonly app: SynthesizedApp;
  private readonly paths = new Map<KubernetesObject, string>();

  constructor(
    root: IConstruct,
    namespace: string,
    private readonly defaults: Defaults,
  ) {
    for (const construct of contentsOf(root, namespace, KINDS)) {
      const [object] = objectsIn([written(construct)]);
      if (object) {
        this.paths.set(object, construct.node.path.replace(/\/Resource$/, ''));
      }
    }
    this.app = new SynthesizedApp([...this.paths.keys()]);
  }

  public asks(): Ask[] {
    return [...this.paths].map(([object, path]) => {
      const pod = podOf(object);
      return pod
        ? { path, count: this.peak(object), each: needsOfPod(pod, this.defaults) }
        : { path, count: 1, each: needsOf(object) };
    });
  }

  /** What is wrong with containers that the API server would refuse for the default limits. */
  public unfitting(): string[] {
    return this.app.pods.flatMap((pod) =>
      unfittingIn(pod, this.defaults).map(
        ({ called, resource, asked }) =>
          `'defaults' limit ${resource} to ${this.defaults.limits?.[resource]} where nothing is said, but ${called} of ` +
          `${this.paths.get(pod.object)} asks for ${asked}; give it a limit of its own, or raise the default`,
      ),
    );
  }

  /** The most pods at a time. A DaemonSet is counted as one, as the nodes are not known. */
  private peak(object: KubernetesObject): number {
    const spec = (object.spec ?? {}) as Spec;
    const replicas = this.app.replicas(object)?.max ?? 1;
    switch (kindOf(object)) {
      case 'Deployment':
        return replicas + surge(replicas, spec.strategy);
      case 'Job':
        return parallel(spec);
      case 'CronJob':
        return parallel(spec.jobTemplate?.spec);
      default:
        return replicas;
    }
  }
}

/** What workloads say of how many pods they have. */
interface Spec {
  readonly strategy?: Strategy;
  readonly parallelism?: number;
  readonly completions?: number;
  readonly jobTemplate?: { readonly spec?: Spec };
}

interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: { readonly maxSurge?: number | string };
}

/** An object that cannot be written is reported by what is in its way. */
function written(object: ApiObject): unknown {
  try {
    return object.toJson();
  } catch {
    return undefined;
  }
}

function needsOf(object: KubernetesObject): Needs {
  switch (kindOf(object)) {
    case 'PersistentVolumeClaim':
      return needsOfClaims([object.spec]);
    case 'Service':
      return needsOfService(object);
    default:
      return {};
  }
}

/** The pods that a roll-out adds; a quarter of the replicas unless it is told. */
function surge(replicas: number, { type, rollingUpdate: { maxSurge = '25%' } = {} }: Strategy = {}): number {
  if (type === 'Recreate' || replicas === 0) {
    return 0;
  }
  return typeof maxSurge === 'number' ? maxSurge : Math.ceil((replicas * Number.parseInt(maxSurge, 10)) / 100);
}

function parallel({ parallelism = 1, completions = parallelism }: Spec = {}): number {
  return Math.min(parallelism, completions);
}
