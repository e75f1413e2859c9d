import type { Project } from '../app/project';
import type { App } from '../app/render';
import { called, type KubernetesObject, keyOf } from '../cluster/object';
import type { Session } from '../machine/session';
import { Shell } from '../machine/shell';
import { type Failure, Interrupted } from '../terminal/failure';
import type { Progress } from '../terminal/progress';
import { Saved } from './saved';

/** How many of the saved files are named. */
const NAMED = 3;

export interface Loop {
  /** Brings the whole app into the cluster, and says where it is found. */
  bring(): Promise<App>;
  /** The app as its files say now. */
  render(session: Session): Promise<App>;
  /** Brings a part of it into the cluster, and waits until that is ready. */
  apply(session: Session, part: App): Promise<unknown>;
}

/** Brings an app into the cluster, and then what each saved file changes of it, until it is interrupted. */
export async function watch(session: Session, progress: Progress, project: Project, loop: Loop): Promise<never> {
  const saved = new Saved(session, project);
  try {
    await saved.ready();
    let app = await unlessFailed(session, () => loop.bring());
    for (;;) {
      progress.step = 'watch';
      process.stdout.write('\nwatching: save a file, or end with Ctrl-C\n');
      const paths = await saved.next();
      process.stdout.write(`\nsaved: ${namesOf(paths)}\n`);
      app = (await round(session, saved, app, loop)) ?? app;
    }
  } finally {
    await saved.close();
  }
}

/** A file that is saved meanwhile ends a wait: what was wrong may be right then. What failed is tried again with it. */
async function round(
  outer: Session,
  saved: Saved,
  before: App | undefined,
  { render, apply }: Loop,
): Promise<App | undefined> {
  const start = Date.now();
  const next = new AbortController();
  saved.any().then(() => next.abort());
  const signal = AbortSignal.any([outer.signal, next.signal]);
  const session = { ...outer, signal, shell: new Shell(signal) };
  return unlessFailed(outer, async () => {
    const app = await render(session);
    const objects = changedOf(before, app);
    const isLess = hasLost(before, app);
    if (objects.length > 0 || isLess) {
      await apply(session, { ...app, objects });
    }
    process.stdout.write(`${toldOf(objects, isLess)} after ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
    return app;
  });
}

/** A failure is told and no end, unless it is Ctrl-C's. */
async function unlessFailed<T>({ signal }: Session, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (signal.aborted) {
      throw new Interrupted();
    }
    if (!(error instanceof Interrupted)) {
      const { message, details = [], step } = error as Partial<Failure> & Error;
      const lines = details.map((line) => `  | ${line}\n`).join('');
      process.stderr.write(`\nfailed${step ? ` at '${step}'` : ''}: ${message}\n${lines}next: mend it, and save\n`);
    }
    return undefined;
  }
}

/** The objects that are not as they were. */
function changedOf(before: App | undefined, { objects, set }: App): KubernetesObject[] {
  const known = new Map(before?.objects.map((object) => [keyOf(object, set.fallback), JSON.stringify(object)]));
  return objects.filter((object) => known.get(keyOf(object, set.fallback)) !== JSON.stringify(object));
}

/** Whether something is not there any more. */
function hasLost(before: App | undefined, { all, set }: App): boolean {
  const kept = new Set(all.map((object) => keyOf(object, set.fallback)));
  return before?.all.some((object) => !kept.has(keyOf(object, set.fallback))) ?? false;
}

function namesOf(paths: readonly string[]): string {
  const more = paths.length > NAMED ? `, and ${paths.length - NAMED} more` : '';
  return `${paths.slice(0, NAMED).join(', ')}${more}`;
}

function toldOf(objects: readonly KubernetesObject[], isLess: boolean): string {
  if (objects.length === 0) {
    return isLess ? 'nothing else changes,' : 'no object changes,';
  }
  return `ready: ${namesOf(objects.map(called))},`;
}
