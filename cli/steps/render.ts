import { type AppSet, appSetOf } from '../inventory/app-set';
import type { Project } from '../project';
import type { Session } from '../session';
import { inNamespaces } from './kinds';
import type { Program } from './left-over';
import { objectsOf, without } from './selection';
import type { Manifest } from './synthesize';

/** What an app of this folder makes, and what it is in the cluster. */
export interface App extends Program {
  readonly set: AppSet;
}

/** The app in these manifests, but for some services. Objects that leave their namespace to the context have it then. */
export async function appOf(
  session: Session,
  project: Project,
  manifests: readonly Manifest[],
  services: readonly string[],
): Promise<App> {
  const kept = objectsOf(without(manifests, services));
  const written = objectsOf(manifests);
  const set = await appSetOf(session, project, written);
  return {
    set,
    objects: inNamespaces(kept, set.fallback),
    all: inNamespaces(written, set.fallback),
    without: services,
  };
}
