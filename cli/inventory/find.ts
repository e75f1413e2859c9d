import { type AppSet, findSets } from '../app/app-set';
import { readProject } from '../app/project';
import { commandOf, type Session } from '../machine/session';
import { EXIT_USAGE, Failure } from '../terminal/failure';

/** What was deployed from this folder, found without a synthesis. */
export async function findSet(session: Session, namespace: string | undefined): Promise<AppSet> {
  const found = await findSets(session, readProject(session.folder), namespace);
  const [set] = found;
  if (!set) {
    throw new Failure({
      cause: `nothing is deployed from this folder${namespace === undefined ? '' : ` in namespace ${namespace}`}`,
      next: commandOf(session, 'up'),
    });
  }
  if (found.length > 1) {
    throw new Failure({
      cause: `this app is deployed in ${found.length} namespaces: ${found.map((one) => one.namespace).join(', ')}`,
      next: `say which one is meant: ${session.invocation.with(`-n ${set.namespace}`)}`,
      exitCode: EXIT_USAGE,
    });
  }
  return set;
}
