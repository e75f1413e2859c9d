import type { AppSet } from '../app/app-set';
import { called, type KubernetesObject, keyOf } from '../cluster/object';

/** Names of objects, such as `Deployment nginx`. */
export interface Changes {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
}

interface Where {
  readonly set: AppSet;
  /** Whether an object of before is not deleted. */
  stays(object: KubernetesObject): boolean;
}

/** What the objects of one revision do to those of the one before. */
export function changesOf(
  before: readonly KubernetesObject[],
  after: readonly KubernetesObject[],
  { set, stays }: Where,
): Changes {
  const key = (object: KubernetesObject) => keyOf(object, set.fallback);
  const title = (object: KubernetesObject) => titleOf(object, set);
  const old = new Map(before.map((object) => [key(object), object]));
  const fresh = new Set(after.map(key));
  const isChanged = (object: KubernetesObject) => JSON.stringify(old.get(key(object))) !== JSON.stringify(object);
  return {
    created: after.filter((object) => !old.has(key(object))).map(title),
    changed: after.filter((object) => old.has(key(object)) && isChanged(object)).map(title),
    deleted: before.filter((object) => !fresh.has(key(object)) && !stays(object)).map(title),
  };
}

function titleOf(object: KubernetesObject, set: AppSet): string {
  const { namespace } = object.metadata;
  return `${called(object)}${namespace === undefined || namespace === set.namespace ? '' : ` in ${namespace}`}`;
}
