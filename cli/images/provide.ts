// cli/images/: container images: which tags the manifests name, which are there, and how the missing ones are built,
// loaded into the nodes, or pushed.

import type { KubernetesObject } from '../cluster/object';
import type { Cluster } from '../machine/minikube';
import { commandOf, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import type { Progress } from '../terminal/progress';
import { imagesIn, missingImages } from './images';

/** Two builds at once: more of them take longer on the two cores that minikube has by default. */
export const BUILDS = 2;

/** Builds the images of these objects that minikube lacks, and says how many it built. */
export async function provideImages(
  session: Session,
  progress: Progress,
  { runtime, docker }: Cluster,
  objects: readonly KubernetesObject[],
): Promise<number> {
  const images = imagesIn(objects);
  if (runtime === undefined) {
    refuseLocalImages(
      session,
      images.map(({ reference }) => reference),
    );
    return 0;
  }
  const missing = await progress.run('find images', async (line) => {
    const missing = images.length > 0 ? await missingImages(session, images, await docker) : [];
    line.update(`${images.length - missing.length} of ${images.length} are there`);
    return missing;
  });
  await progress.each('build images', missing, BUILDS);
  return missing.length;
}

/** What is built here reaches the nodes of minikube alone. */
function refuseLocalImages(session: Session, references: readonly string[]): void {
  if (references.length > 0) {
    throw new Failure({
      cause: `the nodes of '${session.profile}' cannot have images that are built here`,
      details: references,
      next: `take them from a registry ('Images.registry'), fill it by: ${commandOf(session, 'images', '--push')}, then run: ${session.again}`,
    });
  }
}
