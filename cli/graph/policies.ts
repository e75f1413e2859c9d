import { type LabelSelector, selects } from '../../constructs/manifest/objects';
import { type LiveObject, namespaceIn, ofKind, type Program } from '../app/objects';
import type { Runner } from './services';

/** One runner may open connections to ports of another. */
export interface Connection {
  readonly from: Runner;
  readonly to: Runner;
  readonly ports: readonly number[];
}

/** A runner may open connections to anywhere. */
export interface Exit {
  readonly from: Runner;
  readonly ports: readonly number[];
  /** Blocks of addresses; none means all. */
  readonly blocks: readonly string[];
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port?: number | string; readonly endPort?: number }[];
}

interface Peer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string };
}

const DNS = 53;

/** What network policies say of who talks to whom: one end that names the other is enough. */
export class Policies {
  private readonly policies: readonly LiveObject[];

  constructor(
    private readonly program: Program,
    private readonly runners: readonly Runner[],
  ) {
    this.policies = ofKind(program.objects, 'NetworkPolicy');
  }

  connections(): Connection[] {
    return this.policies.flatMap((policy) => {
      const own = this.selected(policy);
      const { ingress = [], egress = [] } = (policy.spec ?? {}) as {
        ingress?: readonly Rule[];
        egress?: readonly Rule[];
      };
      return [
        ...ingress.flatMap((rule) =>
          this.peers(policy, rule.from).flatMap((from) => own.map((to) => ({ from, to, ports: portsOf(rule, to) }))),
        ),
        ...egress.flatMap((rule) =>
          this.peers(policy, rule.to).flatMap((to) => own.map((from) => ({ from, to, ports: portsOf(rule, to) }))),
        ),
      ];
    });
  }

  exits(): Exit[] {
    return this.policies.flatMap((policy) => {
      const { egress = [] } = (policy.spec ?? {}) as { egress?: readonly Rule[] };
      return egress.flatMap((rule) => {
        const blocks = (rule.to ?? []).flatMap(({ ipBlock }) => ipBlock?.cidr ?? []);
        const ports = portsOf(rule).filter((port) => port !== DNS);
        // to resolve names is no connection; a rule without ports is for all of them
        const opens = ports.length > 0 || (rule.ports ?? []).length === 0;
        const leaves = ((rule.to ?? []).length === 0 || blocks.length > 0) && opens;
        return leaves ? this.selected(policy).map((from) => ({ from, ports, blocks })) : [];
      });
    });
  }

  /** Whether policies say of a runner who may talk to it. */
  tellOf(runner: Runner): boolean {
    return this.policies.some(
      (policy) =>
        this.selected(policy).includes(runner) &&
        ((policy.spec?.ingress ?? []) as readonly Rule[]).some(({ from = [] }) => this.peers(policy, from).length > 0),
    );
  }

  private selected(policy: LiveObject): Runner[] {
    const namespace = namespaceIn(this.program, policy);
    return this.runners.filter(
      ({ pods }) => pods.namespace === namespace && selects(policy.spec?.podSelector ?? {}, pods.labels),
    );
  }

  /** Who is named. A rule for all pods of a namespace names nobody. */
  private peers(policy: LiveObject, peers: readonly Peer[] = []): Runner[] {
    const named = peers.filter(({ podSelector }) => podSelector && !isEmpty(podSelector));
    return this.runners.filter(({ pods }) =>
      named.some(
        ({ podSelector, namespaceSelector }) =>
          selects(podSelector, pods.labels) && this.isIn(pods.namespace, policy, namespaceSelector),
      ),
    );
  }

  private isIn(namespace: string, policy: LiveObject, selector: LabelSelector | undefined): boolean {
    if (selector === undefined) {
      return namespace === namespaceIn(this.program, policy);
    }
    const object = ofKind(this.program.objects, 'Namespace').find(({ metadata }) => metadata.name === namespace);
    return selects(selector, { 'kubernetes.io/metadata.name': namespace, ...object?.metadata.labels });
  }
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** The numbers of the ports; of a named one, that of the container which has it. */
function portsOf({ ports = [] }: Rule, to?: Runner): number[] {
  return ports.flatMap(({ port, endPort }) => {
    const number =
      typeof port === 'number'
        ? port
        : to?.pods.spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === port)?.containerPort;
    if (number === undefined) {
      return [];
    }
    return endPort === undefined
      ? [number]
      : Array.from({ length: endPort - number + 1 }, (_, index) => number + index);
  });
}
