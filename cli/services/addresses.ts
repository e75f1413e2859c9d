import { instanceOf, type Service, type ServicePort } from '../cluster/object';

/** The annotation in which the constructs say where a Service is found from outside. */
const URLS = 'cdk8s-services/urls';

const SCHEMES: { readonly [port: number]: string } = {
  21: 'ftp',
  22: 'ssh',
  80: 'http',
  443: 'https',
  8080: 'http',
  8443: 'https',
};

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
    return urlsOf(service).map((url) => ({ service: name, ...resolve(url, service, node) }));
  });
}

/** As the constructs say it; for a Service of others, what its ports look like. */
function urlsOf({ metadata, spec = {} }: Service): string[] {
  const written = metadata.annotations?.[URLS];
  if (written !== undefined) {
    return written.split(' ').filter((url) => url !== '');
  }
  const { type, ports = [] } = spec;
  return ports.flatMap((port) => {
    const scheme = schemeOf(port);
    const places = [
      ...(type === 'LoadBalancer' ? [`<load-balancer>:${port.port}`] : []),
      ...(port.nodePort ? [`<node>:${port.nodePort}`] : []),
    ];
    return scheme === undefined ? [] : places.map((place) => `${scheme}://${place}/`);
  });
}

/** By the names that ports have by convention, else by the well-known numbers. */
export function schemeOf({ name, appProtocol, protocol = 'TCP', port }: ServicePort): string | undefined {
  if (protocol !== 'TCP') {
    return undefined;
  }
  const [, said] = /^(https?|ssh|ftp)\b/.exec(appProtocol ?? name ?? '') ?? [];
  return said ?? SCHEMES[port];
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
