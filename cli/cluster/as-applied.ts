import { groupOf, isKind } from '../../constructs/manifest/kinds';
import { FIELD_MANAGER } from './apply';
import { isFields } from './difference';
import type { KubernetesObject } from './object';

/** Fields that no record has: they say which object it is. */
const IDENTITY = ['apiVersion', 'kind'];
const METADATA = ['name', 'namespace'];

/** How what is written is held against what there is. */
interface Rules {
  /** Whether a value that no record looks into is the same. */
  isSame(wanted: unknown, live: unknown): boolean;
  /** Whether the API keeps nothing of a value. */
  isDropped(value: unknown): boolean;
}

/**
 * Whether an object of the cluster stays, and has just the fields that were applied, with these values: then an apply would
 * not change it, and there is nothing to try. Where that is not plain, as with values that the API writes in another way, it
 * is false.
 */
export function isAsApplied(live: KubernetesObject, wanted: KubernetesObject): boolean {
  return isRecorded(live, wanted, isSame);
}

/**
 * The same of what is known to have been applied last, with these values: who changes one takes its field over. A value that
 * the API writes in another way is no obstacle then.
 */
export function isAsAppliedLast(live: KubernetesObject, wanted: KubernetesObject): boolean {
  // of a Secret's values it is not known
  return isRecorded(live, wanted, isKind(wanted, 'Secret') ? isSame : () => true);
}

function isRecorded(live: KubernetesObject, wanted: KubernetesObject, isSame: Rules['isSame']): boolean {
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
  const fields = omit(wanted, [...IDENTITY, 'metadata']);
  const written = Object.keys(metadata).length > 0 ? { ...fields, metadata } : fields;
  // Kubernetes' own kinds, whose groups have no dot, keep no list that has nothing in it
  const isOwn = !groupOf(wanted).includes('.');
  const isDropped = (value: unknown) => isOwn && Array.isArray(value) && value.length === 0;
  return isCovered(record.fieldsV1, written, live, { isSame, isDropped });
}

/** Whether a record has all of a value and nothing else, and the cluster has the same. */
function isCovered(record: unknown, wanted: unknown, live: unknown, rules: Rules): boolean {
  const children = isFields(record) ? Object.entries(record).filter(([name]) => name !== '.') : [];
  if (children.length === 0) {
    return rules.isSame(wanted, live);
  }
  if (isFields(wanted) && isFields(live)) {
    const written = Object.keys(wanted).filter((name) => name in live || !rules.isDropped(wanted[name]));
    return (
      children.length === written.length &&
      children.every(([name, inner]) => {
        const field = name.slice(2);
        return name.startsWith('f:') && field in wanted && isCovered(inner, wanted[field], live[field], rules);
      })
    );
  }
  return Array.isArray(wanted) && Array.isArray(live) && isListCovered(children, wanted, live, rules);
}

function isListCovered(
  children: readonly (readonly [string, unknown])[],
  wanted: readonly unknown[],
  live: readonly unknown[],
  rules: Rules,
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
    if (!isCovered(record, wanted[index], live[place], rules)) {
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
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, index) => isSame(element, b[index]));
  }
  if (isFields(a) && isFields(b)) {
    const names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every((name) => name in b && isSame(a[name], b[name]));
  }
  return a === b;
}

function omit(fields: object, names: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !names.includes(name) && value !== undefined),
  );
}
