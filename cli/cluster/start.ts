import {
  type Cluster,
  checkApi,
  findMinikube,
  hasContext,
  type MinikubeState,
  minikubeText,
  startMinikube,
  stateOfMinikube,
} from '../machine/minikube';
import type { Session } from '../machine/session';
import { checkTools, pathOf } from '../machine/tools';
import type { Line } from '../terminal/progress';
import { addressOf, type Node, readNodes } from './nodes';

/** The label with the name of the profile on the nodes that minikube makes. */
const PROFILE = 'minikube.k8s.io/name';

/** Makes sure that the cluster runs: minikube's is started, any other has to be there. */
export async function startCluster(session: Session, line: Line): Promise<Cluster> {
  const state = await stateOf(session);
  if (state !== 'other') {
    return startMinikube(session, state, line);
  }
  // those who may not list nodes see the placeholder in its place
  const cluster = { ip: addressOf(await readNodes(session)) ?? '<node>' };
  line.update(clusterText(session, cluster));
  return cluster;
}

/** The cluster as its nodes tell of it, where they say all that a run needs to know that builds nothing. */
export function clusterIn({ profile }: Session, nodes: readonly Node[]): Cluster | undefined {
  const ip = addressOf(nodes);
  const isMinikube = profile === 'minikube' || nodes.some(({ metadata }) => metadata.labels?.[PROFILE] === profile);
  const [runtime] = /^\w+/.exec(nodes[0]?.status?.nodeInfo?.containerRuntimeVersion ?? '') ?? [];
  if (ip === undefined || (isMinikube && runtime === undefined)) {
    return undefined;
  }
  return { ip, ...(isMinikube && { runtime }) };
}

/** How a cluster is told. */
export function clusterText({ profile }: Session, { ip, runtime }: Cluster): string {
  return runtime === undefined ? `context ${profile}, node ${ip}` : minikubeText({ ip, runtime });
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
