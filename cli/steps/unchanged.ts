import { type AppSet, asMembers, isDeclared } from '../inventory/app-set';
import { Lock } from '../inventory/lock';
import { isNewest, type Read } from '../inventory/revisions';
import { keyOf, type Workload } from '../kubernetes';
import { type Api, withApi } from '../plan/api';
import { endingNamespaces, readLive } from '../plan/live';
import { Resources } from '../plan/resources';
import type { Progress } from '../progress';
import type { Session } from '../session';
import { isAsAppliedLast } from './as-applied';
import type { Deployed } from './deploy';
import { leftOverOf } from './left-over';
import { isReady } from './reasons';
import type { App } from './render';
import { readyItems } from './rollout';
import { workloadsOf } from './selection';

const NONE: Deployed = { created: [], changed: [], deleted: [], leftOver: { objects: [], data: [] } };

/** Tells of such an app what a deployment tells. */
export async function tellUnchanged(
  progress: Progress,
  { objects }: App,
  workloads: readonly Workload[],
): Promise<Deployed> {
  await progress.run('apply', async (line) => line.update(`${objects.length} objects, none changed`));
  await progress.each('wait for workloads', readyItems(workloads), workloads.length);
  return NONE;
}

/**
 * The workloads of an app that is in the cluster just as it is written, kept, ready, and with nobody at work on it: there is
 * nothing to do then, and nothing to lock. Undefined for any other.
 */
export async function findUnchanged(session: Session, app: App): Promise<readonly Workload[] | undefined> {
  try {
    return await withApi(session, (api) => look(session, app, api));
  } catch {
    // what keeps it from looking keeps it from deploying, too, which tells it
    return undefined;
  }
}

async function look(session: Session, app: App, api: Api): Promise<readonly Workload[] | undefined> {
  const { set, objects } = app;
  const [isFree, isRecorded, ending, { parent, members }] = await Promise.all([
    Lock.isFree(set, api),
    isNewest(session, set, app, configMapsOf(set, api)),
    endingNamespaces(api, objects),
    readLive(session, api, new Resources(api), set),
  ]);
  const all = [...members.values()];
  const leftOver = leftOverOf(set, all, app);
  const live = asMembers(objects, set).map((object) => {
    const found = members.get(keyOf(object, ''));
    return found && isAsAppliedLast(found, object) ? found : undefined;
  });
  return isFree &&
    isRecorded &&
    ending.length === 0 &&
    parent !== undefined &&
    isDeclared(set, [...objects, ...all], parent) &&
    leftOver.objects.length + leftOver.data.length === 0 &&
    live.every((object) => object !== undefined) &&
    workloadsOf(live).every(isReady)
    ? workloadsOf(live)
    : undefined;
}

function configMapsOf({ namespace }: AppSet, api: Api): Read {
  return async (selector) => {
    const query = `labelSelector=${encodeURIComponent(selector)}`;
    const { status, body } = await api.get(`/api/v1/namespaces/${namespace}/configmaps?${query}`);
    return status === 200 ? body.items : [];
  };
}
