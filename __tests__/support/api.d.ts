export function answer(objects: readonly object[], method: string, url: string, body?: object): object;
export function setOf(
  name: string,
  namespace: string,
  kinds: readonly string[],
): { readonly id: string; readonly parent: object };
