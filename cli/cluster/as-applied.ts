import { groupOf, isKind } from '../../constructs/manifest/kinds';
import { isFields } from './difference';
import { appliedRecord, type Key, keysIn } from './managed-fields';
import type { FieldTree, KubernetesObject } from './object';

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
  const record = appliedRecord(live, wanted.apiVersion);
  if (!record) {
    return false;
  }
  const metadata = omit(wanted.metadata, METADATA);
  const fields = omit(wanted, [...IDENTITY, 'metadata']);
  const written = Object.keys(metadata).length > 0 ? { ...fields, metadata } : fields;
  // Kubernetes' own kinds, whose groups have no dot, keep no list that has nothing in it
  const isOwn = !groupOf(wanted).includes('.');
  const isDropped = (value: unknown) => isOwn && Array.isArray(value) && value.length === 0;
  return isCovered(record, written, live, { isSame, isDropped });
}

/** Whether a record has all of a value and nothing else, and the cluster has the same. */
function isCovered(record: FieldTree, wanted: unknown, live: unknown, rules: Rules): boolean {
  const keys = keysIn(record);
  if (keys.length === 0) {
    return rules.isSame(wanted, live);
  }
  if (isFields(wanted) && isFields(live)) {
    const written = Object.keys(wanted).filter((name) => name in live || !rules.isDropped(wanted[name]));
    return (
      keys.length === written.length &&
      keys.every(
        ([key, inner]) =>
          'field' in key && key.field in wanted && isCovered(inner, wanted[key.field], live[key.field], rules),
      )
    );
  }
  return Array.isArray(wanted) && Array.isArray(live) && isListCovered(keys, wanted, live, rules);
}

function isListCovered(
  keys: ReturnType<typeof keysIn>,
  wanted: readonly unknown[],
  live: readonly unknown[],
  rules: Rules,
): boolean {
  if (keys.length !== wanted.length) {
    return false;
  }
  const places = new Map<number, number>();
  for (const [key, record] of keys) {
    const [place, ...others] = live.flatMap((element, index) => (isElement(key, element, true) ? index : []));
    const [index, ...more] = wanted.flatMap((element, index) => (isElement(key, element, false) ? index : []));
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

/** Whether an element is the one of a key. What is written may leave keys to their defaults; what is there has all of them. */
function isElement(key: Key, element: unknown, isThere: boolean): boolean {
  if ('value' in key) {
    return isSame(element, key.value);
  }
  return (
    'keys' in key &&
    isFields(element) &&
    Object.entries(key.keys).every(([name, value]) => (name in element ? isSame(element[name], value) : !isThere))
  );
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
