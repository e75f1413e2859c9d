import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Instance, Labels } from './names';

/**
 * A PodDisruptionBudget with `maxUnavailable: 1`, whatever the replicas: a drain of nodes evicts one pod at a time, and
 * may evict the only one of a service. Pods that are not ready can always be evicted, so that a broken one does not
 * block a drain.
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
    // of this revision only: during a roll-out the pods of the old revision would count
    matchLabelKeys: ['pod-template-hash'],
  }));
}
