import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { BoundCertificate } from '../certificate';
import { ClusterNetwork, familiesOf } from '../cluster-network';
import { Endpoint } from '../endpoint';
import { type Isolation, tcp } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import { isText, problem } from '../private/problems';
import { reserve } from '../private/uniqueness';
import type { Workload } from '../private/workload';
import { type ByHost, Exposure } from './exposure';
import { addRoute } from './gateway';
import { addIngress } from './ingress';
import { kubernetesPorts, reservePorts } from './kubernetes-ports';
import { addressAnnotations, checkAddress } from './load-balancer';
import { checkNodePorts } from './node-ports';
import { isWeb, type OutsidePort, type ServicePort } from './service-port';

export interface ExposedServiceProps {
  readonly instance: Instance;
  readonly workload: Workload;
  readonly ports: ServicePort[];
  readonly exposure?: Exposure;
  /** The pods' own addresses, as the governing Service of a StatefulSet gives them. */
  readonly headless?: boolean;
  /** Pods are found before they are ready (`publishNotReadyAddresses`): those that replicate find each other by it. */
  readonly beforeReady?: boolean;
  /** Workloads that may take the place of `workload`: network policies let the same clients reach them. */
  readonly others?: readonly Workload[];
  /** All connections of a client go to one pod. */
  readonly sticky?: boolean;
}

export interface SwitchableProps {
  readonly next?: ExposedService;
  readonly exposure?: Exposure;
}

const HOST = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/;

/** The Service of an instance, and the Ingress or HTTPRoute where it has one. */
export class ExposedService extends Construct {
  public readonly object: ApiObject;
  private readonly exposure: Exposure;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExposedServiceProps,
  ) {
    super(scope, id);
    this.exposure = props.exposure ?? Exposure.clusterIp();
    const { _type: type, _balancer: balancer } = this.exposure;
    const { instance } = props;
    const ports = props.ports.flatMap((port) => kubernetesPorts(port, this.exposure));
    checkNodePorts(this, this.exposure._nodePorts, props.ports, type === 'NodePort');
    checkAddress(this, balancer);
    reservePorts(this, instance, ports, balancer.sharedAddress);
    this.object = new k8s.KubeService(this, 'Resource', {
      metadata: { name: instance.name, labels: instance.labels, annotations: addressAnnotations(balancer) },
      spec: {
        type,
        clusterIp: props.headless ? 'None' : undefined,
        ...familiesOf(ClusterNetwork._of(this)),
        publishNotReadyAddresses: props.beforeReady,
        loadBalancerIp: balancer.address,
        selector: instance.selector,
        sessionAffinity: props.sticky ? 'ClientIP' : undefined,
        ports,
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
    return Endpoint._of(this.props.instance, port, { isolations: this.isolations, target, certificate, speaks: name });
  }

  /** Where a port is found from outside; empty where it is not exposed. */
  public outside(name: string): OutsidePort {
    const found = this.port(name);
    const { port, scheme } = found;
    const { _type: type, _byHost: byHost, _nodePorts: nodePorts } = this.exposure;
    if (byHost) {
      return { scheme, url: isWeb(found) ? byHost.url : undefined };
    }
    return { scheme, port: type === 'LoadBalancer' ? port : undefined, nodePort: nodePorts[name] };
  }

  public get namespace(): string | undefined {
    return this.props.instance.namespace;
  }

  /** What clients find: ports, and what these speak. */
  public get listens(): string {
    return this.props.ports.map(({ port, scheme }) => `${port} (${scheme})`).join(', ');
  }

  /** Where the pods keep their files. */
  public get data(): Workload['data'] {
    return this.props.workload.data;
  }

  /** A Service named after `scope` before the same pods. Those of `next` may take their place. */
  public switchable(scope: Construct, id: string, { next, exposure }: SwitchableProps): ExposedService {
    const { instance, workload, sticky } = this.props;
    const { 'app.kubernetes.io/name': app = '', 'app.kubernetes.io/component': component = '' } = instance.labels;
    return new ExposedService(scope, id, {
      instance: { ...instanceOf(scope, app, component), selector: instance.selector },
      workload,
      others: next && [next.props.workload],
      ports: next ? portsOfEither(this.props.ports, next.props.ports) : this.props.ports,
      sticky,
      exposure,
    });
  }

  private get isolations(): Isolation[] {
    const { workload, others = [] } = this.props;
    return [...new Set([workload, ...others])].map(({ isolation }) => isolation);
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

  private addHost({ host }: ByHost): void {
    const { instance, ports } = this.props;
    const { _ingress: ingress, _gateway: gateway } = this.exposure;
    const through = gateway ? 'a gateway' : 'an ingress';
    const web = ports.find(isWeb);
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
    if (!isText(HOST, host) || host.length > 253) {
      problem(this, `'host' is '${host}'; use a host name in lower case, such as 'blog.example.org'`);
    }
    reserve(this, [`host '${host}'`], 'give one of the two another host');
    if (ingress) {
      addIngress(this, 'Ingress', instance, ingress, web.name);
    }
    if (gateway) {
      addRoute(this, 'Route', instance, gateway, web.port);
    }
    this.allowFromOutside([tcp(web.target)], (ingress ?? gateway)?.controllerNamespace);
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

/**
 * The ports of one version where another may take over. If their certificates differ, none can be verified: a client
 * that verifies that of the one would refuse that of the other.
 */
function portsOfEither(ports: ServicePort[], others: ServicePort[]): ServicePort[] {
  return ports.map((port) => {
    const secretName = port.certificate?.secretName;
    const other = others.find(({ name }) => name === port.name)?.certificate?.secretName;
    return secretName && other && other !== secretName
      ? { ...port, certificate: new BoundCertificate({ secretName }) }
      : port;
  });
}
