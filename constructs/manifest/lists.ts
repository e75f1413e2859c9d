/**
 * The items of a list, as kubectl opens it; undefined if the document is no list. In a list of one kind, such as a
 * `ConfigMapList`, an item without apiVersion and kind has those of the list.
 */
export function itemsOf(document: unknown): readonly unknown[] | undefined {
  const { apiVersion, kind, items } = (document ?? {}) as {
    readonly apiVersion?: unknown;
    readonly kind?: unknown;
    readonly items?: unknown;
  };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) {
    return undefined;
  }
  const one = kind.slice(0, -'List'.length);
  return one === '' ? items : items.map((item) => (isBare(item) ? { apiVersion, kind: one, ...item } : item));
}

function isBare(item: unknown): item is object {
  return typeof item === 'object' && item !== null && !('apiVersion' in item) && !('kind' in item);
}
