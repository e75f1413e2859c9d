import { basename } from 'node:path';
import type { KubernetesObject } from './objects';

/** What cdk8s records of an app: the construct of each object, by the name of the object alone. */
export interface ConstructMetadata {
  readonly [name: string]: { readonly path: string };
}

/**
 * The construct path of an object. Of objects with one name cdk8s records the last, whatever its kind: theirs is the
 * path of the construct that they have in common, as far as it can be told.
 */
export function constructPath(
  object: KubernetesObject,
  written: ReadonlyMap<KubernetesObject, string>,
  recorded: ConstructMetadata,
): string | undefined {
  const { name = '', namespace } = object.metadata;
  const sameName = [...written.keys()].filter(({ metadata }) => metadata.name === name);
  const path = recorded[name]?.path;
  if (path === undefined || sameName.length === 1) {
    return path;
  }
  const [root = '', ...parents] = path.split('/').slice(0, -1);
  const common = [root, ...parents.slice(0, parents.lastIndexOf(name) + 1 || undefined)].join('/');
  const chart = chartOf(written.get(object));
  if (chart === root.toLowerCase()) {
    return common;
  }
  if ([...written.values()].some((manifest) => chartOf(manifest) === root.toLowerCase())) {
    return chart;
  }
  return sameName.every(({ metadata }) => metadata.namespace === namespace) ? common : undefined;
}

/** The chart that a manifest is of, where each chart has one. */
function chartOf(manifest = ''): string {
  return basename(manifest).replace(/^\d{4}-|\.k8s\.yaml$/g, '');
}
