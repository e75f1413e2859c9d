import type { AppSet } from '../app/app-set';
import type { LeftOver } from '../inventory/left-over';
import { keepMembers } from '../inventory/members';
import type { Session } from '../machine/session';
import type { Progress } from '../terminal/progress';
import { remove } from './remove';

/** Deletes what is left over, and says what stays of it. The claims that a StatefulSet made outlive it, as members. */
export async function prune(
  session: Session,
  progress: Progress,
  set: AppSet,
  { objects, data }: LeftOver,
  withData: boolean,
): Promise<LeftOver> {
  if (!withData) {
    await keepMembers(session, set, data);
  }
  const doomed = withData ? [...objects, ...data] : objects;
  if (doomed.length > 0) {
    await progress.run('delete what is left over', (line) => remove(session, doomed, line));
  }
  return { objects: [], data: withData ? [] : data };
}
