import { groupOf, type KubernetesObject } from '../kubernetes';
import { isFields } from '../plan/difference';
import { FIELD_MANAGER } from './apply';

/** Fields that no record has: they say which object it is. */
const IDENTITY = ['apiVersion', 'kind'];
const METADATA = ['name', 'namespace'];

/**
 * Whether an object of the cluster stays, and has just the fields that were applied, with these values: then an apply would not change
 * it, and there is nothing to try. Where that is not plain, as with values that the API writes in another way, it is false.
 */
export function isAsApplied(live: KubernetesObject, wanted: KubernetesObject): boolean {
  if (live.metadata.deletionTimestamp !== undefined) {
    return false;
  }
  const { managedFields = [] } = live.metadata;
  const ours = managedFields.filter(
    ({ manager, operation, subresource }) =>
      manager === FIELD_MANAGER && operation === 'Apply' && (subresource ?? '') === '',
  );
  const [record] = ours;
  if (ours.length !== 1 || !record?.fieldsV1 || record.apiVersion !== wanted.apiVersion) {
    return false;
  }
  const metadata = omit(wanted.metadata, METADATA);
  const fields = omit(wanted, IDENTITY);
  // Kubernetes' own kinds, whose groups have no dot, keep no list that has nothing in it
  const isDropped: Test = (value) => !groupOf(wanted).includes('.') && Array.isArray(value) && value.length === 0;
  const written = Object.keys(metadata).length > 0 ? { ...fields, metadata } : fields;
  return isCovered(record.fieldsV1, written, live, isDropped);
}

type Test = (value: unknown) => boolean;

/** Whether a record has all of a value and nothing else, and the cluster has the same. */
function isCovered(record: unknown, wanted: unknown, live: unknown, isDropped: Test): boolean {
  const children = isFields(record) ? Object.entries(record).filter(([name]) => name !== '.') : [];
  if (children.length === 0) {
    return isSame(wanted, live, isDropped);
  }
  if (isFields(wanted) && isFields(live)) {
    const written = Object.keys(wanted).filter((name) => name in live || !isDropped(wanted[name]));
    return (
      children.length === written.length &&
      children.every(([name, inner]) => {
        const field = name.slice(2);
        return name.startsWith('f:') && field in wanted && isCovered(inner, wanted[field], live[field], isDropped);
      })
    );
  }
  return Array.isArray(wanted) && Array.isArray(live) && isListCovered(children, wanted, live, isDropped);
}

function isListCovered(
  children: readonly (readonly [string, unknown])[],
  wanted: readonly unknown[],
  live: readonly unknown[],
  isDropped: Test,
): boolean {
  if (children.length !== wanted.length) {
    return false;
  }
  const places = new Map<number, number>();
  for (const [name, record] of children) {
    const is = elementOf(name);
    const [place, ...others] = live.flatMap((element, index) => (is(element, true) ? index : []));
    const [index, ...more] = wanted.flatMap((element, index) => (is(element, false) ? index : []));
    if (place === undefined || index === undefined || others.length > 0 || more.length > 0 || places.has(index)) {
      return false;
    }
    if (!isCovered(record, wanted[index], live[place], isDropped)) {
      return false;
    }
    places.set(index, place);
  }
  // an apply would bring them into the order in which they are written
  return wanted.every((_, index) => index === 0 || (places.get(index) ?? -1) > (places.get(index - 1) ?? -1));
}

/** Finds the element that `k:` describes by its keys, or `v:` by its value. What is written may leave keys to their defaults. */
function elementOf(name: string): (element: unknown, isWhole: boolean) => boolean {
  const value: unknown = JSON.parse(name.slice(2));
  if (!name.startsWith('k:') || !isFields(value)) {
    return (element) => isSame(element, value);
  }
  return (element, isWhole) =>
    isFields(element) &&
    Object.entries(value).every(([key, wanted]) => (key in element ? isSame(element[key], wanted) : !isWhole));
}

/** Whether two values are written the same, in whatever order their fields are. */
function isSame(wanted: unknown, live: unknown, isDropped: Test = () => false): boolean {
  if (Array.isArray(wanted) && Array.isArray(live)) {
    return wanted.length === live.length && wanted.every((element, index) => isSame(element, live[index], isDropped));
  }
  if (isFields(wanted) && isFields(live)) {
    const names = Object.keys(wanted).filter((name) => name in live || !isDropped(wanted[name]));
    return (
      names.length === Object.keys(live).length &&
      names.every((name) => name in live && isSame(wanted[name], live[name], isDropped))
    );
  }
  return wanted === live;
}

function omit(fields: object, names: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !names.includes(name) && value !== undefined),
  );
}
