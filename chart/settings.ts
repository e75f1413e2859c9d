import { Certificate, Exposure, Images, Sizes, Storage } from '../constructs';
import type { Environment } from '../environments';

/** What services may be given, from little to much. */
export const AMOUNTS = ['small', 'medium', 'large'] as const;
export type Amount = (typeof AMOUNTS)[number];

/** What is chosen at the installation. */
export interface Settings {
  readonly namespace: string;
  readonly nginxHost: string;
  readonly wordpressHost: string;
  readonly grafanaHost: string;
  readonly ingressClass?: string;
  /** The namespace of the ingress controller. */
  readonly controller?: string;
  /** cert-manager's issuer; without one, the certificates are our own. */
  readonly issuer?: { readonly name: string; readonly kind: string };
  readonly ftpsHost?: string;
  readonly loadBalancer: boolean;
  readonly resources: Amount;
}

/** The environment that a chart's values describe. */
export function environmentOf(settings: Settings): Environment {
  const { issuer, ftpsHost } = settings;
  const issued = (names: string[] = []) =>
    issuer && Certificate.certManager({ issuer: issuer.name, issuerKind: issuer.kind, names });
  const web = (host: string) =>
    Exposure.ingress({
      host,
      ingressClass: settings.ingressClass,
      certificate: issued() ?? Certificate.selfSigned(),
      controllerNamespace: settings.controller,
    });
  const names = ftpsHost === undefined ? [] : [ftpsHost];
  return {
    namespace: settings.namespace,
    images: Images.local(),
    certificate: {
      nginx: Certificate.selfSigned(),
      phpmyadmin: Certificate.selfSigned(),
      // cert-manager makes none for the names that it has in the cluster
      ftps: (names.length > 0 && issued(names)) || Certificate.selfSigned({ names }),
    },
    exposure: {
      nginx: web(settings.nginxHost),
      wordpress: web(settings.wordpressHost),
      phpmyadmin: Exposure.clusterIp(),
      grafana: web(settings.grafanaHost),
      ftps: settings.loadBalancer ? Exposure.loadBalancer() : Exposure.clusterIp(),
    },
    storage: Storage.claim(),
    resources: Sizes[settings.resources](),
  };
}
