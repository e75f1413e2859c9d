import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Instance } from '../private/names';

/** How a web service is reached by its host name, through a Gateway of the cluster. */
export interface GatewayProps {
  /** The host name, such as `blog.example.org`. One service per host. */
  readonly host: string;

  /** The name of the Gateway. It must take routes from the service's namespace (its listener's `allowedRoutes`). */
  readonly gateway: string;

  /**
   * The namespace of the Gateway.
   * @default - the service's own
   */
  readonly gatewayNamespace?: string;

  /**
   * The Gateway's listener, by its name.
   * @default - every listener that takes the host
   */
  readonly sectionName?: string;

  /**
   * Whether browsers come to the Gateway by TLS. The certificate is the Gateway's, not the service's.
   * @default true
   */
  readonly tls?: boolean;

  /**
   * The namespace of the pods that serve the Gateway: then nobody else reaches the service.
   * @default - the service's port is open to every address
   */
  readonly controllerNamespace?: string;
}

/** The HTTPRoute that leads a host from its Gateway to a port of a service. */
export function addRoute(scope: Construct, id: string, instance: Instance, props: GatewayProps, port: number): void {
  const { host, gateway, gatewayNamespace, sectionName } = props;
  new ApiObject(scope, id, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: instance.name, labels: { ...instance.labels } },
    spec: {
      parentRefs: [{ name: gateway, namespace: gatewayNamespace, sectionName }],
      hostnames: [host],
      rules: [{ backendRefs: [{ name: instance.name, port }] }],
    },
  });
}

/** The names of objects that are somebody else's. */
export function gatewayNames(props: GatewayProps): { [prop: string]: string } {
  const { gateway, gatewayNamespace, sectionName, controllerNamespace } = props;
  const names = { gateway, gatewayNamespace, sectionName, controllerNamespace };
  return Object.fromEntries(
    Object.entries(names).flatMap(([prop, name]) => (name === undefined ? [] : [[prop, name]])),
  );
}
