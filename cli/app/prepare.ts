import { startCluster } from '../cluster/start';
import type { Cluster } from '../machine/minikube';
import type { Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import type { Item, Progress } from '../terminal/progress';
import { type Project, readProject } from './project';

/** Finds the tools and the app, and makes sure that its cluster runs. */
export async function prepare(session: Session, progress: Progress): Promise<Cluster> {
  await findProject(session, progress);
  const { name, run } = startOf(session);
  return progress.run(name, run);
}

export function findProject(session: Session, progress: Progress): Promise<Project> {
  return progress.run('check tools', async () => {
    checkTools(session.again, session.profile === 'minikube' ? ['docker', 'minikube', 'kubectl'] : ['kubectl']);
    return readProject(session.folder);
  });
}

export function startOf(session: Session): Item<Cluster> {
  return { name: 'cluster', run: (line) => startCluster(session, line) };
}
