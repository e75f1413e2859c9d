import { k8s } from 'cdk8s-plus-28';
import { Construct, type IConstruct } from 'constructs';
import { ClusterNetwork } from '../cluster-network';
import { Resolver } from '../resolver';
import { lazyList } from './lazy-list';
import type { Instance } from './names';

/** The ports on which API servers listen: 443 of managed clusters, 6443 of kubeadm, 8443 of minikube. */
const API_SERVER_PORTS = [443, 6443, 8443];
const KUBELET_PORT = 10250;

/** Whom the pods of one instance may reach, and who may reach them: nobody, but for the connections that the wiring implies. */
export class Isolation {
  private readonly ingress: k8s.NetworkPolicyIngressRule[] = [];
  private readonly egress: k8s.NetworkPolicyEgressRule[] = [];
  private readonly mistakes: string[] = [];

  constructor(
    private readonly scope: IConstruct,
    public readonly instance: Instance,
  ) {}

  /** What is opened, also later than this. */
  public get rules(): Pick<k8s.NetworkPolicySpec, 'ingress' | 'egress'> {
    const dns = (ClusterNetwork._of(this.scope).dns ?? Resolver._USUAL).map(({ _rule }) => _rule);
    return {
      // none at all is left out: the API server would drop an empty list, and see a change at each apply
      ingress: lazyList(() => distinct(this.ingress)),
      egress: lazyList(() => (this.egress.length > 0 ? [...dns, ...distinct(this.egress)] : [])),
    };
  }

  /** What is wrong with the connections. */
  public problems(): string[] {
    return this.mistakes;
  }

  /** Opens one port of `server` to these pods, on both sides. */
  public connect(server: Isolation, port: number): void {
    if ((server.instance.namespace === undefined) !== (this.instance.namespace === undefined)) {
      const [known, unknown] = this.instance.namespace === undefined ? [server, this] : [this, server];
      this.mistakes.push(
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
    this.allowToOutside(API_SERVER_PORTS, ClusterNetwork._of(this.scope).apiServer);
  }

  public allowToKubelets(): void {
    this.allowToOutside([KUBELET_PORT], ClusterNetwork._of(this.scope).nodes);
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

/** The NetworkPolicy of an instance, closed both ways but for what its isolation lets through. */
export class IsolationPolicy extends Construct {
  constructor(scope: Construct, id: string, isolation: Isolation) {
    super(scope, id);
    const { name, labels, selector } = isolation.instance;
    new k8s.KubeNetworkPolicy(this, 'Resource', {
      metadata: { name, labels },
      spec: { podSelector: { matchLabels: selector }, policyTypes: ['Ingress', 'Egress'], ...isolation.rules },
    });
    this.node.addValidation({ validate: () => isolation.problems() });
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
