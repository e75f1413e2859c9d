import { k8s } from 'cdk8s-plus-28';
import { checkNetworks } from './private/networks';
import { isText } from './private/problems';

/** DNS' own. */
const PORT = 53;
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;

/** Pods that resolve names. */
export interface ResolverPodsProps {
  /** Their namespace, such as `kube-system`. */
  readonly inNamespace: string;

  /** Labels that they have, such as `{ 'k8s-app': 'kube-dns' }`. */
  readonly labels: { readonly [label: string]: string };

  /**
   * Where they listen, by UDP and TCP. A network policy is about the port of the pod, not that of its Service.
   * @default 53
   */
  readonly port?: number;
}

/** Who resolves the names of a cluster, for network policies. */
export class Resolver {
  /**
   * Pods with an address of their own, as CoreDNS usually runs.
   *
   * @param props Where they are, and what labels they have.
   * @throws If a name, a label or the port is none, or there is no label.
   */
  public static pods(props: ResolverPodsProps): Resolver {
    const { inNamespace, labels, port = PORT } = props;
    const where = 'Resolver.pods';
    if (!isText(NAME, inNamespace)) {
      throw new Error(`${where}: 'inNamespace' is '${inNamespace}'; use the name of one, such as 'kube-system'`);
    }
    if (Object.keys(labels ?? {}).length === 0) {
      throw new Error(`${where}: 'labels' is empty, which all pods of the namespace match; name at least one`);
    }
    for (const [key, value] of Object.entries(labels)) {
      if (!LABEL_KEY.test(key) || !isText(LABEL_VALUE, value)) {
        throw new Error(
          `${where}: 'labels' has '${key}: ${value}', which is no label; use such as 'k8s-app: kube-dns'`,
        );
      }
    }
    checkPort(where, port);
    return new Resolver([podsOf(inNamespace, { matchLabels: labels })], port);
  }

  /**
   * Addresses of the node or outside the cluster. NodeLocal DNSCache has two: its own and that of the Service of the
   * cluster's DNS, which pods keep asking.
   *
   * @param networks Such as `['169.254.20.10/32', '10.96.0.10/32']`.
   * @param port Where they listen, by UDP and TCP; 53 unless told.
   * @throws If one of the networks, or the port, is none.
   */
  public static at(networks: string[], port?: number): Resolver {
    checkNetworks('Resolver.at', 'networks', networks);
    checkPort('Resolver.at', port ?? PORT);
    return new Resolver(addresses(networks), port ?? PORT);
  }

  /** @internal */
  public readonly _rule: k8s.NetworkPolicyEgressRule;

  private constructor(to: k8s.NetworkPolicyPeer[], port: number) {
    const number = k8s.IntOrString.fromNumber(port);
    this._rule = { to, ports: ['TCP', 'UDP'].map((protocol) => ({ port: number, protocol })) };
  }

  /**
   * Those of the clusters that docs/clusters.md names: no cluster has all of them, and what is not there opens nothing.
   * @internal
   */
  public static readonly _USUAL: readonly Resolver[] = [
    new Resolver(
      [
        podsOf('kube-system', {
          matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns', 'coredns', 'node-local-dns'] }],
        }),
        ...addresses([
          // on the node itself: NodeLocal DNSCache, that of Kubespray, AKS' LocalDNS, GKE's Cloud DNS
          ...['169.254.20.10/32', '169.254.25.10/32', '169.254.10.10/31', '169.254.169.254/32'],
          // the Service, which nodes answer for: of kubeadm, k3s, EKS (two), AKS and GKE as they are unless told otherwise
          ...['10.96.0.10/32', '10.43.0.10/32', '10.100.0.10/32', '172.20.0.10/32', '10.0.0.10/32', '34.118.224.10/32'],
        ]),
      ],
      PORT,
    ),
    new Resolver(
      [podsOf('openshift-dns', { matchLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } })],
      5353,
    ),
  ];
}

function podsOf(namespace: string, podSelector: k8s.LabelSelector): k8s.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector };
}

function addresses(networks: readonly string[]): k8s.NetworkPolicyPeer[] {
  return networks.map((cidr) => ({ ipBlock: { cidr } }));
}

function checkPort(where: string, port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`${where}: 'port' is ${port}; use a whole number from 1 to 65535`);
  }
}
