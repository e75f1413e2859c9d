import { FIELD_MANAGER } from './api';
import { type Difference, isFields, type Path, textOf } from './difference';
import type { FieldTree, KubernetesObject, ManagedFields } from './object';

// What `metadata.managedFields` tells: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management

/** What people change objects with; controllers add fields in the course of their work. */
const BY_HAND = /^(kubectl|k9s|lens|openlens|freelens|headlamp|mozilla|curl)\b/i;

/** The time of `kubectl rollout restart`, kubectl's own copy of an object, and the mark of our members. */
const EXPECTED = /\[(kubectl|deployment|applyset)\.kubernetes\.io\/[^\]]*\]$/;

/** The manager of `kubectl apply` without `--server-side`. */
const CLIENT_SIDE = 'kubectl-client-side-apply';

/** One part of a record: `f:` is a field, `k:` an element with these keys, `v:` an element that is this value. */
export type Key = { readonly field: string } | { readonly keys: object } | { readonly value: unknown };

/** The parts of a record; not the one that stands for the whole, which is `.`. */
export function keysIn(tree: FieldTree): (readonly [Key, FieldTree, string])[] {
  return Object.entries(tree)
    .filter(([name]) => name !== '.')
    .map(([name, inside]) => [keyOf(name), inside, name] as const);
}

function keyOf(name: string): Key {
  const text = name.slice(2);
  if (name.startsWith('f:')) {
    return { field: text };
  }
  const value: unknown = JSON.parse(text);
  return name.startsWith('k:') && isFields(value) ? { keys: value } : { value };
}

/** How a part is called in a path such as `spec.containers[web].image` or `data[nginx.conf]`: an element by any of its keys. */
function labelsOf(key: Key): string[] {
  return 'field' in key ? [key.field] : 'keys' in key ? Object.values(key.keys).map(String) : [`${key.value}`];
}

/** Whether an object of the cluster carries the mark of `up`. */
export function isApplied({ metadata }: KubernetesObject): boolean {
  return metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER) ?? false;
}

/** What `up` has applied of an object; undefined where that was another version of its API, or is not plain. */
export function appliedRecord({ metadata }: KubernetesObject, apiVersion: string): FieldTree | undefined {
  const [record, ...others] = (metadata.managedFields ?? []).filter(
    ({ manager, operation, subresource }) =>
      manager === FIELD_MANAGER && operation === 'Apply' && (subresource ?? '') === '',
  );
  return others.length === 0 && record?.apiVersion === apiVersion ? record.fieldsV1 : undefined;
}

/** The fields that others have set in an object of the cluster, and that these differences would take from them. */
export function takenOver({ metadata }: KubernetesObject, differences: readonly Difference[]): string[] {
  const others = (metadata.managedFields ?? []).filter(
    ({ manager, subresource }) => manager !== FIELD_MANAGER && subresource !== 'status',
  );
  const taken = new Map<string, string[]>();
  for (const { path, before, after } of differences) {
    for (const { manager = 'somebody', fieldsV1 } of before === undefined || after === undefined ? [] : others) {
      if (fieldsV1 && owns(fieldsV1, path)) {
        taken.set(manager, [...(taken.get(manager) ?? []), textOf(path)]);
      }
    }
  }
  return [...taken].map(([manager, paths]) => `taken over from ${manager}: ${paths.join(', ')}`);
}

export interface Writer {
  /** As the API calls him: `kubectl-edit`. */
  readonly by: string;
  readonly when?: string;
}

