import { isKind } from '../../constructs/manifest/kinds';
import { type AppSet, PART_OF_SET } from '../app/app-set';
import { apiOf } from '../cluster/api';
import { type KubernetesObject, keyOf } from '../cluster/object';
import { inParallel } from '../cluster/parallel';
import { AT_ONCE } from '../machine/proxy';
import type { Session } from '../machine/session';

/** The objects with the label of the set's members. */
export function asMembers(objects: readonly KubernetesObject[], { id }: AppSet): KubernetesObject[] {
  return objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, [PART_OF_SET]: id } },
  }));
}

/** Makes members of objects that are there. */
export async function keepMembers(
  session: Session,
  { id }: AppSet,
  objects: readonly KubernetesObject[],
): Promise<void> {
  const api = apiOf(session);
  const others = objects.filter(({ metadata }) => metadata.labels?.[PART_OF_SET] !== id);
  await inParallel(others, AT_ONCE, (object) => api.merge(object, { metadata: { labels: { [PART_OF_SET]: id } } }));
}

/** Controllers hand the labels of an object on to what they make of it: that is theirs. */
export function isCopy(object: KubernetesObject, members: ReadonlyMap<string, KubernetesObject>): boolean {
  const { metadata } = object;
  const controlled = metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
  return controlled || (isKind(object, 'Endpoints') && members.has(keyOf({ ...object, kind: 'Service' }, '')));
}

/** Whether an object of the cluster belongs to another set than this. */
export function ownerOtherThan({ id }: AppSet, { metadata }: KubernetesObject): string | undefined {
  const owner = metadata.labels?.[PART_OF_SET];
  return owner === id ? undefined : owner;
}
