import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

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
