import { isDeepStrictEqual } from 'node:util';
import { Choice, type Node } from './nodes';
import { AMOUNTS, type Amount } from './settings';
import { instanceOf, type Manifest, type Variant } from './variant';

/** What each container asks for and may use: one of three, chosen by a value. */
export class Amounts {
  private readonly resources = new Map<string, Node>();

  constructor(variantWith: (amount: Amount) => Variant) {
    const [small, medium, large] = AMOUNTS.map((amount) => taken(variantWith(amount)));
    if (!small || !medium || !large || !isDeepStrictEqual(small.rest, large.rest)) {
      throw new Error("'resources' changes more than what containers ask for and may use");
    }
    for (const [container, least] of small.resources) {
      const [more, most] = [medium.resources.get(container), large.resources.get(container)];
      const upper = new Choice('eq .Values.resources "medium"', more, least);
      const fixed = isDeepStrictEqual(least, most);
      this.resources.set(container, fixed ? least : new Choice('eq .Values.resources "large"', most, upper));
    }
  }

  of(manifest: Manifest, container: string): Node {
    const resources = this.resources.get(keyOf(manifest, container));
    if (resources === undefined) {
      throw new Error(`${keyOf(manifest, container)}: has no resources`);
    }
    return resources;
  }
}

/** The containers' resources, and everything else. */
function taken({ manifests }: Variant): { resources: Map<string, Node>; rest: Manifest[] } {
  const resources = new Map<string, Node>();
  for (const manifest of manifests) {
    for (const container of containersOf(manifest)) {
      resources.set(keyOf(manifest, container.name), container.resources);
      container.resources = {};
    }
  }
  return { resources, rest: manifests };
}

export function containersOf({ spec }: Manifest): Manifest['spec'][] {
  const pod = spec?.template?.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}

function keyOf(manifest: Manifest, container: string): string {
  return `${instanceOf(manifest)}/${container}`;
}
