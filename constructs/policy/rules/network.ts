import { type KubernetesObject, type LabelSelector, selects } from '../../manifest/objects';
import { eachPod, type Rule } from '../rule';

interface NetworkPolicy extends KubernetesObject {
  readonly spec?: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly TrafficRule[];
    readonly egress?: readonly TrafficRule[];
  };
}

interface TrafficRule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port?: number | string }[];
}

interface Peer {
  readonly ipBlock?: { readonly cidr?: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
}

type Direction = 'ingress' | 'egress';

export const networkPolicy: Rule = {
  name: 'network-policy',
  recommendation: 'A pod is reached by, and reaches, only what a NetworkPolicy names',
  fix:
    'add a NetworkPolicy that selects the pod, or every pod of its namespace, with the policyTypes Ingress and Egress, ' +
    'and no rule for all ports of everybody',
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

/**
 * A rule without a list of peers is for everybody, one without a list of ports for all ports; an entry of a list may
 * be, too.
 */
function allowsAll({ from = [], to = [], ports = [] }: TrafficRule): boolean {
  const peers = [...from, ...to];
  return (
    (peers.length === 0 || peers.some(isEverybody)) &&
    (ports.length === 0 || ports.some(({ port }) => port === undefined))
  );
}

/** Every address, or every pod of the cluster. */
function isEverybody({ ipBlock, namespaceSelector, podSelector = {} }: Peer): boolean {
  return ipBlock
    ? Boolean(ipBlock.cidr?.endsWith('/0')) && (ipBlock.except ?? []).length === 0
    : namespaceSelector !== undefined && isEmpty(namespaceSelector) && isEmpty(podSelector);
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}
