import { isKind, isSameKind, type Kind, kindOf } from './kinds';
import { type KubernetesObject, type LabelSelector, selects } from './objects';
import { type Pod, podOf } from './pods';

/** Everything that an app has written. */
export class SynthesizedApp {
  public readonly pods: readonly Pod[];
  private readonly kinds = new Map<Kind, KubernetesObject[]>();

  constructor(public readonly objects: readonly KubernetesObject[]) {
    this.pods = objects.flatMap((object) => podOf(object) ?? []);
    for (const object of objects) {
      const kind = kindOf(object);
      if (kind !== undefined) {
        this.kinds.set(kind, [...(this.kinds.get(kind) ?? []), object]);
      }
    }
  }

  public ofKind<T extends KubernetesObject>(kind: Kind): T[] {
    return (this.kinds.get(kind) ?? []) as T[];
  }

  /** The objects of a kind that are in the namespace of another object. */
  public beside<T extends KubernetesObject>(other: KubernetesObject, kind: Kind): T[] {
    return this.ofKind<T>(kind).filter(({ metadata }) => metadata.namespace === other.metadata.namespace);
  }

  /** The fewest and the most pods that an object is told to have; unknown where that depends on the cluster. */
  public replicas(object: KubernetesObject): { min: number; max: number } | undefined {
    if (isKind(object, 'Pod')) {
      return { min: 1, max: 1 };
    }
    if (!isKind(object, 'Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController')) {
      return undefined;
    }
    const scaler = this.beside<Autoscaler>(object, 'HorizontalPodAutoscaler').find(
      ({ spec: { scaleTargetRef } }) =>
        isSameKind({ ...object, ...scaleTargetRef }, object) && scaleTargetRef.name === object.metadata.name,
    );
    const { replicas = 1 } = (object.spec ?? {}) as { replicas?: number };
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
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
  };
}
