// cli/inventory/: the app as the cluster keeps it: the ApplySet's parent and members, the Lease that locks it, the
// revisions in Secrets, and the objects that are left over.

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isKind } from '../../constructs/manifest/kinds';
import type { KubernetesObject } from '../cluster/object';

/** A ConfigMap holds 1 MiB. */
const PIECE = 900 * 1024;

/** Where kubectl keeps a copy of what it applied, values and all. */
const COPY = 'kubectl.kubernetes.io/last-applied-configuration';

/** What is kept of a Secret: that there was one, and which keys it had. */
export interface SecretOutline extends KubernetesObject {
  readonly type?: string;
  readonly keys: readonly string[];
}

/** What is kept of objects, as bytes. */
export interface Packed {
  /** The same for the same objects, whatever packs them. */
  readonly digest: string;
  readonly pieces: readonly Buffer[];
}

/** The objects as they may be kept: without a value of a Secret. */
export function recorded(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.map((object) => (isKind(object, 'Secret') ? outlineOf(object) : object));
}

export function isOutline(object: KubernetesObject): object is SecretOutline {
  return isKind(object, 'Secret') && 'keys' in object;
}

export function pack(objects: readonly KubernetesObject[]): Packed {
  const text = JSON.stringify(recorded(objects));
  const bytes = gzipSync(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, index) =>
    bytes.subarray(index * PIECE, (index + 1) * PIECE),
  );
  return { digest: digestOf(text), pieces };
}

/** The objects again; undefined if anything of them is missing or changed. */
export function unpack({ digest, pieces }: Packed): KubernetesObject[] | undefined {
  try {
    const text = gunzipSync(Buffer.concat(pieces)).toString();
    return digestOf(text) === digest ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function outlineOf(object: KubernetesObject): SecretOutline {
  if (isOutline(object)) {
    return object;
  }
  const { apiVersion, kind, metadata, type, data, stringData } = object as KubernetesObject & {
    readonly type?: string;
    readonly data?: object | null;
    readonly stringData?: object | null;
  };
  const { [COPY]: _, ...annotations } = metadata.annotations ?? {};
  return {
    apiVersion,
    kind,
    metadata: metadata.annotations ? { ...metadata, annotations } : metadata,
    type,
    keys: [...new Set([...Object.keys(data ?? {}), ...Object.keys(stringData ?? {})])].sort(),
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
