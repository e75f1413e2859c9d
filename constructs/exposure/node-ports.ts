import type { IConstruct } from 'constructs';
import { problem } from '../private/problems';
import type { ServicePort } from './service-port';

/** How a service is reached on the ports of every node. */
export interface NodePortProps {
  /**
   * A fixed port of the node, from 30000 to 32767, for each port of the service by its name (`http`, `https`, `ssh`,
   * `ftp`). FTPS' passive ports need no entry: they are the same on the node.
   */
  readonly ports: { readonly [port: string]: number };
}

/** The ports that Kubernetes gives to Services on its nodes, by default. */
export const FIRST_NODE_PORT = 30000;
export const LAST_NODE_PORT = 32767;

/** Reports node ports that no node can give, that are for no port of the service, or that are missing where all are needed. */
export function checkNodePorts(
  scope: IConstruct,
  nodePorts: NodePortProps['ports'],
  ports: ServicePort[],
  allNeeded: boolean,
): void {
  const known = ports.filter(({ last }) => last === undefined).map(({ name }) => name);
  for (const [name, port] of Object.entries(nodePorts)) {
    if (!known.includes(name)) {
      problem(scope, `'exposure' names a port '${name}', but the ports are ${known.join(', ')}; use one of these`);
    } else if (!Number.isInteger(port) || port < FIRST_NODE_PORT || port > LAST_NODE_PORT) {
      problem(
        scope,
        `'exposure' puts '${name}' on node port ${port}; use one from ${FIRST_NODE_PORT} to ${LAST_NODE_PORT}`,
      );
    }
  }
  const missing = known.filter((name) => nodePorts[name] === undefined);
  if (allNeeded && missing.length > 0) {
    problem(
      scope,
      `'exposure' gives no node port for ${missing.join(', ')}; add one from ${FIRST_NODE_PORT} to ${LAST_NODE_PORT}`,
    );
  }
}
