import {
  type Cluster,
  checkApi,
  findMinikube,
  hasContext,
  type MinikubeState,
  startMinikube,
  stateOfMinikube,
} from '../machine/minikube';
import type { Session } from '../machine/session';
import { checkTools, pathOf } from '../machine/tools';
import type { Line } from '../terminal/progress';
import { addressOf, readNodes } from './nodes';

/** Makes sure that the cluster runs: minikube's is started, any other has to be there. */
export async function startCluster(session: Session, line: Line): Promise<Cluster> {
  const state = await stateOf(session);
  if (state !== 'other') {
    return startMinikube(session, state, line);
  }
  // those who may not list nodes see the placeholder in its place
  const cluster = { ip: addressOf(await readNodes(session)) ?? '<node>' };
  line.update(`context ${session.profile}, node ${cluster.ip}`);
  return cluster;
}

/** Makes sure that the cluster runs, and starts nothing. */
export async function findCluster(session: Session): Promise<void> {
  const state = await stateOf(session);
  if (state !== 'other') {
    await findMinikube(session, state);
  }
}

/** The state of minikube, unless the cluster is none of its. */
async function stateOf(session: Session): Promise<MinikubeState | 'other'> {
  const { profile, again } = session;
  if (profile === 'minikube') {
    return stateOfMinikube(session);
  }
  const state = pathOf('minikube', process.env) ? await stateOfMinikube(session) : 'missing';
  if (state === 'missing' && (await hasContext(session))) {
    await checkApi(session);
    return 'other';
  }
  checkTools(again, ['docker', 'minikube']);
  return state;
}
