import type { Construct } from 'constructs';
import type { Endpoint } from '../endpoint';
import { ExposedService } from '../exposure/exposed-service';
import type { ServicePort } from '../exposure/service-port';
import type { Instance } from '../private/names';
import type { Workload } from '../private/workload';
import type { Topology } from './topology';

export interface ReplicationProps {
  readonly instance: Instance;
  readonly topology: Topology;
  readonly servers: readonly Workload[];
  readonly port: ServicePort;
}

/** Where several servers are found, beside the Service that leads to the primary. */
export interface Replication {
  /** The read replicas. */
  readonly replicas: Endpoint;
  /** Each server, whatever its role. */
  readonly servers: readonly Endpoint[];
}

/** A Service for all replicas, and one for each server, by which the servers reach each other. */
export function replication(scope: Construct, props: ReplicationProps): Replication {
  const { instance, topology, servers, port } = props;
  const ports = [port];
  const [first] = servers as [Workload];
  const replicas = new ExposedService(scope, 'ReadOnlyService', {
    instance: { ...instance, name: `${instance.name}-read`, selector: topology.withRole('replica') },
    workload: first,
    others: servers,
    ports,
  });
  const own = servers.map((server, number) => {
    connectToOthers(server, servers, port.target);
    return new ExposedService(scope, `Service${number}`, {
      instance: { ...topology.server(number), name: topology.host(number) },
      workload: server,
      ports,
      headless: true,
      beforeReady: true,
    });
  });
  return { replicas: replicas.endpoint(port.name), servers: own.map((service) => service.endpoint(port.name)) };
}

/** Opens the network between all servers: each may become the primary, from which the others replicate. */
function connectToOthers(server: Workload, servers: readonly Workload[], port: number): void {
  for (const other of servers.filter((other) => other !== server)) {
    server.isolation.connect(other.isolation, port);
  }
}
