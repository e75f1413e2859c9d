// cli/down/: the command `down`: it deletes an app's objects, and its volumes only when it is told to.

import { isKind } from '../../constructs/manifest/kinds';
import { type AppSet, findSets } from '../app/app-set';
import { preview } from '../app/preview';
import { type Project, readProject } from '../app/project';
import { appOf } from '../app/render';
import { apiOf } from '../cluster/api';
import { isStatus } from '../cluster/api-error';
import { isData } from '../cluster/kinds';
import { type KubernetesObject, keyOf } from '../cluster/object';
import { findCluster } from '../cluster/start';
import { remove } from '../deploy/remove';
import { claimsOf } from '../inventory/claims';
import { readLive } from '../inventory/live';
import { Lock } from '../inventory/lock';
import { keepMembers } from '../inventory/members';
import { declare, forgetSet } from '../inventory/parent';
import { removeRevisions } from '../inventory/revisions';
import { confirm, isAsked } from '../machine/confirm';
import type { Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { EXIT_USAGE, Failure } from '../terminal/failure';
import type { Line, Progress } from '../terminal/progress';

export interface DownOptions {
  /** Delete the data too. */
  readonly volumes: boolean;
  /** Do not ask. */
  readonly yes: boolean;
  /** Where it is; needed only where that cannot be found out. */
  readonly namespace?: string;
}

/**
 * Deletes what `up` applied. Volumes and namespaces stay unless they are asked for, and with them what is known of the
 * app; images and the file with the credentials stay in any case.
 */
export async function down(session: Session, progress: Progress, options: DownOptions): Promise<void> {
  if (options.volumes && !options.yes && !isAsked()) {
    throw new Failure({
      cause: '--volumes deletes data for good, and there is no terminal to ask whether you mean it',
      next: session.invocation.with('--yes'),
      exitCode: EXIT_USAGE,
    });
  }
  const project = await progress.run('check tools', async () => {
    checkTools(session.again, session.profile === 'minikube' ? ['docker', 'minikube', 'kubectl'] : ['kubectl']);
    return readProject(session.folder);
  });
  await progress.run('cluster', () => findCluster(session));
  const set = await progress.run('find app', (line) => findApp(session, project, options, line));
  if (!(await isThere(session, set.namespace))) {
    process.stdout.write(`\nnothing is there: the cluster has no namespace ${set.namespace}\n`);
    return;
  }
  const lock = await progress.run('lock', (line) => Lock.take(session, set, 'down', line));
  const last = await lock.during(async (session) => {
    const { applied, hidden } = await progress.run('find objects', async (line) => {
      const { members, hidden } = await readLive(session, set);
      line.update(`${members.size} objects`);
      return { applied: [...members.values()], hidden };
    });
    const claims = await claimsOf(session, applied);
    const data = [
      ...new Map([...applied.filter(isData), ...claims].map((object) => [nameOf(object), object])).values(),
    ];
    const [volumes, namespaces] = [data.filter((object) => !isNamespace(object)), data.filter(isNamespace)];
    if (options.volumes && !options.yes && !(await agreed(session, volumes, namespaces))) {
      process.stdout.write('nothing was deleted\n');
      return undefined;
    }
    const rest = applied.filter((object) => !isData(object));
    await progress.run('delete objects', (line) => remove(session, rest, line));
    if (options.volumes) {
      await progress.run('delete volumes', (line) => remove(session, volumes, line));
    }
    const left = options.volumes ? [] : data;
    if (left.length > 0 || hidden.length > 0) {
      await keepMembers(session, set, left);
      await declare(session, set, left, { hidden });
    } else {
      await Promise.all([removeRevisions(session, set), forgetSet(session, set)]);
    }
    return { namespaces: options.volumes ? namespaces : [], volumes };
  });
  // the lock was in one of them
  if (last && last.namespaces.length > 0) {
    await progress.run('delete namespaces', (line) => remove(session, last.namespaces, line));
  }
  if (last) {
    process.stdout.write(`\n${kept(session, options, last.volumes)}\n`);
  }
}

/** The app by what it synthesizes, or, where it does not, by what the cluster has of it. */
async function findApp(session: Session, project: Project, { namespace }: DownOptions, line: Line): Promise<AppSet> {
  try {
    if (namespace === undefined) {
      const { manifests } = await preview(session);
      const { set } = await appOf(session, project, manifests, []);
      line.update(`'${set.name}' in namespace ${set.namespace}`);
      return set;
    }
  } catch (error) {
    if (!(error instanceof Failure) || (await findSets(session, project)).length === 0) {
      throw error;
    }
    line.update(`it does not synthesize (${error.message}), looking for what is there of it`);
  }
  const sets = await findSets(session, project);
  const found = sets.filter((set) => namespace === undefined || set.namespace === namespace);
  const [set] = found;
  if (!set || found.length > 1) {
    const names = sets.map((set) => set.namespace).join(', ');
    throw new Failure({
      cause: set
        ? `this app is deployed in ${found.length} namespaces: ${names}`
        : `nothing of this app is known in namespace ${namespace}`,
      next: session.invocation.with(`-n ${set?.namespace ?? '<one of its own>'}`),
      exitCode: EXIT_USAGE,
    });
  }
  line.update(`'${set.name}' in namespace ${set.namespace}`);
  return set;
}

/** One that its user may not read is taken for there: what is in it tells. */
async function isThere(session: Session, namespace: string): Promise<boolean> {
  try {
    return (await apiOf(session).find('v1/namespaces', namespace)) !== undefined;
  } catch (error) {
    if (isStatus(error, 403)) {
      return true;
    }
    throw error;
  }
}

/** Names what would be lost before it asks. */
async function agreed(
  session: Session,
  volumes: readonly KubernetesObject[],
  namespaces: readonly KubernetesObject[],
): Promise<boolean> {
  const names = (objects: readonly KubernetesObject[]) => objects.map(({ metadata }) => metadata.name).join(', ');
  process.stdout.write(
    `this deletes for good the data in ${volumes.length} volumes (${names(volumes)})` +
      `${namespaces.length > 0 ? `, and all that is in namespace ${names(namespaces)}` : ''}\n`,
  );
  return confirm(session, 'delete it?');
}

function kept(session: Session, { volumes }: DownOptions, claims: readonly KubernetesObject[]): string {
  const images = 'the images and the file with the credentials are kept';
  if (volumes || claims.length === 0) {
    return images;
  }
  const names = claims.map(({ metadata }) => metadata.name).join(', ');
  return `${images}, and so is the data in ${names}\nto delete that too: ${session.invocation.with('--volumes')}`;
}

function isNamespace(object: KubernetesObject): boolean {
  return isKind(object, 'Namespace');
}

function nameOf(object: KubernetesObject): string {
  return keyOf(object, '');
}
