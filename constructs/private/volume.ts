import { Size } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { mebibytesQuantity } from '../manifest/quantity';

/** Something that a container can mount. */
export interface Volume {
  readonly name: string;
  /** Its entry in the pod's `volumes`; left out for a volume claim template, for which the StatefulSet adds one. */
  readonly source?: Omit<k8s.Volume, 'name'>;
  /** A hash of what is in it, where that is known: pods roll when it changes. */
  readonly contentHash?: () => string | undefined;
}

export interface Mount {
  readonly volume: Volume;
  readonly path: string;
  readonly subPath?: string;
  readonly writable?: boolean;
}

/** A folder for temporary files, which lives as long as the pod. */
export function scratch(name: string, path: string, limit = Size.mebibytes(64)): Mount {
  const sizeLimit = mebibytesQuantity(limit.toMebibytes());
  return { volume: { name, source: { emptyDir: { sizeLimit } } }, path, writable: true };
}

/** The volumes behind `mounts`, each once, in the order of their first use. */
export function volumesOf(mounts: Mount[]): Volume[] {
  return [...new Map(mounts.map(({ volume }) => [volume.name, volume])).values()];
}
