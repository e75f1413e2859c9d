import type { KubernetesObject } from '../cluster/object';
import { missingImages } from '../images/images';
import type { Cluster } from '../machine/minikube';
import { commandOf, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';

/** Refuses objects with images that are not on the node any more, and come from nowhere else. */
export async function checkImages(
  session: Session,
  objects: readonly KubernetesObject[],
  { runtime, docker }: Cluster,
  when: string,
): Promise<void> {
  const wanted = [...new Set(neverPulled(objects))].map((reference) => ({ reference, name: reference }));
  if (runtime === undefined || wanted.length === 0) {
    return;
  }
  const missing = await missingImages(session, wanted, await docker);
  if (missing.length > 0) {
    throw new Failure({
      cause: `the cluster has ${missing.length} of this revision's images no more`,
      details: missing.map(({ name }) => name),
      next:
        `choose another revision: ${commandOf(session, 'history')}, or build them: check out the sources of ${when}, ` +
        `then run: ${commandOf(session, 'up')}`,
    });
  }
}

/** The images of containers that take only what the node has. */
function neverPulled(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(neverPulled);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const { image, imagePullPolicy } = value as { readonly image?: unknown; readonly imagePullPolicy?: unknown };
  const own = typeof image === 'string' && imagePullPolicy === 'Never' && !image.includes('@') ? [tagged(image)] : [];
  return [...own, ...Object.values(value).flatMap(neverPulled)];
}

/** As a list of images says it. */
function tagged(image: string): string {
  const short = image.replace(/^docker\.io\/(library\/)?/, '');
  return /:[^/]+$/.test(short) ? short : `${short}:latest`;
}
