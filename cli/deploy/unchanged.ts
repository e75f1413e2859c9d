import { setTimeout as sleep } from 'node:timers/promises';
import { isKind } from '../../constructs/manifest/kinds';
import { parentNameOf } from '../app/app-set';
import type { Project } from '../app/project';
import type { App } from '../app/render';
import { workloadsOf } from '../app/selection';
import { isAsAppliedLast } from '../cluster/as-applied';
import { type Node, readNodes } from '../cluster/nodes';
import { type KubernetesObject, keyOf } from '../cluster/object';
import { isReady } from '../cluster/reasons';
import { clusterIn } from '../cluster/start';
import { areThere, imagesIn } from '../images/images';
import { leftOverOf } from '../inventory/left-over';
import { endingNamespaces, type Reading, readLiveAhead } from '../inventory/live';
import { Lock } from '../inventory/lock';
import { asMembers } from '../inventory/members';
import { isDeclared } from '../inventory/parent';
import { isNewest } from '../inventory/revisions';
import type { Cluster } from '../machine/minikube';
import type { Session } from '../machine/session';
import type { Progress } from '../terminal/progress';
import type { Deployed } from './deploy';
import { readyItems } from './rollout';

/** How long a cluster that runs may take to say what it has of an app, in milliseconds. */
const PATIENCE = 5000;

const NONE: Deployed = { created: [], changed: [], deleted: [], leftOver: { objects: [], data: [] } };

/** Tells of such an app what a deployment tells. */
export async function tellUnchanged(progress: Progress, live: readonly KubernetesObject[]): Promise<Deployed> {
  const workloads = workloadsOf(live);
  await progress.run('apply', async (line) => line.update(`${live.length} objects, none changed`));
  await progress.each('wait for workloads', readyItems(workloads), workloads.length);
  return { ...NONE, live };
}

/** An app that is there just as it is written, kept, ready, and with nobody at work on it. */
export interface Unchanged {
  /** What the cluster has of it. */
  readonly live: readonly KubernetesObject[];
  /** Where it is, if all that it needs besides is there for sure: then minikube and Docker need not be asked. */
  readonly cluster?: Cluster;
}

export interface Look {
  /** False as soon as it is plain that there is something to do. */
  readonly isLikely: Promise<boolean>;
  /** Undefined where there is something to do. */
  readonly found: Promise<Unchanged | undefined>;
}

/** Looks whether there is nothing to do for an app, and nothing to lock. The cluster is asked while the app still runs. */
export function lookAtUnchanged(session: Session, project: Project, app: Promise<App>): Look {
  const reading = readLiveAhead(session, parentNameOf(project));
  const nodes = readNodes(session);
  nodes.catch(() => undefined);
  // what keeps it from looking keeps it from deploying, too, which tells it
  const found = app.then((app) => look(session, app, reading, nodes)).catch(() => undefined);
  const isReadyAhead = reading.ahead.then(
    (live) => live !== undefined && workloadsOf([...live.members.values()]).every(isReady),
    () => false,
  );
  // a cluster that is not there may answer late
  const isSilent = sleep(PATIENCE, false, { ref: false });
  return { isLikely: Promise.race([isReadyAhead, isSilent]), found };
}

async function look(
  session: Session,
  app: App,
  reading: Reading,
  nodes: Promise<readonly Node[]>,
): Promise<Unchanged | undefined> {
  const { set, objects } = app;
  const [isFree, isRecorded, ending, { parent, members }] = await Promise.all([
    Lock.isFree(session, set),
    isNewest(session, set, app),
    endingNamespaces(session, objects),
    reading.of(set),
  ]);
  const all = [...members.values()];
  const leftOver = leftOverOf(set, all, app);
  const live = asMembers(objects, set).flatMap((object) => {
    // kinds of others may be of the cluster, or in the namespace of the context
    const found = members.get(keyOf(object, '')) ?? members.get(keyOf(object, set.fallback));
    return found && isAsAppliedLast(found, object) ? found : [];
  });
  const isUnchanged =
    isFree &&
    isRecorded &&
    ending.length === 0 &&
    parent !== undefined &&
    isDeclared(set, [...objects, ...all], parent) &&
    leftOver.objects.length + leftOver.data.length === 0 &&
    live.length === objects.length &&
    workloadsOf(live).every(isReady);
  return isUnchanged ? { live, cluster: clusterOf(session, live, await nodes) } : undefined;
}

/** The cluster, where no image is to be brought there and nothing to be enabled. */
function clusterOf(session: Session, live: readonly KubernetesObject[], nodes: readonly Node[]): Cluster | undefined {
  const cluster = clusterIn(session, nodes);
  const images = imagesIn(live);
  const isProvided =
    cluster?.runtime === undefined
      ? images.length === 0
      : areThere(images, workloadsOf(live), nodes) && !live.some((object) => isKind(object, 'Ingress'));
  return isProvided ? cluster : undefined;
}
