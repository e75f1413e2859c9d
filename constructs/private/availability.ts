import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Instance, Labels } from './names';

/**
 * How many pods a drain of nodes may evict at a time. One, whatever the replicas: a single one never blocks a drain.
 * Pods that are not ready do not count, so that a broken one doesn't either.
 */
export function disruptionBudget(scope: Construct, id: string, { name, labels, selector }: Instance): void {
  new k8s.KubePodDisruptionBudget(scope, id, {
    metadata: { name, labels },
    spec: {
      selector: { matchLabels: selector },
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}

/** Pods of these labels spread over zones and nodes as evenly as there is room. */
export function spread(matchLabels: Labels): k8s.TopologySpreadConstraint[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels },
    // of this revision only: during a roll-out the pods of the last one would count
    matchLabelKeys: ['pod-template-hash'],
  }));
}
