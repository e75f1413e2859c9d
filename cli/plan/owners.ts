import { FIELD_MANAGER } from '../cluster/apply';
import { type Difference, isFields, textOf } from '../cluster/difference';
import type { KubernetesObject } from '../cluster/object';

/** The fields that others have set in an object of the cluster, and that these differences would take from them. */
export function takenOver(live: KubernetesObject, differences: readonly Difference[]): string[] {
  const { managedFields = [] } = live.metadata;
  const others = managedFields.filter(
    ({ manager, subresource }) => manager !== FIELD_MANAGER && subresource !== 'status',
  );
  const taken = new Map<string, string[]>();
  for (const difference of differences) {
    if (difference.before === undefined || difference.after === undefined) {
      continue;
    }
    for (const { manager = 'somebody', fieldsV1 } of others) {
      if (fieldsV1 && owns(fieldsV1, difference)) {
        taken.set(manager, [...(taken.get(manager) ?? []), textOf(difference.path)]);
      }
    }
  }
  return [...taken].map(([manager, paths]) => `taken over from ${manager}: ${paths.join(', ')}`);
}

/** Follows a path through what a manager has set: `f:` are fields, `k:` elements by their keys, `v:` elements by value. */
function owns(fields: object, { path }: Difference): boolean {
  let place: unknown = fields;
  for (const part of path) {
    if (!isFields(place)) {
      return false;
    }
    const inside: Readonly<Record<string, unknown>> = place;
    if (Object.keys(inside).length === 0) {
      return true;
    }
    if (typeof part === 'string') {
      place = inside[`f:${part}`];
    } else {
      const key = Object.keys(inside).find((key) => isKeyOf(key, part.value));
      place = key === undefined ? undefined : inside[key];
    }
  }
  return place !== undefined;
}

function isKeyOf(key: string, element: unknown): boolean {
  const [, kind, text = ''] = /^([kv]):(.*)$/s.exec(key) ?? [];
  if (kind === undefined) {
    return false;
  }
  const wanted: unknown = JSON.parse(text);
  if (kind === 'v' || !isFields(wanted)) {
    return wanted === element;
  }
  return isFields(element) && Object.entries(wanted).every(([name, value]) => element[name] === value);
}
