import { isDeepStrictEqual } from 'node:util';
import { type Kind, shownKind } from '../../constructs/manifest/kinds';
import { inNamespaces } from '../cluster/kinds';
import { called, type KubernetesObject, keyOf } from '../cluster/object';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import { type AppSet, appSetOf } from './app-set';
import type { Project } from './project';
import { objectsOf, without } from './selection';
import type { Manifest } from './synthesize';

export interface Program {
  /** What `up` applies. */
  readonly objects: readonly KubernetesObject[];
  /** These, and those of services that are left out this time. */
  readonly all: readonly KubernetesObject[];
  /** Services that stay as they are. */
  readonly without: readonly string[];
  /** Kinds that stay as they are. */
  readonly spared?: readonly Kind[];
}

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
  const all = inNamespaces(written, set.fallback);
  refuseTwins(session, all);
  return { set, objects: inNamespaces(kept, set.fallback), all, without: services };
}

/** An object that gets another name with each apply is never the same one again. */
export function refuseNameless({ again }: Session, objects: readonly KubernetesObject[]): void {
  const nameless = objects.filter(({ metadata }) => typeof metadata.name !== 'string' || metadata.name === '');
  const [first] = nameless;
  if (first) {
    throw new Failure({
      cause: `${titleOf(first)} has no name, and an apply needs one`,
      details: nameless.slice(1).map(titleOf),
      next: `give it a 'metadata.name', then run: ${again}`,
    });
  }
}

function titleOf(object: KubernetesObject): string {
  const { generateName } = object.metadata as { readonly generateName?: string };
  return `${shownKind(object)}${generateName === undefined ? '' : ` with the generateName '${generateName}'`}`;
}

/** One of two that differ would take back what the other one says, each time anew. */
function refuseTwins({ again }: Session, objects: readonly KubernetesObject[]): void {
  const known = new Map<string, KubernetesObject>();
  for (const object of objects) {
    const key = keyOf(object, '');
    const twin = known.get(key);
    if (twin && object.metadata.name !== undefined && !isDeepStrictEqual(twin, object)) {
      const { namespace } = object.metadata;
      const place = namespace === undefined ? '' : ` in namespace ${namespace}`;
      throw new Failure({
        cause: `the app has two that differ of ${called(object)}${place}`,
        next: `give one of them another name, then run: ${again}`,
      });
    }
    known.set(key, object);
  }
}
