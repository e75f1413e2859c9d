import { type KubernetesObject, type LabelSelector, selects } from '../objects';
import { eachPod, type Rule } from '../rule';

interface NetworkPolicy extends KubernetesObject {
  readonly spec?: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly object[];
    readonly egress?: readonly object[];
  };
}

type Direction = 'ingress' | 'egress';

export const networkPolicy: Rule = {
  name: 'network-policy',
  recommendation: 'A pod is reached by, and reaches, only what a NetworkPolicy names',
  fix:
    'add a NetworkPolicy that selects the pod, or every pod of its namespace, with the policyTypes Ingress and Egress, ' +
    'and no rule that is empty',
  check: eachPod(({ object, metadata }, app) => {
    const policies = app
      .beside<NetworkPolicy>(object, 'NetworkPolicy')
      .filter(({ spec }) => selects(spec?.podSelector ?? {}, metadata.labels ?? {}));
    return (['ingress', 'egress'] as const).flatMap((direction) => {
      const closing = policies.filter((policy) => closes(policy, direction));
      const open = closing.find(({ spec }) => spec?.[direction]?.some(allowsAll));
      if (closing.length === 0) {
        return [`no NetworkPolicy selects the pod for ${direction}`];
      }
      return open ? [`NetworkPolicy/${open.metadata.name} allows all ${direction}`] : [];
    });
  }),
};

/** Without policyTypes, a policy is for ingress, and for egress if it has rules of that kind. */
function closes({ spec: { policyTypes, egress } = {} }: NetworkPolicy, direction: Direction): boolean {
  return policyTypes
    ? policyTypes.some((type) => type.toLowerCase() === direction)
    : direction === 'ingress' || (egress?.length ?? 0) > 0;
}

function allowsAll(rule: object): boolean {
  return Object.values(rule).every((list) => !Array.isArray(list) || list.length === 0);
}
