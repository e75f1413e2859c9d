import type { FieldTree, KubernetesObject } from '../cluster/object';
import { labelsOf } from './fields';
import type { Writer } from './owners';

/** What people change objects with; controllers add fields in the course of their work. */
const BY_HAND = /^(kubectl|k9s|lens|openlens|freelens|headlamp|mozilla|curl)\b/i;

/** The time of `kubectl rollout restart`, kubectl's own copy of an object, and the mark of our members. */
const EXPECTED = /\[(kubectl|deployment|applyset)\.kubernetes\.io\/[^\]]*\]$/;

/** A field that somebody has added to what was applied. An apply leaves it there. */
export interface Addition extends Writer {
  readonly path: string;
}

export function additionsTo(object: KubernetesObject, us: string, changed: readonly string[]): Addition[] {
  const { managedFields: managers = [] } = object.metadata;
  const own = managers.filter(({ manager }) => manager === us).map(({ fieldsV1 = {} }) => fieldsV1);
  return managers
    .filter(({ manager = '', subresource }) => BY_HAND.test(manager) && subresource === undefined)
    .flatMap(({ manager: by = '', time: when, fieldsV1 = {} }) =>
      pathsIn(fieldsV1, own, '', changed).map((path) => ({ path, by, when })),
    )
    .filter(({ path }) => !EXPECTED.test(path));
}

/**
 * The topmost fields of a tree that none of ours has. Labels and annotations are told one by one, and so is what lies
 * beside fields that were ours and changed.
 */
function pathsIn(theirs: FieldTree, ours: readonly FieldTree[], parent: string, changed: readonly string[]): string[] {
  return Object.entries(theirs).flatMap(([key, inside]) => {
    const [label] = labelsOf(key);
    if (label === undefined) {
      return [];
    }
    const path = parent + step(key, label, parent);
    const below = ours.flatMap((tree) => tree[key] ?? []);
    if (
      below.length > 0 ||
      /^f:(metadata|labels|annotations)$/.test(key) ||
      changed.some((one) => isInside(one, path))
    ) {
      return pathsIn(inside, below, path, changed);
    }
    return changed.some((one) => one === path || isInside(path, one)) ? [] : [path];
  });
}

function isInside(path: string, parent: string): boolean {
  return path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`);
}

function step(key: string, label: string, parent: string): string {
  const isName = key.startsWith('f:') && /^[A-Za-z_][\w-]*$/.test(label);
  return isName ? `${parent === '' ? '' : '.'}${label}` : `[${label}]`;
}
