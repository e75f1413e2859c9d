import { checkReference } from '../private/names';
import { type GatewayProps, gatewayNames } from './gateway';
import type { IngressProps } from './ingress';
import type { LoadBalancerProps } from './load-balancer';
import type { NodePortProps } from './node-ports';

/** The host name under which browsers reach a service. */
export interface ByHost {
  readonly host: string;
  readonly tls: boolean;
  readonly url: string;
}

const byHost = (host: string, tls: boolean): ByHost => ({ host, tls, url: `${tls ? 'https' : 'http'}://${host}` });

/** How a service is reached from outside the cluster. What it listens on inside is the same in every case. */
export class Exposure {
  /** Not at all: only the services that are given its endpoint reach it. */
  public static clusterIp(): Exposure {
    return new Exposure('ClusterIP');
  }

  /**
   * On fixed ports of every node.
   *
   * @param props The ports.
   */
  public static nodePort(props: NodePortProps): Exposure {
    return new Exposure('NodePort', { nodePorts: props.ports });
  }

  /**
   * By an address of a load balancer, on the service's usual ports.
   *
   * @param props Address and sharing.
   */
  public static loadBalancer(props: LoadBalancerProps = {}): Exposure {
    return new Exposure('LoadBalancer', props);
  }

  /**
   * By host name, through the cluster's ingress controller. Ports that are no web ports stay inside the cluster.
   *
   * @param props The host.
   * @throws If a name is one that no ingress class or namespace can have.
   */
  public static ingress(props: IngressProps): Exposure {
    const { ingressClass, controllerNamespace } = props;
    for (const [prop, name] of Object.entries({ ingressClass, controllerNamespace })) {
      if (name !== undefined) {
        checkReference('Exposure.ingress', prop, name);
      }
    }
    return new Exposure('ClusterIP', {}, props);
  }

  /**
   * By host name, through a Gateway of the cluster (Gateway API), by an HTTPRoute. Ports that are no web ports stay
   * inside the cluster.
   *
   * @param props Gateway and host.
   * @throws If a name is one that no Gateway, listener or namespace can have.
   */
  public static gateway(props: GatewayProps): Exposure {
    checkReference('Exposure.gateway', 'gateway', props.gateway);
    for (const [prop, name] of Object.entries(gatewayNames(props))) {
      checkReference('Exposure.gateway', prop, name);
    }
    return new Exposure('ClusterIP', {}, undefined, props);
  }

  private constructor(
    /** @internal */
    public readonly _type: 'ClusterIP' | 'NodePort' | 'LoadBalancer',
    /** @internal */
    public readonly _balancer: LoadBalancerProps = {},
    /** @internal */
    public readonly _ingress?: IngressProps,
    /** @internal */
    public readonly _gateway?: GatewayProps,
  ) {}

  /**
   * Fixed ports of the nodes, by port name.
   * @internal
   */
  public get _nodePorts(): { readonly [port: string]: number } {
    return this._balancer.nodePorts ?? {};
  }

  /**
   * The host name under which browsers reach the service, and whether they use TLS; none where they use an address and
   * a port.
   * @internal
   */
  public get _byHost(): ByHost | undefined {
    const { _ingress: ingress, _gateway: gateway } = this;
    if (ingress) {
      return byHost(ingress.host, ingress.certificate !== undefined);
    }
    return gateway && byHost(gateway.host, gateway.tls ?? true);
  }
}

/** The names and addresses that an exposure gives by itself, for certificates. */
export function hostsOf(exposure: Exposure | undefined): string[] {
  return [exposure?._byHost?.host, exposure?._balancer.address].flatMap((host) => host ?? []);
}
