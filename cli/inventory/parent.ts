import { isNamespaced } from '../../constructs/manifest/kinds';
import { version } from '../../package.json';
import { type AppSet, SET_ID } from '../app/app-set';
import { apiOf } from '../cluster/api';
import { groupKindOf, type KubernetesObject } from '../cluster/object';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';

// Annotations of the ApplySet specification: https://kubernetes.io/docs/reference/labels-annotations-taints
const TOOLING = 'applyset.kubernetes.io/tooling';
const KINDS = 'applyset.kubernetes.io/contains-group-kinds';
const NAMESPACES = 'applyset.kubernetes.io/additional-namespaces';
const TOOL = 'cdk8s-services';

/** From so many namespaces on, one list of all namespaces costs less than one list for each. */
const FEW_NAMESPACES = 4;

/** The ConfigMap that stands for a set. */
export interface Parent extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & { readonly annotations: { readonly [name: string]: string } };
}

/** The parent of a set, if it was ever applied. */
export async function readParent(session: Session, { parent, namespace, id }: AppSet): Promise<Parent | undefined> {
  const found = await apiOf(session).find<KubernetesObject>('v1/configmaps', parent, namespace);
  if (!found) {
    return undefined;
  }
  const where = `kubectl --context ${session.profile} -n ${namespace} get configmap ${parent}`;
  const { labels = {}, annotations = {} } = found.metadata;
  if (annotations[TOOLING]?.split('/')[0] !== TOOL || labels[SET_ID] !== id) {
    throw new Failure({
      cause: `ConfigMap ${parent} in namespace ${namespace} is no inventory of ours: ${TOOLING} is '${annotations[TOOLING] ?? ''}'`,
      next: `${where} -o yaml, and where nobody needs it delete it`,
    });
  }
  return { ...found, metadata: { ...found.metadata, annotations } };
}

/**
 * Writes the parent of a set that has these members. Before they are applied that is done with those of before too, so
 * that whenever a run ends, the next one finds them all.
 */
export async function declare(
  session: Session,
  set: AppSet,
  objects: readonly KubernetesObject[],
  { before, hidden }: { readonly before?: Parent; readonly hidden?: readonly string[] } = {},
): Promise<Parent> {
  const parent = parentWith(set, objects, hidden);
  if (before && isSame(parent, before)) {
    return before;
  }
  await apiOf(session).apply(parent, set.namespace);
  return parent;
}

/** Whether a parent is that of a set which has these members. */
export function isDeclared(set: AppSet, objects: readonly KubernetesObject[], parent: Parent): boolean {
  return isSame(parent, parentWith(set, objects));
}

function isSame(a: Parent, b: Parent): boolean {
  return [TOOLING, KINDS, NAMESPACES].every(
    (name) => (a.metadata.annotations[name] ?? '') === (b.metadata.annotations[name] ?? ''),
  );
}

/** What makes a set of these objects findable. */
export function parentWith(set: AppSet, objects: readonly KubernetesObject[], hidden: readonly string[] = []): Parent {
  const kinds = [...new Set([...hidden, ...objects.map(groupKindOf)])].sort();
  const namespaced = objects.filter((object) => object.metadata.namespace !== undefined || isNamespaced(object));
  const namespaces = [...new Set(namespaced.map(({ metadata }) => metadata.namespace ?? set.fallback))].sort();
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: set.parent,
      namespace: set.namespace,
      labels: { [SET_ID]: set.id },
      annotations: {
        [TOOLING]: `${TOOL}/v${version}`,
        [KINDS]: kinds.join(','),
        [NAMESPACES]: namespaces.filter((name) => name !== set.namespace).join(','),
      },
    },
  };
}

/** Deletes the parent of a set that has no members any more. */
export async function forgetSet(session: Session, set: AppSet): Promise<void> {
  await apiOf(session).delete(parentWith(set, []));
}

/** Which kinds the members of a set have, and in which namespaces they are; undefined where that is to be all of them. */
export function placesOf({ metadata: { namespace = '', annotations } }: Parent): {
  readonly kinds: readonly string[];
  readonly namespaces?: readonly string[];
} {
  const namespaces = [...new Set([namespace, ...split(annotations[NAMESPACES])])];
  return { kinds: split(annotations[KINDS]), namespaces: namespaces.length <= FEW_NAMESPACES ? namespaces : undefined };
}

function split(text = ''): string[] {
  return text.split(',').filter((part) => part !== '');
}
