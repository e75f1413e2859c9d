import { type KubernetesObject, type LabelSelector, selects } from './objects';
import { type Pod, podOf } from './pods';

/** Everything that an app has written. */
export class SynthesizedApp {
  public readonly pods: readonly Pod[];
  private readonly kinds = new Map<string, KubernetesObject[]>();

  constructor(public readonly objects: readonly KubernetesObject[]) {
    this.pods = objects.flatMap((object) => podOf(object) ?? []);
    for (const object of objects) {
      const others = this.kinds.get(object.kind);
      if (others) {
        others.push(object);
      } else {
        this.kinds.set(object.kind, [object]);
      }
    }
  }

  public ofKind<T extends KubernetesObject>(kind: string): T[] {
    return (this.kinds.get(kind) ?? []) as T[];
  }

  /** The objects of a kind that are in the namespace of another object. */
  public beside<T extends KubernetesObject>(other: KubernetesObject, kind: string): T[] {
    return this.ofKind<T>(kind).filter(({ metadata }) => metadata.namespace === other.metadata.namespace);
  }

  /** The fewest and the most pods that an object is told to have; unknown where that depends on the cluster. */
  public replicas({ kind, metadata, spec }: KubernetesObject): { min: number; max: number } | undefined {
    if (kind === 'Pod') {
      return { min: 1, max: 1 };
    }
    if (!['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(kind)) {
      return undefined;
    }
    const scaler = this.beside<Autoscaler>({ kind, metadata }, 'HorizontalPodAutoscaler').find(
      ({ spec: { scaleTargetRef } }) => scaleTargetRef.kind === kind && scaleTargetRef.name === metadata.name,
    );
    const { replicas = 1 } = (spec ?? {}) as { replicas?: number };
    return scaler
      ? { min: scaler.spec.minReplicas ?? 1, max: scaler.spec.maxReplicas }
      : { min: replicas, max: replicas };
  }

  /** The pods that a selector selects in the namespace of an object. */
  public selected(by: KubernetesObject, selector: LabelSelector | undefined): Pod[] {
    return this.pods.filter(
      ({ object, metadata }) =>
        object.metadata.namespace === by.metadata.namespace && selects(selector, metadata.labels ?? {}),
    );
  }
}

interface Autoscaler extends KubernetesObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
  };
}
