import { GROUP_KINDS } from '../../constructs/manifest/kinds';

/** An object of Kubernetes' with the version that it leaves to its kind. */
export function typed<T extends object>(object: T): T & { apiVersion: string } {
  return { apiVersion: apiVersionOf((object as { kind?: string }).kind ?? ''), ...object };
}

export function apiVersionOf(kind: string): string {
  const [, group = ''] = /^[^.]+\.(.*)$/.exec(GROUP_KINDS.find((known) => known.startsWith(`${kind}.`)) ?? '') ?? [];
  return group === '' ? 'v1' : `${group}/v1`;
}
