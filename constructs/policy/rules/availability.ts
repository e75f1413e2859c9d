import type { SynthesizedApp } from '../../manifest/app';
import { type KubernetesObject, type LabelSelector, nameOf, selects } from '../../manifest/objects';
import type { Pod } from '../../manifest/pods';
import { eachPod, type Rule, shown, when } from '../rule';

interface DisruptionBudget extends KubernetesObject {
  readonly spec?: {
    readonly selector?: LabelSelector;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
}

export const disruptionBudget: Rule = {
  name: 'disruption-budget',
  recommendation: 'A PodDisruptionBudget lets a node be drained, one pod after the other',
  fix: 'set maxUnavailable to 1, or minAvailable below the number of replicas, and let one budget select a pod',
  check: (app) => {
    const budgets = app
      .ofKind<DisruptionBudget>('PodDisruptionBudget')
      .map((object) => ({ object, pods: app.selected(object, object.spec?.selector) }));
    return budgets.flatMap(({ object, pods }) => {
      const rivals = budgets.filter((other) => other.object !== object && other.pods.some((pod) => pods.includes(pod)));
      return [
        ...blocking(object, pods, app),
        ...rivals.map(
          (other) => `${nameOf(other.object)} selects the same pods, and nothing evicts pods of two budgets`,
        ),
      ].map((text) => ({ object, text }));
    });
  },
};

function blocking({ spec = {} }: DisruptionBudget, pods: readonly Pod[], app: SynthesizedApp): string[] {
  const { minAvailable, maxUnavailable } = spec;
  const replicas = pods.reduce((sum, { object }) => sum + (app.replicas(object)?.min ?? 0), 0);
  const none = maxUnavailable !== undefined && Number.parseFloat(`${maxUnavailable}`) === 0;
  // a workload that is scaled to nothing has no pod to evict
  const all = minAvailable === '100%' || (replicas > 0 && rounded(minAvailable ?? 0, replicas) >= replicas);
  return [
    ...when(none, shown('maxUnavailable', maxUnavailable)),
    ...when(all, `${shown('minAvailable', minAvailable)}, of ${replicas} replicas`),
  ];
}

/** A number of pods; percentages are rounded up, as the controller does. */
function rounded(amount: number | string, replicas: number): number {
  return typeof amount === 'number' ? amount : Math.ceil((Number.parseFloat(amount) * replicas) / 100);
}

export const spread: Rule = {
  name: 'spread',
  recommendation: 'Replicas are on several nodes, so that one node does not end them all',
  fix:
    'set topologySpreadConstraints, or affinity.podAntiAffinity, with a labelSelector that selects these pods and ' +
    'kubernetes.io/hostname as topologyKey',
  check: eachPod((pod, app) => {
    const { max } = app.replicas(pod.object) ?? { max: 1 };
    return when(max > 1 && !isSpread(pod), `${max} replicas may all be on one node`);
  }),
};

function isSpread({ metadata: { labels = {} }, spec: { topologySpreadConstraints = [], affinity } }: Pod): boolean {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: required = [],
    preferredDuringSchedulingIgnoredDuringExecution: preferred = [],
  } = affinity?.podAntiAffinity ?? {};
  const terms = [...topologySpreadConstraints, ...required, ...preferred.map(({ podAffinityTerm }) => podAffinityTerm)];
  return terms.some((term) => selects(term?.labelSelector, labels));
}
