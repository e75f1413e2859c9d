import { isKind } from '../../constructs/manifest/kinds';
import type { AppSet } from '../app/app-set';
import type { App } from '../app/render';
import { apiOf } from '../cluster/api';
import { isData } from '../cluster/kinds';
import { called, groupKindOf, type KubernetesObject, keyOf } from '../cluster/object';
import { inParallel } from '../cluster/parallel';
import { AT_ONCE } from '../machine/proxy';
import { commandOf, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import { claimsOf } from './claims';
import { type LeftOver, leftOverOf } from './left-over';
import { readLive } from './live';
import { ownerOtherThan } from './members';
import type { Parent } from './parent';

/** So many objects, and none of them in the program any more, are no change of it but a mistake. */
const MISTAKE = 10;

/** What the cluster has of an app before it is applied. */
export interface Stock {
  readonly parent?: Parent;
  /** What was applied before, be it still in the program or not. */
  readonly members: readonly KubernetesObject[];
  /** Kinds of which there may be more members than these. */
  readonly hidden: readonly string[];
  /** What is there of the program, by key, whoever made it. */
  readonly there: ReadonlyMap<string, KubernetesObject>;
  /** With the claims that StatefulSets among it have made. */
  readonly leftOver: LeftOver;
}

/** Takes stock of an app, in the namespaces that are there, and refuses what would harm another one or all of this. */
export async function takeStock(
  session: Session,
  app: App,
  namespaces: readonly string[],
  prune: boolean,
): Promise<Stock> {
  const { set, objects } = app;
  const { parent, members: listed, hidden } = await readLive(session, set);
  const members = [...listed.values()];
  const known = new Set(members.map((member) => keyOf(member, set.fallback)));
  const unknown = objects.filter((object) => !known.has(keyOf(object, set.fallback)) && mayExist(object, namespaces));
  const api = apiOf(session);
  const there = await inParallel(unknown, AT_ONCE, (object) => api.seek(object, set.fallback));
  const found = there.filter((object) => object !== undefined);
  refuseOthers(session, set, found);
  const { objects: gone, data } = leftOverOf(set, members, app);
  if (prune) {
    refuseMistake(session, app, members, gone);
  }
  const listedData = new Set(data.map((object) => keyOf(object, set.fallback)));
  const claims = (await claimsOf(session, gone)).filter((claim) => !listedData.has(keyOf(claim, set.fallback)));
  const leftOver = { objects: gone, data: [...data, ...claims] };
  const byKey = new Map([...members, ...found].map((object) => [keyOf(object, set.fallback), object]));
  return { parent, members, hidden, there: byKey, leftOver };
}

/** Nothing is in a namespace that was not there a moment ago. */
function mayExist(object: KubernetesObject, namespaces: readonly string[]): boolean {
  const { name, namespace } = object.metadata;
  const where = isKind(object, 'Namespace') ? name : namespace;
  return where === undefined || namespaces.includes(where);
}

function refuseOthers(session: Session, set: AppSet, found: readonly KubernetesObject[]): void {
  const others = found.filter((object) => ownerOtherThan(set, object) !== undefined);
  const [first] = others;
  if (first) {
    const { namespace } = first.metadata;
    throw new Failure({
      cause: `${called(first)}${namespace === undefined ? '' : ` in namespace ${namespace}`} belongs to another app`,
      details: others.map((object) => `${groupKindOf(object)}/${object.metadata.name}: ${ownerOtherThan(set, object)}`),
      next: `name it otherwise in one of the two ('kubectl --context ${session.profile} get configmaps -A -l applyset.kubernetes.io/id' lists them)`,
    });
  }
}

/** A program that lost everything was not meant: it is what a broken synthesis yields, or another folder's app. */
function refuseMistake(
  session: Session,
  { set, all }: App,
  members: readonly KubernetesObject[],
  gone: readonly KubernetesObject[],
): void {
  const kept = members.filter((member) => !isData(member)).length - gone.length;
  const nothing = all.every(isData);
  if (gone.length > 0 && kept === 0 && (nothing || gone.length >= MISTAKE)) {
    throw new Failure({
      cause: `nothing of the ${gone.length} objects that run of '${set.name}' is in the app any more`,
      next: `see what it writes, and if that is meant: ${session.invocation.with('--no-prune')} (or ${commandOf(session, 'down')} first)`,
    });
  }
}
