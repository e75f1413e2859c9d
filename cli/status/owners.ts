import type { FieldTree, KubernetesObject } from '../cluster/object';
import { labelsOf } from './fields';

export interface Writer {
  /** As the API calls him: `kubectl-edit`. */
  readonly by: string;
  readonly when?: string;
}

/** Who but us wrote a field last; nobody knows it of a field that is gone. */
export function writerOf(object: KubernetesObject | undefined, path: string, us: string): Writer | undefined {
  const [last] = (object?.metadata.managedFields ?? [])
    .filter(({ manager, fieldsV1 }) => manager !== us && fieldsV1 !== undefined && owns(fieldsV1, path))
    .sort((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
  return last?.manager === undefined ? undefined : { by: last.manager, when: last.time };
}

function owns(tree: FieldTree, path: string): boolean {
  const [step, name, label = name] = /^(?:\.?([^.[]+)|\[([^\]]*)\])/.exec(path) ?? [];
  if (step === undefined || label === undefined || Object.keys(tree).length === 0) {
    return true;
  }
  const inside = Object.entries(tree).filter(([key]) => labelsOf(key).includes(label));
  return inside.some(([, fields]) => owns(fields, path.slice(step.length)));
}
