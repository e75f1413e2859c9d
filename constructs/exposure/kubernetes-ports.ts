import { k8s } from 'cdk8s-plus-28';
import type { IConstruct } from 'constructs';
import type { Instance } from '../private/names';
import { reserve } from '../private/uniqueness';
import type { Exposure } from './exposure';
import { FIRST_NODE_PORT, LAST_NODE_PORT } from './node-ports';
import type { ServicePort } from './service-port';

/** The ports of a Kubernetes Service, which has no ranges: each port of a range is an entry. */
export function kubernetesPorts(from: ServicePort, exposure: Exposure): k8s.ServicePort[] {
  const { name, port, last, target, scheme } = from;
  if (last === undefined) {
    const targetPort = k8s.IntOrString.fromString(name);
    const appProtocol = scheme === 'https' ? 'https' : undefined;
    const nodePort = exposure._nodePorts[name];
    return [{ name, port, targetPort, protocol: 'TCP', appProtocol, nodePort }];
  }
  const onNode = exposure._type !== 'ClusterIP' && port >= FIRST_NODE_PORT && last <= LAST_NODE_PORT;
  return Array.from({ length: last - port + 1 }, (_, index) => ({
    name: `${name}-${port + index}`,
    port: port + index,
    targetPort: k8s.IntOrString.fromNumber(target + index),
    protocol: 'TCP',
    nodePort: onNode ? port + index : undefined,
  }));
}

/** Reserves ports for a Service, on the nodes and at the address that it shares. */
export function reservePorts(
  scope: IConstruct,
  { name, namespace }: Instance,
  ports: k8s.ServicePort[],
  sharedAddress: string | undefined,
): void {
  const service = namespace ? `${namespace}/${name}` : name;
  const nodePorts = ports.flatMap(({ nodePort }) => nodePort ?? []);
  reserve(
    scope,
    ports.map(({ port }) => `port ${port} of service '${service}'`),
    'use another port',
  );
  reserve(
    scope,
    nodePorts.map((port) => `node port ${port}`),
    'use another port',
  );
  if (sharedAddress !== undefined) {
    const shared = ports.map(({ port }) => `port ${port} of the shared address '${sharedAddress}'`);
    reserve(scope, shared, 'use another port, or another address');
  }
}
