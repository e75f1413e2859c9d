import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KubernetesObject } from '../manifest/objects';

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

/**
 * Removes the file of what cdk8s recorded, once it is read: cdk8s-cli has it written into the output folder, where
 * `kubectl apply -f` takes it for a manifest and fails.
 */
export function removeConstructMetadata(manifests: readonly string[]): void {
  if (process.env.CDK8S_RECORD_CONSTRUCT_METADATA === 'true') {
    return;
  }
  for (const folder of new Set(manifests.map((manifest) => dirname(manifest)))) {
    // beside the manifests, or above them where each chart has a folder
    const file = [folder, dirname(folder)].map((place) => join(place, 'construct-metadata.json')).find(existsSync);
    if (file !== undefined) {
      rmSync(file);
    }
  }
}
