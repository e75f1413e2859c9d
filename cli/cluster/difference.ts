/** A place in an object: fields by their names, elements of lists by what Kubernetes tells them apart by. */
export type Path = readonly (string | Element)[];

export interface Element {
  readonly label: string;
  /** As it was before, to find out who owns it. */
  readonly value: unknown;
}

export interface Difference {
  readonly path: Path;
  readonly before?: unknown;
  readonly after?: unknown;
}

interface Fields {
  readonly [name: string]: unknown;
}

/** What tells the elements of Kubernetes' lists apart; the first that all elements of a list have, and have differently. */
const KEYS = ['name', 'mountPath', 'containerPort', 'port', 'ip', 'host', 'key', 'path', 'topologyKey', 'id', 'title'];

/** Longer lists without keys are not matched element by element. */
const LONG = 500;

/** Where two values differ, as deep as they are alike. */
export function differencesOf(before: unknown, after: unknown, path: Path = []): Difference[] {
  if (Object.is(before, after) || (isNothing(before) && isNothing(after))) {
    return [];
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return inLists(before, after, path);
  }
  if (isFields(before) && isFields(after)) {
    const names = [...Object.keys(before), ...Object.keys(after).filter((name) => !(name in before))];
    return names.flatMap((name) => differencesOf(before[name], after[name], [...path, name]));
  }
  return [{ path, ...(isNothing(before) ? {} : { before }), ...(isNothing(after) ? {} : { after }) }];
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** What tells the elements of these lists apart, if anything does. */
export function keysOf(...lists: readonly (readonly unknown[])[]): ((element: unknown) => string) | undefined {
  const name = [...KEYS, 'metadata'].find((name) =>
    lists.every((list) => {
      const keys = list.map((element) => keyIn(element, name));
      return keys.every((key) => key !== undefined) && new Set(keys).size === keys.length;
    }),
  );
  return name === undefined ? undefined : (element) => keyIn(element, name) ?? '';
}

/** A claim's template has its name in its metadata. */
function keyIn(element: unknown, name: string): string | undefined {
  if (!isFields(element)) {
    return undefined;
  }
  const key = name === 'metadata' && isFields(element.metadata) ? element.metadata.name : element[name];
  return typeof key === 'string' || typeof key === 'number' ? `${key}` : undefined;
}

function inLists(before: readonly unknown[], after: readonly unknown[], path: Path): Difference[] {
  const key = keysOf(before, after);
  return key && before.length + after.length > 0 ? byKey(before, after, key, path) : byPlace(before, after, path);
}

function byKey(
  before: readonly unknown[],
  after: readonly unknown[],
  key: (element: unknown) => string,
  path: Path,
): Difference[] {
  const old = new Map(before.map((element) => [key(element), element]));
  const fresh = new Map(after.map((element) => [key(element), element]));
  const labels = [...old.keys(), ...[...fresh.keys()].filter((label) => !old.has(label))];
  const kept = (one: Map<string, unknown>, other: Map<string, unknown>) =>
    [...one.keys()].filter((label) => other.has(label)).join(', ');
  const orders = { before: kept(old, fresh), after: kept(fresh, old) };
  const moved = orders.before === orders.after ? [] : [{ path: [...path, 'order'], ...orders }];
  const differences = labels.flatMap((label) =>
    differencesOf(old.get(label), fresh.get(label), [...path, { label, value: old.get(label) }]),
  );
  return [...moved, ...differences];
}

/** What is in both, in the same order, is taken as the same; what is between is compared place by place. */
function byPlace(before: readonly unknown[], after: readonly unknown[], path: Path): Difference[] {
  if (before.length > LONG || after.length > LONG) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  }
  const differences: Difference[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...alike(before, after), [before.length, after.length] as const]) {
    for (; i < nextI || j < nextJ; i++, j++) {
      const old = i < nextI ? before[i] : undefined;
      const element = { label: `${j < nextJ ? j : i}`, value: old };
      differences.push(...differencesOf(old, j < nextJ ? after[j] : undefined, [...path, element]));
    }
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return differences;
}

/** The longest common subsequence of two lists, as pairs of places. */
function alike(before: readonly unknown[], after: readonly unknown[]): (readonly [number, number])[] {
  const [a, b] = [before.map((value) => JSON.stringify(value)), after.map((value) => JSON.stringify(value))];
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const lengthAt = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i] as Uint16Array;
      row[j] = a[i] === b[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      pairs.push([i++, j++]);
    } else if (lengthAt(i + 1, j) >= lengthAt(i, j + 1)) {
      i++;
    } else {
      j++;
    }
  }
  return pairs;
}

/** A path as people write it: `spec.containers[nginx].image`, `data[php.ini]`. */
export function textOf(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part !== 'string') {
        return `[${part.label}]`;
      }
      return /^[A-Za-z_][\w-]*$/.test(part) ? `${index > 0 ? '.' : ''}${part}` : `[${part}]`;
    })
    .join('');
}
