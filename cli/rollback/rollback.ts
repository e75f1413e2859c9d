// cli/rollback/: the commands `history` and `rollback`: the stored revisions, and applying one of them again.

import { isKind } from '../../constructs/manifest/kinds';
import type { AppSet } from '../app/app-set';
import { prepare } from '../app/prepare';
import type { App } from '../app/render';
import type { KubernetesObject } from '../cluster/object';
import { deploy } from '../deploy/deploy';
import { findSet } from '../inventory/find';
import { isOutline } from '../inventory/record';
import { listRevisions, type Revision, readRevision, revisionBefore } from '../inventory/revisions';
import { confirm, isAsked } from '../machine/confirm';
import { commandOf, type Session } from '../machine/session';
import type { Plan } from '../plan/change';
import { planOf } from '../plan/plan';
import { exitCodeOf } from '../plan/summary';
import { tableOf } from '../plan/table';
import { titleOf } from '../plan/words';
import { EXIT_USAGE, Failure } from '../terminal/failure';
import { paint } from '../terminal/paint';
import type { Progress } from '../terminal/progress';
import { ago } from '../terminal/words';
import { checkImages } from './images';
import { checkReleases } from './releases';
import { checkSecrets } from './secrets';
import { withLiveSizes } from './volumes';

export interface RollbackOptions {
  /** The newest before the current one that was ready, unless given. */
  readonly revision?: number;
  readonly namespace?: string;
  /** Do not ask. */
  readonly yes: boolean;
  /** How long the workloads are waited for, in milliseconds. */
  readonly timeout: number;
}

/**
 * Applies what was applied before: configuration and images come back together. Secrets and volumes stay as they are. It
 * shows what that changes before it asks, and refuses what could not become ready before it changes anything.
 */
export async function rollback(session: Session, progress: Progress, options: RollbackOptions): Promise<void> {
  const cluster = await prepare(session, progress);
  const { set, revision, current } = await progress.run('find revision', async (line) => {
    const set = await findSet(session, options.namespace);
    const revisions = await listRevisions(session, set);
    const revision = chosen(session, revisions, options.revision);
    line.update(
      `${revision.number}, applied ${ago(new Date(revision.when))} by ${revision.who} with '${revision.command}'`,
    );
    return { set, revision, current: revisions[0] };
  });
  const app = await progress.run('check what it needs', async () => {
    const all = await readRevision(session, set, revision);
    await checkSecrets(session, all, set.fallback);
    await checkImages(session, all, cluster, revision.when);
    await checkReleases(session, all, set.fallback);
    return appOf(session, set, all);
  });
  const plan = await progress.run('plan', async () => withoutSecrets(await planOf(session, set, app)));
  process.stdout.write(`\n${tableOf(plan, { paint, unchanged: false })}\n\n`);
  refuse(session, revision, plan);
  const isDone = exitCodeOf(plan) === 0;
  const isCurrent = current?.digest === revision.digest;
  if (isDone && isCurrent && current.ready !== undefined) {
    process.stdout.write(`it is all as revision ${revision.number} says\n`);
    return;
  }
  if (!isDone && !options.yes && !(await agreed(session, revision))) {
    process.stdout.write('nothing was changed\n');
    return;
  }
  const command = `rollback to ${revision.number}`;
  await deploy(session, progress, app, { command, timeout: options.timeout, prune: true, withData: false });
  const forward = `; the next '${commandOf(session, 'up')}' applies what the program says`;
  process.stdout.write(`\nrevision ${revision.number} is back${isCurrent ? '' : forward}\n`);
}

function chosen(session: Session, revisions: readonly Revision[], number: number | undefined): Revision {
  const found =
    number === undefined ? revisionBefore(revisions) : revisions.find((revision) => revision.number === number);
  if (found) {
    return found;
  }
  const numbers = revisions.map((revision) => revision.number).join(', ');
  throw new Failure({
    cause: number === undefined ? 'nothing that was ready was applied before' : `there is no revision ${number}`,
    next: numbers === '' ? commandOf(session, 'up') : `choose one of ${numbers}: ${commandOf(session, 'history')}`,
    exitCode: EXIT_USAGE,
  });
}

async function appOf(session: Session, set: AppSet, all: readonly KubernetesObject[]): Promise<App> {
  const sized = await withLiveSizes(session, all, set.fallback);
  return { set, objects: sized.filter((object) => !isOutline(object)), all: sized, without: [], spared: ['Secret'] };
}

/** Secrets stay, also those that came later. */
function withoutSecrets({ changes, ...plan }: Plan): Plan {
  return { ...plan, changes: changes.filter((change) => !isKind(change, 'Secret')) };
}

function refuse(session: Session, { number }: Revision, { changes }: Plan): void {
  const refused = changes.filter((change) => change.refused);
  const [first] = refused;
  if (first?.refused) {
    throw new Failure({
      cause: `revision ${number} cannot be applied: the API refuses ${refused.length} of its objects`,
      details: refused.map((change) => `${titleOf(change)}: ${change.refused?.message}`),
      next: `${first.refused.remedy}, then run: ${session.again}`,
    });
  }
}

async function agreed(session: Session, { number }: Revision): Promise<boolean> {
  if (!isAsked()) {
    throw new Failure({
      cause: 'there is no terminal to ask whether you mean it, and nothing was changed',
      next: session.invocation.with('--yes'),
      exitCode: EXIT_USAGE,
    });
  }
  return confirm(session, `go back to revision ${number}?`);
}
