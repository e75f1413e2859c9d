import type { KubernetesObject, List } from '../kubernetes';
import type { Line } from '../progress';
import { kubectl, type Session } from '../session';
import type { Environment } from '../shell';
import { checkApi, findMinikube, hasContext, type MinikubeState, startMinikube, stateOfMinikube } from './minikube';
import { checkTools, pathOf } from './tools';

/** The cluster that the rest of a run talks to. */
export interface Cluster {
  /** The address of a node. */
  readonly ip: string;
  /** minikube's container runtime; undefined where the cluster is none of minikube's: its images come from a registry. */
  readonly runtime?: string;
  /**
   * How to reach the node's Docker, where images are built; asked for in advance. Undefined where there is none, or one for each of
   * several nodes: then images are built here, and copied.
   */
  readonly docker?: Promise<Environment | undefined>;
}

interface Node extends KubernetesObject {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** Makes sure that the cluster runs: minikube's is started, any other has to be there. */
export async function startCluster(session: Session, line: Line): Promise<Cluster> {
  const state = await stateOf(session);
  if (state !== 'other') {
    return startMinikube(session, state, line);
  }
  const cluster = { ip: await addressOfNode(session) };
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

/** Where a node is reached; those who may not list nodes see the placeholder in its place. */
async function addressOfNode(session: Session): Promise<string> {
  const { ok, stdout } = await session.shell.run(...kubectl(session, 'get', 'nodes', '-o', 'json'));
  const nodes = ok ? (JSON.parse(stdout) as List<Node>).items : [];
  const addresses = nodes.flatMap(({ status }) => status?.addresses ?? []);
  const find = (type: string) => addresses.find((address) => address.type === type)?.address;
  return find('ExternalIP') ?? find('InternalIP') ?? '<node>';
}
