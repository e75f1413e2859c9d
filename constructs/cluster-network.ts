import type { IConstruct } from 'constructs';
import { checkNetworks } from './private/networks';
import type { Resolver } from './resolver';

const CONTEXT_KEY = 'cdk8s-services:cluster-network';

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
}

/**
 * Where the API server and the nodes are, which network policies cannot name by a selector. FTPS behind a load balancer asks
 * the one, Telegraf both: they reach those ports there only, and at no other address. And who resolves names, for all
 * that connect to anything.
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
   * @throws If one of them is none, or a list is empty.
   */
  public constructor(private readonly props: ClusterNetworkProps) {
    checkNetworks('ClusterNetwork', 'apiServer', props.apiServer);
    checkNetworks('ClusterNetwork', 'nodes', props.nodes);
    if (props.dns?.length === 0) {
      throw new Error(
        "ClusterNetwork: 'dns' is empty, so that no name could be resolved; name a resolver, or leave it out",
      );
    }
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
