import type { IConstruct } from 'constructs';
import { checkNetworks } from './private/networks';
import type { Resolver } from './resolver';

const CONTEXT_KEY = 'cdk8s-services:cluster-network';

/** A family of addresses. */
export enum IpFamily {
  /** Such as 192.0.2.7. */
  IPV4 = 'IPv4',
  /** Such as 2001:db8::7. */
  IPV6 = 'IPv6',
}

/** Of how many families a Service gets addresses. */
export enum IpFamilyPolicy {
  /** Of one. */
  SINGLE_STACK = 'SingleStack',
  /** Of both, or of one where the cluster has one. */
  PREFER_DUAL_STACK = 'PreferDualStack',
  /** Of both: a cluster that has one refuses it. */
  REQUIRE_DUAL_STACK = 'RequireDualStack',
}

/** Where a cluster has what network policies have to name. */
export interface ClusterNetworkProps {
  /**
   * The networks of the API server, such as `['192.0.2.7/32']`: the addresses of the Service `kubernetes` in the namespace
   * `default` and of its endpoints.
   * @default - any address
   */
  readonly apiServer?: string[];

  /**
   * The networks of the nodes, whose kubelets Telegraf reads.
   * @default - any address
   */
  readonly nodes?: string[];

  /**
   * Who resolves names, in place of those that clusters usually have.
   * @default - the resolvers of kubeadm, k3s, EKS, GKE, AKS, OpenShift and NodeLocal DNSCache, where these have them unless
   * told otherwise
   */
  readonly dns?: Resolver[];

  /**
   * Of which families Services get addresses, beginning with that of the address by which they are known. A cluster refuses
   * one that it has not, whatever the policy.
   * @default - the first family of the cluster
   */
  readonly ipFamilies?: IpFamily[];

  /**
   * Of how many families Services get addresses.
   * @default - IpFamilyPolicy.REQUIRE_DUAL_STACK where `ipFamilies` has two, else of one
   */
  readonly ipFamilyPolicy?: IpFamilyPolicy;
}

/**
 * Where the API server and the nodes are, which network policies cannot name by a selector. FTPS behind a load balancer asks
 * the one, Telegraf both: they reach those ports there only, and at no other address. And who resolves names, for all
 * that connect to anything; and of which families Services have addresses.
 *
 * Set it once for an app, before anything else is added to it: `new ClusterNetwork({ … }).useIn(app)`.
 */
export class ClusterNetwork {
  /**
   * What is known of the cluster of a construct.
   * @internal
   */
  public static _of(scope: IConstruct): ClusterNetworkProps {
    return scope.node.tryGetContext(CONTEXT_KEY) ?? {};
  }

  /**
   * @param props The networks.
   * @throws If one of them is none, a list is empty, or the families do not fit together.
   */
  public constructor(private readonly props: ClusterNetworkProps) {
    checkNetworks('ClusterNetwork', 'apiServer', props.apiServer);
    checkNetworks('ClusterNetwork', 'nodes', props.nodes);
    if (props.dns?.length === 0) {
      throw new Error(
        "ClusterNetwork: 'dns' is empty, so that no name could be resolved; name a resolver, or leave it out",
      );
    }
    checkFamilies(props);
  }

  /**
   * Makes this the network of everything below `scope`.
   *
   * @param scope An app, chart or construct that has no children yet.
   * @throws If the scope has children, which may have asked for it already.
   */
  public useIn(scope: IConstruct): void {
    if (scope.node.children.length > 0) {
      throw new Error(`${scope.node.path || 'app'}: the network is set before anything is added; move useIn() up`);
    }
    scope.node.setContext(CONTEXT_KEY, this.props);
  }
}

/** The fields of a Service that say of which families it has addresses. */
export function familiesOf({ ipFamilies, ipFamilyPolicy }: ClusterNetworkProps) {
  const both = ipFamilies?.length === 2 ? IpFamilyPolicy.REQUIRE_DUAL_STACK : undefined;
  return { ipFamilies, ipFamilyPolicy: ipFamilyPolicy ?? both };
}

function checkFamilies({ ipFamilies, ipFamilyPolicy }: ClusterNetworkProps): void {
  if (ipFamilies?.length === 0) {
    throw new Error(
      "ClusterNetwork: 'ipFamilies' is empty, so that no Service had an address; name one, or leave it out",
    );
  }
  if (ipFamilies && new Set(ipFamilies).size < ipFamilies.length) {
    throw new Error(`ClusterNetwork: 'ipFamilies' is ${ipFamilies.join(', ')}; name each family once`);
  }
  if (ipFamilies?.length === 2 && ipFamilyPolicy === IpFamilyPolicy.SINGLE_STACK) {
    throw new Error(
      `ClusterNetwork: 'ipFamilyPolicy' is ${ipFamilyPolicy}, but 'ipFamilies' has two; use another policy, or one family`,
    );
  }
}
