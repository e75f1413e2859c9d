import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ClusterNetwork } from '../cluster-network';
import { Resolver } from '../resolver';
import { lazyList } from './lazy-list';
import type { Instance } from './names';
import { problem } from './problems';

/** The ports on which API servers listen: 443 of managed clusters, 6443 of kubeadm, 8443 of minikube. */
const API_SERVER_PORTS = [443, 6443, 8443];
const KUBELET_PORT = 10250;

/** The NetworkPolicy of one instance: closed both ways, but for the connections that the wiring implies. */
export class Isolation extends Construct {
  private readonly ingress: k8s.NetworkPolicyIngressRule[] = [];
  private readonly egress: k8s.NetworkPolicyEgressRule[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly instance: Instance,
  ) {
    super(scope, id);
    const dns = (ClusterNetwork._of(this).dns ?? Resolver._USUAL).map(({ _rule }) => _rule);
    new k8s.KubeNetworkPolicy(this, 'Resource', {
      metadata: { name: instance.name, labels: instance.labels },
      spec: {
        podSelector: { matchLabels: instance.selector },
        policyTypes: ['Ingress', 'Egress'],
        // none at all is left out: the API server would drop an empty list, and see a change at each apply
        ingress: lazyList(() => distinct(this.ingress)),
        egress: lazyList(() => (this.egress.length > 0 ? [...dns, ...distinct(this.egress)] : [])),
      },
    });
  }

  /** Opens one port of `server` to these pods, on both sides. */
  public connect(server: Isolation, port: number): void {
    if ((server.instance.namespace === undefined) !== (this.instance.namespace === undefined)) {
      const [known, unknown] = this.instance.namespace === undefined ? [server, this] : [this, server];
      problem(
        this,
        `'${known.instance.name}' and '${unknown.instance.name}' are connected, but the chart of the second has no ` +
          'namespace; give both charts one',
      );
    }
    this.egress.push({ to: [this.peer(server.instance)], ports: [tcp(port)] });
    server.ingress.push({ from: [server.peer(this.instance)], ports: [tcp(port)] });
  }

  /** Lets these pods reach ports of what is no pod: in some networks, or at any address where these are not known. */
  public allowToOutside(ports: number[], networks?: readonly string[]): void {
    const to = networks?.map((cidr) => ({ ipBlock: { cidr } }));
    this.egress.push({ to, ports: ports.map((port) => tcp(port)) });
  }

  public allowToApiServer(): void {
    this.allowToOutside(API_SERVER_PORTS, ClusterNetwork._of(this).apiServer);
  }

  public allowToKubelets(): void {
    this.allowToOutside([KUBELET_PORT], ClusterNetwork._of(this).nodes);
  }

  /** Lets any client reach ports of these pods, or those of one namespace only. */
  public allowFromOutside(ports: k8s.NetworkPolicyPort[], namespace?: string): void {
    this.ingress.push(namespace ? { from: [{ namespaceSelector: namespaceNamed(namespace) }], ports } : { ports });
  }

  private peer(other: Instance): k8s.NetworkPolicyPeer {
    const podSelector = { matchLabels: other.selector };
    return other.namespace && other.namespace !== this.instance.namespace
      ? { namespaceSelector: namespaceNamed(other.namespace), podSelector }
      : { podSelector };
  }
}

/** One TCP port, or all from `port` to `last`. */
export function tcp(port: number, last?: number): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(port), endPort: last, protocol: 'TCP' };
}

function namespaceNamed(name: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

function distinct<T>(rules: T[]): T[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
