import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { BoundCertificate, Certificate } from './certificate';
import { claim } from './claims';
import { Endpoint, type IReachable } from './endpoint';
import { type GatewayProps, gatewayNames, httpRoute } from './gateway';
import { type Isolation, tcp } from './isolation';
import { checkReference, type Instance } from './names';
import { problem } from './problems';
import type { Workload } from './workload';

/** The ports that Kubernetes gives to Services on its nodes, by default. */
export const FIRST_NODE_PORT = 30000;
export const LAST_NODE_PORT = 32767;

/** How a service is reached on the ports of every node. */
export interface NodePortProps {
  /**
   * A fixed port of the node, from 30000 to 32767, for each port of the service by its name (`http`, `https`, `ssh`,
   * `ftp`). FTPS' passive ports need no entry: they are the same on the node.
   */
  readonly ports: { readonly [port: string]: number };
}

/** How a service is reached by the address of a load balancer. */
export interface LoadBalancerProps {
  /**
   * Services with the same key share one address, each on its own ports (MetalLB's `allow-shared-ip`).
   * @default - an address of its own
   */
  readonly sharedAddress?: string;

  /**
   * The address to ask for.
   * @default - one that the platform chooses
   */
  readonly address?: string;

  /**
   * Fixed ports of the node as well, by port name, for clusters where no load balancer answers.
   * @default - ports that Kubernetes chooses
   */
  readonly nodePorts?: { readonly [port: string]: number };
}

/** How a web service is reached by its host name. */
export interface IngressProps {
  /** The host name, such as `blog.example.org`. One service per host. */
  readonly host: string;

  /**
   * The class of the ingress controller.
   * @default - the cluster's default class
   */
  readonly ingressClass?: string;

  /**
   * The certificate for the host.
   * @default - plain HTTP, or whatever certificate the controller has
   */
  readonly certificate?: Certificate;

  /**
   * The namespace of the ingress controller: then nobody else reaches the service.
   * @default - the service's port is open to every address
   */
  readonly controllerNamespace?: string;
}

/** Where browsers come that know a service by its host name. */
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
   */
  public static ingress(props: IngressProps): Exposure {
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
   * The host name under which browsers come, and whether by TLS; none for addresses and ports.
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

/** A port of a service, or a range of them. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** The last port of a range, which is the same on the Service, the pod and the node. */
  readonly last?: number;
  /** The port of the container. */
  readonly target: number;
  /** How its URLs begin; a range has none. */
  readonly scheme?: string;
  /** What it speaks TLS with. */
  readonly certificate?: BoundCertificate;
}

export interface ExposedServiceProps {
  readonly instance: Instance;
  readonly workload: Workload;
  readonly ports: ServicePort[];
  readonly exposure?: Exposure;
  /** The pods' own addresses, as the governing Service of a StatefulSet gives them. */
  readonly headless?: boolean;
  /** What may take the place of the workload: whoever reaches the one reaches it as well. */
  readonly standby?: Workload;
  /** All connections of a client go to one pod. */
  readonly sticky?: boolean;
}

/** Where clients outside the cluster find one port. */
export interface OutsidePort {
  /** By host name, through an ingress controller. */
  readonly url?: string;
  readonly scheme?: string;
  /** At the load balancer's address. */
  readonly port?: number;
  /** At a node's address. */
  readonly nodePort?: number;
}

/** A web service whose place outside the cluster is known, so that others can send browsers there. */
export interface IExposed extends IReachable {
  /**
   * Where browsers find it.
   * @internal
   */
  readonly _outside: OutsidePort;

  /**
   * The Service that leads to it.
   * @internal
   */
  readonly _exposed: ExposedService;
}

/** The Service of an instance, and the Ingress or HTTPRoute where it has one. */
export class ExposedService extends Construct {
  public readonly object: ApiObject;
  private readonly exposure: Exposure;

