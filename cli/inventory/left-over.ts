import { isKind } from '../../constructs/manifest/kinds';
import type { AppSet } from '../app/app-set';
import type { Program } from '../app/render';
import { isData } from '../cluster/kinds';
import { called, instanceOf, type KubernetesObject, keyOf } from '../cluster/object';
import { table } from '../terminal/table';
import { inUse } from './in-use';

/** What the program does not have any more. */
export interface LeftOver {
  readonly objects: readonly KubernetesObject[];
  /** Is deleted only by those who ask for the deletion of data. */
  readonly data: readonly KubernetesObject[];
}

/** Members of a set that the program does not have. Data that it uses all the same is not left over. */
export function leftOverOf(
  { fallback }: AppSet,
  members: readonly KubernetesObject[],
  { all, without, spared = [] }: Omit<Program, 'objects'>,
): LeftOver {
  const written = new Set(all.map((object) => keyOf(object, fallback)));
  const ofCluster = new Set(all.map(nameOf));
  const isWritten = (member: KubernetesObject) =>
    member.metadata.namespace === undefined ? ofCluster.has(nameOf(member)) : written.has(keyOf(member, fallback));
  const gone = members.filter(
    (member) => !isWritten(member) && !without.includes(instanceOf(member) ?? '') && !isKind(member, ...spared),
  );
  const data = gone.filter(isData);
  const used = inUse(data, all);
  return { objects: gone.filter((object) => !isData(object)), data: data.filter((object) => !used.includes(object)) };
}

/** A line for each service that something is left of. */
export function leftOverTable(title: string, objects: readonly KubernetesObject[]): string {
  const rows = [...new Set(objects.map(serviceOf))].map((service) => {
    const names = objects.filter((object) => serviceOf(object) === service).map(called);
    return [service, names.join(', ')];
  });
  return table([[title, 'objects'], ...rows]);
}

/** What is in no namespace is the same one whichever the program writes: the API ignores it. */
function nameOf({ metadata: { namespace: _, ...metadata }, ...object }: KubernetesObject): string {
  return keyOf({ ...object, metadata }, '');
}

function serviceOf(object: KubernetesObject): string {
  return instanceOf(object) ?? '';
}
