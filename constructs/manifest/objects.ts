import { shownKind } from './kinds';
import { itemsOf } from './lists';

/** A Kubernetes object, as it was written. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

export interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: { readonly [key: string]: string };
}

export interface Labels {
  readonly [label: string]: string;
}

export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** The objects in a manifest: lists are opened, empty documents dropped, and null is nothing, as for Kubernetes. */
export function objectsIn(documents: readonly unknown[]): KubernetesObject[] {
  const withoutNull = JSON.parse(JSON.stringify(documents), (_, value) => value ?? undefined);
  return (withoutNull as (Partial<KubernetesObject> | undefined)[]).flatMap((document) => {
    const items = itemsOf(document);
    if (items) {
      return objectsIn(items);
    }
    const { apiVersion = '', kind, metadata = {} } = document ?? {};
    return typeof kind === 'string' ? [{ ...document, apiVersion, kind, metadata }] : [];
  });
}

export function nameOf(object: KubernetesObject): string {
  const { name, namespace } = object.metadata;
  return `${shownKind(object)}/${name}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

/** Whether a selector selects what has these labels; an empty one selects everything, none at all nothing. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) {
    return false;
  }
  const { matchLabels, matchExpressions } = selector;
  return (
    Object.entries(matchLabels ?? {}).every(([label, value]) => labels[label] === value) &&
    (matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}