  constructor(
    scope: Construct,
    id: string,
    public readonly props: ExposedServiceProps,
  ) {
    super(scope, id);
    this.exposure = props.exposure ?? Exposure.clusterIp();
    const { _type: type, _balancer: balancer } = this.exposure;
    const { instance } = props;
    this.checkNodePorts();
    this.claimPorts();
    this.object = new k8s.KubeService(this, 'Resource', {
      metadata: { name: instance.name, labels: instance.labels, annotations: annotations(balancer) },
      spec: {
        type,
        clusterIp: props.headless ? 'None' : undefined,
        loadBalancerIp: balancer.address,
        selector: instance.selector,
        sessionAffinity: props.sticky ? 'ClientIP' : undefined,
        ports: props.ports.flatMap((port) => this.servicePorts(port)),
      },
    });
    if (type !== 'ClusterIP') {
      this.allowFromOutside(props.ports.map(({ target, last }) => tcp(target, last)));
    }
    if (this.exposure._byHost) {
      this.addHost(this.exposure._byHost);
    }
    const urls = [...new Set(props.ports.flatMap((port) => this.urls(port)))];
    if (urls.length > 0) {
      this.object.metadata.addAnnotation('cdk8s-services/urls', urls.join(' '));
    }
  }

  /** The endpoint of a port, for services in the cluster. */
  public endpoint(name: string): Endpoint {
    const { port, target, certificate } = this.port(name);
    return Endpoint._of(this.props.instance, port, { isolations: this.isolations, target, certificate });
  }

  /** Where a port is found from outside; empty where it is not exposed. */
  public outside(name: string): OutsidePort {
    const { port, scheme } = this.port(name);
    const { _type: type, _byHost: site } = this.exposure;
    if (site) {
      return { scheme, url: isWeb(scheme) ? site.url : undefined };
    }
    return { scheme, port: type === 'LoadBalancer' ? port : undefined, nodePort: this.nodePortOf(name) };
  }

  private get isolations(): Isolation[] {
    const { workload, standby } = this.props;
    return standby ? [workload.isolation, standby.isolation] : [workload.isolation];
  }

  private allowFromOutside(ports: k8s.NetworkPolicyPort[], namespace?: string): void {
    for (const isolation of this.isolations) {
      isolation.allowFromOutside(ports, namespace);
    }
  }

  private port(name: string): ServicePort {
    const found = this.props.ports.find((port) => port.name === name);
    if (!found) {
      throw new Error(`${this.node.path}: has no port '${name}'`);
    }
    return found;
  }

  private nodePortOf(name: string): number | undefined {
    return this.exposure._balancer.nodePorts?.[name];
  }

  private servicePorts({ name, port, last, target, scheme }: ServicePort): k8s.ServicePort[] {
    if (last === undefined) {
      const targetPort = k8s.IntOrString.fromString(name);
      const appProtocol = scheme === 'https' ? 'https' : undefined;
      return [{ name, port, targetPort, protocol: 'TCP', appProtocol, nodePort: this.nodePortOf(name) }];
    }
    const onNode = this.exposure._type !== 'ClusterIP' && port >= FIRST_NODE_PORT && last <= LAST_NODE_PORT;
    return Array.from({ length: last - port + 1 }, (_, index) => ({
      name: `${name}-${port + index}`,
      port: port + index,
      targetPort: k8s.IntOrString.fromNumber(target + index),
      protocol: 'TCP',
      nodePort: onNode ? port + index : undefined,
    }));
  }

