import type { PolicyFacts } from '../cluster/policies';

/** What the run found out about the system before its first check. */
export interface Facts {
  /** The address of the node. */
  readonly node: string;
  /** The address that the load balancer gave, where there is one. */
  readonly balancer?: string;
  /** The ports of each exposed service by their names: at the load balancer, and on the node. */
  readonly ports: { readonly [service: string]: { readonly [port: string]: Port } };
  /** Why Grafana's own checks cannot run, where they cannot. */
  readonly grafanaMissing?: string;
  /** Why no scaler can know of the load, where none can. */
  readonly metricsMissing?: string;
  readonly policies: PolicyFacts;
  /** The folder of the `Recorder`. */
  readonly record: string;
}

export interface Port {
  readonly port: number;
  readonly nodePort?: number;
}

/** Where clients reach a port. */
export interface Place {
  readonly by: 'load balancer' | 'node port';
  readonly host: string;
  readonly port: number;
}

export const FACTS: Facts = JSON.parse(process.env.E2E_FACTS ?? '{"node":"","ports":{},"policies":{},"record":""}');

/** Why what needs a load balancer is skipped, where it is. */
export const NO_BALANCER = FACTS.balancer ? undefined : 'no load balancer gives the services an address';

/** Both ways to a port; the reason is set where one is not there. */
export function ways(service: string, port: string): { by: Place['by']; skip?: string; place: () => Place }[] {
  const found = FACTS.ports[service]?.[port];
  const byNode = found?.nodePort ? undefined : `${service}'s ${port} has no port on the node`;
  return [
    {
      by: 'load balancer',
      skip: NO_BALANCER,
      place: () => ({ by: 'load balancer', host: FACTS.balancer ?? '', port: found?.port ?? 0 }),
    },
    {
      by: 'node port',
      skip: byNode,
      place: () => ({ by: 'node port', host: FACTS.node, port: found?.nodePort ?? 0 }),
    },
  ];
}

/** The usual way to a port: by the load balancer where there is one, else by the node. */
export function placeOf(service: string, port: string): Place {
  const way = ways(service, port).find(({ skip }) => !skip);
  if (!way) {
    throw new Error(`${service}'s ${port} is not reachable from outside: neither load balancer nor node port`);
  }
  return way.place();
}

/** The URL of a place, without the port that browsers leave out. */
export function url(scheme: 'http' | 'https', { host, port }: Place): string {
  return `${scheme}://${host}${port === (scheme === 'http' ? 80 : 443) ? '' : `:${port}`}`;
}