/** Who but us wrote a field last; nobody knows it of a field that is gone. */
export function writerOf(object: KubernetesObject | undefined, path: string): Writer | undefined {
  const parts = partsOf(path);
  const [last] = (object?.metadata.managedFields ?? [])
    .filter(({ manager, fieldsV1 }) => manager !== FIELD_MANAGER && fieldsV1 !== undefined && owns(fieldsV1, parts))
    .sort((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
  return last?.manager === undefined ? undefined : { by: last.manager, when: last.time };
}

/** A path in its parts. What is in brackets may be a field or an element. */
function partsOf(path: string): (string | { readonly label: string })[] {
  return [...path.matchAll(/\.?([^.[]+)|\[([^\]]*)\]/g)].map(([, name, label = '']) => name ?? { label });
}

/** Whether a record has a field, the whole of which it is a part, or what is in it. */
function owns(tree: FieldTree, [part, ...rest]: Path | ReturnType<typeof partsOf>): boolean {
  return (
    part === undefined ||
    Object.keys(tree).length === 0 ||
    keysIn(tree).some(([key, inside]) => isOf(key, part) && owns(inside, rest))
  );
}

function isOf(key: Key, part: Path[number] | { readonly label: string }): boolean {
  if (typeof part === 'string') {
    return 'field' in key && key.field === part;
  }
  const element = 'value' in part ? part.value : undefined;
  if (element === undefined || 'field' in key) {
    return labelsOf(key).includes(part.label);
  }
  return 'keys' in key
    ? isFields(element) && Object.entries(key.keys).every(([name, value]) => element[name] === value)
    : key.value === element;
}

/** A field that somebody has added to what was applied. An apply leaves it there. */
export interface Addition extends Writer {
  readonly path: string;
}

export function additionsTo({ metadata }: KubernetesObject, changed: readonly string[]): Addition[] {
  const { managedFields: managers = [] } = metadata;
  const own = managers.filter(({ manager }) => manager === FIELD_MANAGER).map(({ fieldsV1 = {} }) => fieldsV1);
  return managers
    .filter(({ manager = '', subresource }) => BY_HAND.test(manager) && subresource === undefined)
    .flatMap(({ manager: by = '', time: when, fieldsV1 = {} }) =>
      pathsIn(fieldsV1, own, '', changed).map((path) => ({ path, by, when })),
    )
    .filter(({ path }) => !EXPECTED.test(path));
}

/**
 * The topmost fields of a record that none of ours has. Labels and annotations are told one by one, and so is what lies
 * beside fields that were ours and changed.
 */
function pathsIn(theirs: FieldTree, ours: readonly FieldTree[], parent: string, changed: readonly string[]): string[] {
  return keysIn(theirs).flatMap(([key, inside, name]) => {
    const [label = ''] = labelsOf(key);
    const isName = 'field' in key && /^[A-Za-z_][\w-]*$/.test(label);
    const path = `${parent}${isName ? `${parent === '' ? '' : '.'}${label}` : `[${label}]`}`;
    const below = ours.flatMap((tree) => tree[name] ?? []);
    const isOpened = /^f:(metadata|labels|annotations)$/.test(name) || changed.some((one) => isInside(one, path));
    if (below.length > 0 || isOpened) {
      return pathsIn(inside, below, path, changed);
    }
    return changed.some((one) => one === path || isInside(path, one)) ? [] : [path];
  });
}

function isInside(path: string, parent: string): boolean {
  return path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`);
}

/**
 * The records of an object with our own in place of that of a client-side apply, as kubectl has it when it goes over to
 * server-side apply; undefined where there is none of that.
 */
export function fromClientSide(records: readonly ManagedFields[] = []): ManagedFields[] | undefined {
  const isOld = ({ manager, operation, subresource }: ManagedFields) =>
    manager === CLIENT_SIDE && operation === 'Update' && (subresource ?? '') === '';
  const old = records.filter(isOld);
  if (old.length === 0) {
    return undefined;
  }
  const isOwn = ({ manager, operation }: ManagedFields) => manager === FIELD_MANAGER && operation === 'Apply';
  return records
    .filter((record) => !isOld(record))
    .map((record) =>
      isOwn(record)
        ? { ...record, fieldsV1: old.reduce((tree, { fieldsV1 = {} }) => union(tree, fieldsV1), record.fieldsV1 ?? {}) }
        : record,
    );
}

function union(one: FieldTree, other: FieldTree): FieldTree {
  const both = Object.entries(other).map(([name, inside]) => [name, union(one[name] ?? {}, inside)]);
  return { ...one, ...Object.fromEntries(both) };
}
