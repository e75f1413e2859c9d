import { isKind } from '../../constructs/manifest/kinds';
import { type AppSet, PART_OF_SET, SET_ID } from '../app/app-set';
import { namespacesOf } from '../app/selection';
import type { Answer, Api } from '../cluster/api';
import { type KubernetesObject, keyOf, type List } from '../cluster/object';
import { listPath, type Resource, type Resources } from '../cluster/resources';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import { isCopy } from './members';
import { checkedParent, type Parent, placesOf } from './parent';

/** What the cluster has of an app. */
export interface Live {
  /** The members of its set, by their keys. */
  readonly members: ReadonlyMap<string, KubernetesObject>;
  /** What stands for the set: earlier versions wrote none. */
  readonly parent?: Parent;
}

/** What was read before it was known which set is meant. */
interface Ahead extends Live {
  readonly id: string;
}

/** Lists longer than this come in parts. */
const PART = 500;

/** Begins to read what an app has that still runs, by the name of its parent; the set that it turns out to be gets it. */
export function readLiveAhead(
  session: Session,
  api: Api,
  resources: Resources,
  parent: string,
): (set: AppSet) => Promise<Live> {
  const reading = readAhead(session, api, resources, parent);
  reading.catch(() => undefined);
  return async (set) => {
    const ahead = await reading;
    return ahead?.id === set.id ? ahead : readLive(session, api, resources, set);
  };
}

/** The members of the one set whose parent has this name, if there is just one. */
async function readAhead(session: Session, api: Api, resources: Resources, parent: string): Promise<Ahead | undefined> {
  const query = `labelSelector=${SET_ID}&fieldSelector=metadata.name%3D${encodeURIComponent(parent)}`;
  const { status, body } = await api.get(`/api/v1/configmaps?${query}`);
  const found: readonly Parent[] = status === 200 ? body.items : [];
  const [only] = found;
  const id = only?.metadata.labels?.[SET_ID];
  if (!only?.metadata.annotations || found.length > 1 || id === undefined) {
    return undefined;
  }
  return { id, parent: only, members: await membersOf(session, api, resources, id, only) };
}

export async function readLive(session: Session, api: Api, resources: Resources, set: AppSet): Promise<Live> {
  const { status, body } = await api.get(`/api/v1/namespaces/${set.namespace}/configmaps/${set.parent}`);
  if (status === 404) {
    return { members: new Map() };
  }
  if (status !== 200) {
    throw denied(session, 'the app consists of', body.message);
  }
  const parent = checkedParent(session, set, body);
  return { members: await membersOf(session, api, resources, set.id, parent), parent };
}

/** The namespaces that objects use and do not make, and that are being deleted with all that is in them. */
export async function endingNamespaces(api: Api, objects: readonly KubernetesObject[]): Promise<string[]> {
  const own = objects.filter((object) => isKind(object, 'Namespace')).map(({ metadata }) => metadata.name);
  const used = namespacesOf(objects).filter((name) => !own.includes(name));
  const answers = await Promise.all(used.map((name) => api.get(`/api/v1/namespaces/${name}`)));
  return used.filter((_, index) => answers[index]?.body.metadata?.deletionTimestamp !== undefined);
}

async function membersOf(
  session: Session,
  api: Api,
  resources: Resources,
  id: string,
  parent: Parent,
): Promise<Map<string, KubernetesObject>> {
  const { kinds, namespaces } = placesOf(parent);
  const known = await Promise.all(kinds.map((kind) => resources.findGroupKind(kind)));
  const lists = await Promise.all(
    known
      .filter((resource) => resource !== undefined)
      .flatMap((resource) => pathsOf(resource, namespaces).map((path) => list(session, api, path, id, resource))),
  );
  const members = new Map(lists.flat().map((object) => [keyOf(object, ''), object]));
  return new Map([...members].filter(([, object]) => !isCopy(object, members)));
}

function pathsOf(resource: Resource, namespaces: readonly string[] | undefined): string[] {
  return namespaces && resource.namespaced
    ? namespaces.map((namespace) => listPath(resource, namespace))
    : [listPath(resource, undefined)];
}

/**
 * What a list has of a set. Its elements say neither version nor kind by themselves. Kinds of no namespace are not
 * everybody's to list.
 */
async function list(
  session: Session,
  api: Api,
  path: string,
  id: string,
  { namespaced }: Resource,
): Promise<KubernetesObject[]> {
  const found: KubernetesObject[] = [];
  for (let next = ''; ; ) {
    const query = `labelSelector=${PART_OF_SET}%3D${id}&limit=${PART}${next && `&continue=${encodeURIComponent(next)}`}`;
    const { status, body }: Answer = await api.get(`${path}?${query}`);
    if (status === 403 && !namespaced) {
      return [];
    }
    if (status !== 200) {
      throw denied(session, `there is at ${path}`, body.message);
    }
    const { apiVersion, kind, metadata, items } = body as List<KubernetesObject> & KubernetesObject & Continued;
    const one = kind.replace(/List$/, '');
    found.push(...items.map((item) => Object.assign(item, { apiVersion, kind: one })));
    next = metadata.continue ?? '';
    if (next === '') {
      return found;
    }
  }
}

interface Continued {
  readonly metadata: { readonly continue?: string };
}

function denied({ profile }: Session, what: string, message: string): Failure {
  return new Failure({
    cause: `the cluster does not say what ${what}: ${message}`,
    next: `kubectl --context ${profile} auth can-i --list`,
  });
}
