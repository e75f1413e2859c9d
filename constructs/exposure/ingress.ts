import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Certificate } from '../certificate';
import type { Instance } from '../private/names';

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

/** The Ingress that leads a host to a port of a service. */
export function addIngress(scope: Construct, id: string, instance: Instance, props: IngressProps, port: string): void {
  const { host, ingressClass, certificate } = props;
  const holder = { instance, secretName: `${instance.name}-ingress-tls`, hosts: [host] };
  const tls = certificate && [{ hosts: [host], secretName: certificate._bind(scope, holder).secretName }];
  const backend = { service: { name: instance.name, port: { name: port } } };
  new k8s.KubeIngress(scope, id, {
    metadata: { name: instance.name, labels: instance.labels },
    spec: {
      ingressClassName: ingressClass,
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      tls,
    },
  });
}
