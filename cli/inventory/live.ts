import { isKind } from '../../constructs/manifest/kinds';
import { type AppSet, PART_OF_SET, SET_ID } from '../app/app-set';
import { namespacesOf } from '../app/selection';
import { type Api, apiOf, typeOf } from '../cluster/api';
import { unless } from '../cluster/api-error';
import { groupKindOf, type KubernetesObject, keyOf } from '../cluster/object';
import type { Resource } from '../cluster/resources';
import type { Session } from '../machine/session';
import { isCopy } from './members';
import { type Parent, placesOf, readParent } from './parent';

/** What the cluster has of an app. */
export interface Live {
  /** The members of its set, by their keys. */
  readonly members: ReadonlyMap<string, KubernetesObject>;
  /** What stands for the set; undefined where it was never applied. */
  readonly parent?: Parent;
  /** Kinds of which there may be more members, as they may not be listed. */
  readonly hidden: readonly string[];
}

/** What was read before it was known which set is meant. */
interface Ahead extends Live {
  readonly id: string;
}

/** Begins to read what an app has that still runs, by the name of its parent; the set that it turns out to be gets it. */
export function readLiveAhead(session: Session, parent: string): (set: AppSet) => Promise<Live> {
  const reading = readAhead(apiOf(session), parent);
  reading.catch(() => undefined);
  return async (set) => {
    const ahead = await reading;
    return ahead?.id === set.id ? ahead : readLive(session, set);
  };
}

/** The members of the one set whose parent has this name, if there is just one. */
async function readAhead(api: Api, name: string): Promise<Ahead | undefined> {
  const found = await unless(
    403,
    api.list<Parent>('v1/configmaps', { labels: SET_ID, fields: `metadata.name=${name}` }),
  );
  const [only, ...others] = found ?? [];
  const id = only?.metadata.labels?.[SET_ID];
  if (!only?.metadata.annotations || others.length > 0 || id === undefined) {
    return undefined;
  }
  return { id, parent: only, ...(await membersOf(api, id, only)) };
}

/** With `lenient`, what one may not list counts as not there: Secrets are not everybody's. */
export async function readLive(session: Session, set: AppSet, { lenient = false } = {}): Promise<Live> {
  const parent = await readParent(session, set);
  return parent
    ? { parent, ...(await membersOf(apiOf(session), set.id, parent, lenient)) }
    : { members: new Map(), hidden: [] };
}

/** The namespaces that objects use and do not make, and that are being deleted with all that is in them. */
export async function endingNamespaces(session: Session, objects: readonly KubernetesObject[]): Promise<string[]> {
  const own = objects.filter((object) => isKind(object, 'Namespace')).map(({ metadata }) => metadata.name);
  const used = namespacesOf(objects).filter((name) => !own.includes(name));
  const api = apiOf(session);
  const found = await Promise.all(used.map((name) => unless(403, api.find<KubernetesObject>('v1/namespaces', name))));
  return used.filter((_, index) => found[index]?.metadata.deletionTimestamp !== undefined);
}

async function membersOf(
  api: Api,
  id: string,
  parent: Parent,
  lenient = false,
): Promise<Pick<Live, 'members' | 'hidden'>> {
  const { kinds, namespaces } = placesOf(parent);
  const resources = await api.resourcesNamed(kinds);
  const hidden: string[] = [];
  const lists = await Promise.all(
    resources.flatMap((resource) =>
      scopesOf(resource, namespaces).map(async (namespace) => {
        const found = api.list(typeOf(resource), { namespace, labels: `${PART_OF_SET}=${id}` });
        // kinds of no namespace are not everybody's to list
        const listed = await (resource.namespaced && !lenient ? found : unless(403, found));
        if (!listed) {
          hidden.push(groupKindOf({ ...resource, metadata: { name: '' } }));
        }
        return listed ?? [];
      }),
    ),
  );
  const members = new Map(lists.flat().map((object) => [keyOf(object, ''), object]));
  return { members: new Map([...members].filter(([, object]) => !isCopy(object, members))), hidden };
}

function scopesOf({ namespaced }: Resource, namespaces: readonly string[] | undefined): (string | undefined)[] {
  return namespaces && namespaced ? [...namespaces] : [undefined];
}
