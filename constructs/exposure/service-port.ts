import type { BoundCertificate } from '../certificate';

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

export function isWeb({ scheme }: ServicePort): boolean {
  return scheme === 'http' || scheme === 'https';
}

/** Where clients outside the cluster find one port. */
export interface OutsidePort {
  /** By host name, through an ingress controller or a gateway. */
  readonly url?: string;
  /** How its URLs begin. */
  readonly scheme?: string;
  /** At the load balancer's address. */
  readonly port?: number;
  /** At a node's address. */
  readonly nodePort?: number;
}
