import { instanceOf, type Service } from '../kubernetes';

/** The annotation in which the constructs say where a Service is found from outside. */
const URLS = 'cdk8s-services/urls';

/** Where a service is found from outside the cluster. */
export interface Address {
  readonly service: string;
  /** Undefined where the cluster has given no address yet; then `pending` says what would. */
  readonly url?: string;
  readonly pending?: string;
}

/** The URLs of Services as the cluster has them, with the places of load balancer and node filled in. */
export function addressesOf(services: readonly Service[], node: string): Address[] {
  return services.flatMap((service) => {
    const name = instanceOf(service) ?? service.metadata.name;
    const urls = service.metadata.annotations?.[URLS]?.split(' ').filter((url) => url !== '') ?? [];
    return urls.map((url) => ({ service: name, ...resolve(url, service, node) }));
  });
}

function resolve(url: string, { status }: Service, node: string): Omit<Address, 'service'> {
  const { ip, hostname } = status?.loadBalancer?.ingress?.[0] ?? {};
  const balancer = ip ?? hostname;
  if (url.includes('<load-balancer>') && !balancer) {
    return { pending: url.replace('<load-balancer>', '…') };
  }
  return { url: tidy(url.replace('<load-balancer>', host(balancer ?? '')).replace('<node>', host(node))) };
}

/** An IPv6 address has brackets in a URL. */
function host(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** A URL as it is typed: without the port that its scheme has anyway. */
function tidy(url: string): string {
  return url
    .replace(/^(http:.*?):80\//, '$1/')
    .replace(/^(https:.*?):443\//, '$1/')
    .replace(/^(ftp:.*?):21\//, '$1/')
    .replace(/^(ssh:.*?):22\//, '$1');
}
