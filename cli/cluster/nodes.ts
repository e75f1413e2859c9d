import type { Session } from '../machine/session';
import { apiOf } from './api';
import { unless } from './api-error';
import type { KubernetesObject } from './object';

export interface Node extends KubernetesObject {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    /** The largest of those that it has. */
    readonly images?: readonly { readonly names?: readonly string[] }[];
  };
}

/** The nodes; none for those who may not list them. */
export async function readNodes(session: Session): Promise<readonly Node[]> {
  return (await unless(403, apiOf(session).list<Node>('v1/nodes'))) ?? [];
}

/** Where a node is reached. */
export function addressOf(nodes: readonly Node[]): string | undefined {
  const addresses = nodes.flatMap(({ status }) => status?.addresses ?? []);
  const find = (type: string) => addresses.find((address) => address.type === type)?.address;
  return find('ExternalIP') ?? find('InternalIP');
}