  private addHost({ host }: ByHost): void {
    const { instance, ports } = this.props;
    const { _ingress: ingress, _gateway: gateway } = this.exposure;
    const through = gateway ? 'a gateway' : 'an ingress';
    const web = ports.find(({ scheme }) => isWeb(scheme));
    if (!web) {
      problem(
        this,
        `'exposure' is ${through}, but no port of ${instance.name} speaks HTTP; use nodePort or loadBalancer`,
      );
      return;
    }
    if (web.certificate) {
      const those = gateway
        ? 'gateways speak plain HTTP to it; leave it out: the Gateway has its own'
        : 'ingress controllers speak plain HTTP to it; leave it out, and give Exposure.ingress the certificate';
      problem(this, `'certificate' has port ${web.port} speak TLS, but ${those}`);
    }
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/.test(host)) {
      problem(this, `'host' is '${host}'; use a host name in lower case, such as 'blog.example.org'`);
    }
    claim(this, [`host '${host}'`], 'give one of the two another host');
    if (ingress) {
      this.addIngress(ingress, web);
    }
    if (gateway) {
      httpRoute(this, 'Route', instance, gateway, web.port);
    }
    this.allowFromOutside([tcp(web.target)], (ingress ?? gateway)?.controllerNamespace);
  }

  private addIngress({ host, ingressClass, certificate }: IngressProps, web: ServicePort): void {
    const { instance } = this.props;
    const holder = { instance, secretName: `${instance.name}-ingress-tls`, hosts: [host] };
    const tls = certificate && [{ hosts: [host], secretName: certificate._bind(this, holder).secretName }];
    const backend = { service: { name: instance.name, port: { name: web.name } } };
    new k8s.KubeIngress(this, 'Ingress', {
      metadata: { name: instance.name, labels: instance.labels },
      spec: {
        ingressClassName: ingressClass,
        rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
        tls,
      },
    });
  }

  private checkNodePorts(): void {
    const known = this.props.ports.filter(({ last }) => last === undefined).map(({ name }) => name);
    for (const [name, port] of Object.entries(this.exposure._balancer.nodePorts ?? {})) {
      if (!known.includes(name)) {
        problem(this, `'exposure' names a port '${name}', but the ports are ${known.join(', ')}; use one of these`);
      } else if (!Number.isInteger(port) || port < FIRST_NODE_PORT || port > LAST_NODE_PORT) {
        problem(
          this,
          `'exposure' puts '${name}' on node port ${port}; use one from ${FIRST_NODE_PORT} to ${LAST_NODE_PORT}`,
        );
      }
    }
    const missing = known.filter((name) => this.nodePortOf(name) === undefined);
    if (this.exposure._type === 'NodePort' && missing.length > 0) {
      problem(
        this,
        `'exposure' gives no node port for ${missing.join(', ')}; add one from ${FIRST_NODE_PORT} to ${LAST_NODE_PORT}`,
      );
    }
  }

  private claimPorts(): void {
    const { sharedAddress } = this.exposure._balancer;
    const { name, namespace } = this.props.instance;
    const ports = this.props.ports.flatMap((port) => this.servicePorts(port));
    const service = namespace ? `${namespace}/${name}` : name;
    const nodePorts = ports.flatMap(({ nodePort }) => nodePort ?? []);
    claim(
      this,
      ports.map(({ port }) => `port ${port} of service '${service}'`),
      'use another port',
    );
    claim(
      this,
      nodePorts.map((port) => `node port ${port}`),
      'use another port',
    );
    if (sharedAddress !== undefined) {
      const shared = ports.map(({ port }) => `port ${port} of the shared address '${sharedAddress}'`);
      claim(this, shared, 'use another port, or another address');
    }
  }

  private urls({ name, last, scheme }: ServicePort): string[] {
    if (last !== undefined || !scheme) {
      return [];
    }
    const { url, port, nodePort } = this.outside(name);
    return [
      ...(url ? [`${url}/`] : []),
      ...(port ? [`${scheme}://<load-balancer>:${port}/`] : []),
      ...(nodePort ? [`${scheme}://<node>:${nodePort}/`] : []),
    ];
  }
}

/** The names and addresses that an exposure gives by itself, for certificates. */
export function hostsOf(exposure: Exposure | undefined): string[] {
  return [exposure?._byHost?.host, exposure?._balancer.address].flatMap((host) => host ?? []);
}

function isWeb(scheme: string | undefined): boolean {
  return scheme === 'http' || scheme === 'https';
}

/** MetalLB 0.13 and newer read the first prefix, older ones and minikube's add-on the second. */
function annotations({ sharedAddress, address }: LoadBalancerProps): { [key: string]: string } | undefined {
  const prefixes = ['metallb.io', 'metallb.universe.tf'];
  const entries = prefixes.flatMap((prefix) => [
    ...(sharedAddress ? [[`${prefix}/allow-shared-ip`, sharedAddress]] : []),
    ...(address ? [[`${prefix}/loadBalancerIPs`, address]] : []),
  ]);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
