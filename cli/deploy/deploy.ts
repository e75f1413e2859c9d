// cli/deploy/: a deployment in stages: namespaces, CustomResourceDefinitions, workloads in the order of their rollouts,
// then the prune.

import { isKind } from '../../constructs/manifest/kinds';
import type { App } from '../app/render';
import { namespacesOf, workloadsOf } from '../app/selection';
import { isData } from '../cluster/kinds';
import { called, type KubernetesObject } from '../cluster/object';
import type { LeftOver } from '../inventory/left-over';
import { Lock } from '../inventory/lock';
import { asMembers } from '../inventory/members';
import { declare } from '../inventory/parent';
import { finishRevision, listRevisions, saveRevision } from '../inventory/revisions';
import { type Stock, takeStock } from '../inventory/stock';
import type { Session } from '../machine/session';
import type { Progress } from '../terminal/progress';
import { readyNamespaces } from './namespaces';
import { prune } from './prune';
import { rollouts } from './rollout';
import { type Applied, Stages } from './stages';

/** How many objects are named before they are deleted. */
const NAMED = 8;

export interface DeployOptions {
  /** For those who wait meanwhile, and for the history. */
  readonly command: string;
  /** How long namespaces and workloads are waited for, in milliseconds. */
  readonly timeout: number;
  /** Delete what the program does not have any more. */
  readonly prune: boolean;
  /** Delete the data of that too. */
  readonly withData: boolean;
}

/** What a deployment has done. */
export interface Deployed extends Applied {
  readonly deleted: readonly KubernetesObject[];
  /** What stays, though the program does not have it. */
  readonly leftOver: LeftOver;
  /** What the cluster has of the app, where that is known already. */
  readonly live?: readonly KubernetesObject[];
}

/**
 * Brings an app into the cluster: its configuration and storage first, then databases, then the rest. What it does not
 * have any more is deleted once all of it is ready. Whenever this ends half-way, the next one goes on from there.
 */
export async function deploy(
  session: Session,
  progress: Progress,
  app: App,
  options: DeployOptions,
): Promise<Deployed> {
  const { set, objects } = app;
  const { timeout } = options;
  const { lock, namespaces } = await progress.run('lock', async (line) => {
    const own = asMembers(
      objects.filter((object) => isKind(object, 'Namespace')),
      set,
    );
    const used = [...new Set([set.namespace, ...namespacesOf(objects)])];
    const namespaces = await readyNamespaces(session, own, used, line, timeout);
    const lock = await Lock.take(session, set, options.command, line);
    line.update(`app '${set.name}' in namespace ${set.namespace}`);
    return { lock, namespaces };
  });
  return lock.during(async (session) => {
    const { stock, parent, revision } = await progress.run('inventory', async (line) => {
      const [stock, revisions] = await Promise.all([
        takeStock(session, app, namespaces, options.prune),
        listRevisions(session, set),
      ]);
      line.update(stockText(stock, options));
      const [parent, revision] = await Promise.all([
        declare(session, set, [...stock.members, ...objects], { before: stock.parent, hidden: stock.hidden }),
        saveRevision(
          session,
          set,
          { ...app, stays: (object) => remains(app, options, object) },
          options.command,
          revisions,
        ),
      ]);
      return { stock, parent, revision };
    });
    const { created, changed } = await new Stages(session, app, stock.there, timeout).apply(progress);
    const workloads = workloadsOf(objects);
    await progress.each('wait for workloads', rollouts(session, workloads, timeout), workloads.length);
    const leftOver = options.prune
      ? await prune(session, progress, set, stock.leftOver, options.withData)
      : stock.leftOver;
    const stays = new Set([...leftOver.objects, ...leftOver.data]);
    const deleted = [...stock.leftOver.objects, ...stock.leftOver.data].filter((object) => !stays.has(object));
    const members = stock.members.filter((member) => !deleted.includes(member));
    await Promise.all([
      declare(session, set, [...objects, ...members, ...stays], { before: parent, hidden: stock.hidden }),
      finishRevision(session, set, revision),
    ]);
    return { created, changed, deleted, leftOver };
  });
}

/** Whether it stays where the app does not have it any more. */
function remains({ spared = [] }: App, { prune, withData }: DeployOptions, object: KubernetesObject): boolean {
  return !prune || isKind(object, ...spared) || (isData(object) && !withData);
}

/** What is there, and what is going to be deleted: said before anything happens. */
function stockText({ members, leftOver }: Stock, { prune, withData }: DeployOptions): string {
  const doomed = prune ? [...leftOver.objects, ...(withData ? leftOver.data : [])] : [];
  const names = doomed.slice(0, NAMED).map(called);
  const more = doomed.length > NAMED ? `, and ${doomed.length - NAMED} more` : '';
  const end = doomed.length > 0 ? `, to be deleted when all is ready: ${names.join(', ')}${more}` : '';
  return `${members.length} objects are there${end}`;
}
