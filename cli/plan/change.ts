import type { KubernetesObject } from '../cluster/object';
import { instanceOf } from '../cluster/object';

/** What `up` would do to an object. 'keep' is for data that left the program: it goes only if that is asked for. */
export type Action = 'create' | 'change' | 'delete' | 'keep' | 'unchanged';

/** What `up` would do. */
export interface Plan {
  /** The context of the kubeconfig. */
  readonly context: string;
  readonly set: { readonly name: string; readonly namespace: string };
  /** In the order in which they are applied; what is deleted comes last, in that order. */
  readonly changes: readonly Change[];
}

export interface Change {
  readonly action: Action;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly service?: string;
  /** What a new object is, in a few words. */
  readonly about?: string;
  readonly fields: readonly FieldChange[];
  /** Why the pods of a workload are replaced; not there where they are not. */
  readonly restarts?: readonly string[];
  /** What the API says against it, and what to do then. */
  readonly refused?: Refusal;
  readonly warnings: readonly string[];
}

export interface Refusal {
  readonly message: string;
  readonly remedy: string;
}

/** One field that changes. Without `before` it is new, without `after` it goes. */
export interface FieldChange {
  /** Such as `spec.template.spec.containers[nginx].image`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** Instead of both, for texts of several lines: the lines that differ, as in a unified diff. */
  readonly lines?: readonly string[];
  /** Both are left out because they are secret. */
  readonly hidden?: true;
  /** Instead of both, where there is too much of it. */
  readonly note?: string;
}

/** What an object is called in a change. */
export function namesOf(object: KubernetesObject, namespace: string | undefined) {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, name: metadata.name, namespace, service: serviceOf(object) };
}

/** The service of an object; a workload of an app without our labels is a service by itself. */
function serviceOf(object: KubernetesObject): string | undefined {
  return instanceOf(object) ?? ('template' in specOf(object) ? object.metadata.name : undefined);
}

function specOf(object: KubernetesObject): object {
  return (object as { readonly spec?: object }).spec ?? {};
}
