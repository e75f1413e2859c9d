import type { KubernetesObject } from '../kubernetes';

/** What one of those who write an object has written, as the API records it. */
export interface Manager {
  readonly manager?: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Tree;
}

/** Fields as `f:name`, elements of lists as `k:{"name":"web"}` or `v:"value"`; empty where a value is one whole. */
export interface Tree {
  readonly [field: string]: Tree;
}

export function managersOf({ metadata }: KubernetesObject): readonly Manager[] {
  return (metadata.managedFields ?? []) as readonly Manager[];
}

/** How an element, or a field, is called in a path such as `spec.containers[web].image` or `data[nginx.conf]`. */
export function labelsOf(key: string): string[] {
  const text = key.slice(2);
  switch (key.slice(0, 2)) {
    case 'f:':
      return [text];
    case 'v:':
      return [`${JSON.parse(text)}`];
    case 'k:':
      return Object.values(JSON.parse(text)).map(String);
    default:
      return [];
  }
}
