import { type AppSet, parentNameOf } from '../app/app-set';
import type { Project } from '../app/project';
import type { App } from '../app/render';
import { workloadsOf } from '../app/selection';
import { isAsAppliedLast } from '../cluster/as-applied';
import { type KubernetesObject, keyOf } from '../cluster/object';
import { isReady } from '../cluster/reasons';
import { leftOverOf } from '../inventory/left-over';
import { endingNamespaces, type Live, readLiveAhead } from '../inventory/live';
import { Lock } from '../inventory/lock';
import { asMembers } from '../inventory/members';
import { isDeclared } from '../inventory/parent';
import { isNewest } from '../inventory/revisions';
import type { Session } from '../machine/session';
import type { Progress } from '../terminal/progress';
import type { Deployed } from './deploy';
import { readyItems } from './rollout';

const NONE: Deployed = { created: [], changed: [], deleted: [], leftOver: { objects: [], data: [] } };

/** Tells of such an app what a deployment tells. */
export async function tellUnchanged(progress: Progress, live: readonly KubernetesObject[]): Promise<Deployed> {
  const workloads = workloadsOf(live);
  await progress.run('apply', async (line) => line.update(`${live.length} objects, none changed`));
  await progress.each('wait for workloads', readyItems(workloads), workloads.length);
  return { ...NONE, live };
}

/**
 * What the cluster has of an app that is there just as it is written, kept, ready, and with nobody at work on it: there is
 * nothing to do then, and nothing to lock. Undefined for any other. The cluster is asked while the app still runs.
 */
export async function findUnchanged(
  session: Session,
  project: Project,
  app: Promise<App>,
): Promise<readonly KubernetesObject[] | undefined> {
  app.catch(() => undefined);
  try {
    const live = readLiveAhead(session, parentNameOf(project));
    return await look(session, await app, live);
  } catch {
    // what keeps it from looking keeps it from deploying, too, which tells it
    return undefined;
  }
}

async function look(
  session: Session,
  app: App,
  read: (set: AppSet) => Promise<Live>,
): Promise<readonly KubernetesObject[] | undefined> {
  const { set, objects } = app;
  const [isFree, isRecorded, ending, { parent, members }] = await Promise.all([
    Lock.isFree(session, set),
    isNewest(session, set, app),
    endingNamespaces(session, objects),
    read(set),
  ]);
  const all = [...members.values()];
  const leftOver = leftOverOf(set, all, app);
  const live = asMembers(objects, set).flatMap((object) => {
    // kinds of others may be of the cluster, or in the namespace of the context
    const found = members.get(keyOf(object, '')) ?? members.get(keyOf(object, set.fallback));
    return found && isAsAppliedLast(found, object) ? found : [];
  });
  return isFree &&
    isRecorded &&
    ending.length === 0 &&
    parent !== undefined &&
    isDeclared(set, [...objects, ...all], parent) &&
    leftOver.objects.length + leftOver.data.length === 0 &&
    live.length === objects.length &&
    workloadsOf(live).every(isReady)
    ? live
    : undefined;
}
