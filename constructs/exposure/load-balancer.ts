import { isIP } from 'node:net';
import type { IConstruct } from 'constructs';
import { problem } from '../private/problems';

/** How a service is reached by the address of a load balancer. */
export interface LoadBalancerProps {
  /**
   * Services with the same key share one address, each on its own ports (MetalLB's `allow-shared-ip`).
   * @default - an address of its own
   */
  readonly sharedAddress?: string;

  /**
   * The address to ask for, of IPv4 or IPv6.
   * @default - one that the platform chooses
   */
  readonly address?: string;

  /**
   * Fixed ports of the node as well, by port name, for clusters where no load balancer answers.
   * @default - ports that Kubernetes chooses
   */
  readonly nodePorts?: { readonly [port: string]: number };
}

/** MetalLB 0.13 and newer read the first prefix, older ones and minikube's add-on the second. */
export function addressAnnotations({
  sharedAddress,
  address,
}: LoadBalancerProps): { [key: string]: string } | undefined {
  const prefixes = ['metallb.io', 'metallb.universe.tf'];
  const entries = prefixes.flatMap((prefix) => [
    ...(sharedAddress ? [[`${prefix}/allow-shared-ip`, sharedAddress]] : []),
    ...(address ? [[`${prefix}/loadBalancerIPs`, address]] : []),
  ]);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Reports an address that no load balancer can have. */
export function checkAddress(scope: IConstruct, { address }: LoadBalancerProps): void {
  if (address !== undefined && !isIP(address)) {
    problem(scope, `'address' is '${address}', which is no address; use one such as '192.0.2.7', or leave it out`);
  }
}
