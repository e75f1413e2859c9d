import { isData } from '../cluster/kinds';
import type { KubernetesObject } from '../cluster/object';
import { aboutOf } from './about';
import { type Change, namesOf, type Refusal } from './change';

/** A change, and what of the object is needed to see what it leads to: not all of it, as there may be thousands. */
export interface Outcome {
  readonly change: Change;
  /** A workload that is there, as it would be. */
  readonly workload?: KubernetesObject;
  /** Whether it holds a certificate. */
  readonly certificate?: boolean;
}

export function created(wanted: KubernetesObject, warnings: readonly string[] = []): Outcome {
  const names = namesOf(wanted, wanted.metadata.namespace);
  const about = aboutOf(wanted);
  return { change: { action: 'create', ...names, ...(about && { about }), fields: [], warnings } };
}

export function denied(wanted: KubernetesObject, refused: Refusal): Outcome {
  return { change: { ...created(wanted).change, refused } };
}

/** What is applied twice must be the same object. */
export function nameless(wanted: KubernetesObject): Outcome {
  const { generateName = '' } = wanted.metadata as { readonly generateName?: string };
  const named = { ...wanted, metadata: { ...wanted.metadata, name: `${generateName}?` } };
  return denied(named, { message: 'it has no name', remedy: "give it a 'metadata.name'" });
}

export function deletionOf(object: KubernetesObject): Change {
  const action = isData(object) ? 'keep' : 'delete';
  return { action, ...namesOf(object, object.metadata.namespace), fields: [], warnings: [] };
}
