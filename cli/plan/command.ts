// cli/plan/: a dry run of each object, compared with the live one: changed fields, restarts, refusals; as a table, as
// Markdown, or as JSON.

import { preview } from '../app/preview';
import { readProject } from '../app/project';
import { renewal } from '../app/renewal';
import type { Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import type { Progress } from '../terminal/progress';
import type { Plan } from './change';

export interface PlanOptions {
  readonly without: readonly string[];
  readonly output: 'table' | 'json' | 'markdown';
  readonly showUnchanged: boolean;
}

/** Says what `up` would do, and does nothing. Gives the exit code. */
export async function plan(session: Session, progress: Progress, options: PlanOptions): Promise<number> {
  progress.step = 'check tools';
  checkTools(session.again, ['kubectl']);
  const project = readProject(session.folder);
  progress.step = 'synthesize';
  const preparation = preview(session, renewal());
  preparation.catch(() => undefined);
  // loaded while the app runs
  const [{ planAhead }, { appOf }, { exitCodeOf }] = await Promise.all([
    import('./ahead'),
    import('../app/render'),
    import('./summary'),
  ]);
  const app = preparation.then(({ manifests }) => appOf(session, project, manifests, options.without));
  const result = await planAhead(session, project, app, progress);
  process.stdout.write(`${await textOf(result, options)}\n`);
  return exitCodeOf(result);
}

async function textOf(plan: Plan, { output, showUnchanged }: PlanOptions): Promise<string> {
  if (output === 'json') {
    return (await import('./json')).jsonOf(plan, showUnchanged);
  }
  if (output === 'markdown') {
    return (await import('./markdown')).markdownOf(plan);
  }
  const [{ tableOf }, { paint }] = await Promise.all([import('./table'), import('../terminal/paint')]);
  return tableOf(plan, { paint, unchanged: showUnchanged });
}
