import { type Autoscaling, Certificate, Exposure, Images, Sizes, Storage } from '../constructs';
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
  readonly nginxScaling?: Autoscaling;
  readonly wordpressScaling?: Autoscaling;
}

/** The environment that a chart's values describe. */
export function environmentOf(settings: Settings): Environment {
  const { issuer, ftpsHost } = settings;
  // what stands for a kind is none: `variant` puts it in
  const issuerKind = issuer?.kind === 'Issuer' ? issuer.kind : undefined;
  const issued = (names: string[] = []) =>
    issuer && Certificate.certManager({ issuer: issuer.name, issuerKind, names });
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
    resources: Sizes[settings.resources](),
    storage: Storage.claim(),
    nginx: { exposure: web(settings.nginxHost), autoscaling: settings.nginxScaling },
    wordpress: { exposure: web(settings.wordpressHost), autoscaling: settings.wordpressScaling },
    phpmyadmin: { certificate: Certificate.selfSigned() },
    ftps: {
      exposure: settings.loadBalancer ? Exposure.loadBalancer() : Exposure.clusterIp(),
      // cert-manager makes none for the names that it has in the cluster
      certificate: (names.length > 0 && issued(names)) || Certificate.selfSigned({ names }),
    },
    grafana: { exposure: web(settings.grafanaHost) },
  };
}
