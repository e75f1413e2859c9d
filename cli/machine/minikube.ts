import { Failure } from '../terminal/failure';
import { lastLine } from '../terminal/lines';
import type { Line } from '../terminal/progress';
import type { Environment } from '../terminal/screen';
import { failureOf } from './causes';
import { dockerEnv } from './docker-env';
import { kubectl, type Session } from './session';

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

export type MinikubeState = 'running' | 'stopped' | 'paused' | 'missing';

const PLAIN = { MINIKUBE_IN_STYLE: 'false' };

/** Makes sure that the profile runs and that its context is there. */
export async function startMinikube(session: Session, state: MinikubeState, line: Line): Promise<Cluster> {
  const { shell, profile } = session;
  if (state === 'missing' && profile !== 'minikube') {
    throw new Failure({
      cause: `minikube has no profile '${profile}', and the kubeconfig no context of that name`,
      next: `minikube start -p ${profile}, or choose one of 'kubectl config get-contexts'`,
    });
  }
  if (state !== 'running') {
    line.update(`minikube is ${state === 'missing' ? 'not there yet' : state}, starting it`);
    await start(session, line, state);
  }
  const finding = findRuntime(session);
  const docker = finding.then((runtime) => (runtime === 'docker' ? dockerEnv(session) : undefined));
  // told where it is needed
  docker.catch(() => undefined);
  const [runtime, ip] = await Promise.all([
    finding,
    shell.output('minikube', ['-p', profile, 'ip'], `minikube -p ${profile} status`, { env: PLAIN }),
    checkContext(session),
  ]);
  const cluster = { ip: ip.trim(), runtime, docker };
  line.update(`minikube runs at ${cluster.ip}, ${runtime} runtime`);
  return cluster;
}

/** The container runtime of the profile. */
export async function findRuntime({ shell, profile }: Session): Promise<string> {
  const args = ['profile', 'list', '--light', '-o', 'json'];
  return runtimeOf(await shell.output('minikube', args, 'minikube profile list', { env: PLAIN }), profile);
}

/** Makes sure that the profile runs, and starts nothing. */
export async function findMinikube(session: Session, state: MinikubeState): Promise<void> {
  const { profile, again } = session;
  if (state !== 'running') {
    throw new Failure({
      cause: state === 'missing' ? `minikube has no profile '${profile}'` : `minikube is ${state}`,
      next: `minikube -p ${profile} ${state === 'paused' ? 'unpause' : 'start'}, then run: ${again}`,
    });
  }
  await checkContext(session);
}

export async function stateOfMinikube({ shell, profile, again }: Session): Promise<MinikubeState> {
  const { lines, stdout } = await shell.run('minikube', ['-p', profile, 'status', '-o', 'json'], { env: PLAIN });
  const state = stateOf(stdout, lines);
  if (state === undefined) {
    const cause = `minikube does not tell its state: ${lastLine(lines)}`;
    throw failureOf(lines, { cause, next: `minikube -p ${profile} status` }, again);
  }
  return state;
}

/** The state in what `minikube status -o json` prints: an object, or one for each node, the control plane first. */
export function stateOf(stdout: string, lines: readonly string[]): MinikubeState | undefined {
  if (lines.some((text) => /profile .* not found/i.test(text))) {
    return 'missing';
  }
  try {
    const parsed = JSON.parse(stdout.slice(Math.max(0, stdout.search(/[[{]/))));
    const { Host, APIServer } = Array.isArray(parsed) ? parsed[0] : parsed;
    if (Host === 'Nonexistent') {
      return 'missing';
    }
    if (typeof Host !== 'string') {
      return undefined;
    }
    return APIServer === 'Paused' ? 'paused' : Host === 'Running' && APIServer === 'Running' ? 'running' : 'stopped';
  } catch {
    return undefined;
  }
}

/** The container runtime of a profile in what `minikube profile list -o json` prints. */
export function runtimeOf(profiles: string, profile: string): string {
  interface Profile {
    readonly Name: string;
    readonly Config?: { readonly KubernetesConfig?: { readonly ContainerRuntime?: string } };
  }
  const { valid, invalid }: { valid?: Profile[] | null; invalid?: Profile[] | null } = JSON.parse(profiles);
  const found = [...(valid ?? []), ...(invalid ?? [])].find(({ Name }) => Name === profile);
  return found?.Config?.KubernetesConfig?.ContainerRuntime || 'docker';
}

/** Enables the add-on that answers for Ingress objects, unless one that does is there already. */
export async function enableIngress({ shell, profile, again }: Session, line: Line): Promise<void> {
  const next = `minikube -p ${profile} addons list`;
  const addons = JSON.parse(
    await shell.output('minikube', ['-p', profile, 'addons', 'list', '-o', 'json'], next, { env: PLAIN }),
  );
  if (['ingress', 'traefik'].some((addon) => addons[addon]?.Status === 'enabled')) {
    return;
  }
  const options = { env: PLAIN, onLine: (text: string) => line.update(plain(text)) };
  const { ok, lines } = await shell.run('minikube', ['-p', profile, 'addons', 'enable', 'ingress'], options);
  if (!ok) {
    const cause = `minikube does not enable its ingress add-on: ${exitReason(lines)}`;
    throw failureOf(lines, { cause, next: `minikube -p ${profile} addons enable ingress` }, again);
  }
}

async function start({ shell, profile, again }: Session, line: Line, state: MinikubeState): Promise<void> {
  const command = state === 'paused' ? 'unpause' : 'start';
  const options = { env: PLAIN, onLine: (text: string) => line.update(plain(text)) };
  const { ok, lines } = await shell.run('minikube', ['-p', profile, command], options);
  if (!ok) {
    const failure = {
      cause: `minikube does not start: ${exitReason(lines)}`,
      details: lines.slice(-8),
      next: `minikube -p ${profile} ${command}, and when that works: ${again}`,
    };
    throw failureOf(lines, failure, again);
  }
}

async function checkContext(session: Session): Promise<void> {
  const { profile } = session;
  try {
    await checkApi(session);
  } catch (error) {
    if (error instanceof Failure && !(await hasContext(session))) {
      throw new Failure({
        cause: `the kubeconfig has no context '${profile}'`,
        next: `minikube -p ${profile} update-context (KUBECONFIG is ${process.env.KUBECONFIG ?? 'not set'})`,
      });
    }
    throw error;
  }
}

/** Whether the kubeconfig has the context. */
export async function hasContext({ shell, profile }: Session): Promise<boolean> {
  const contexts = await shell.output('kubectl', ['config', 'get-contexts', '-o', 'name'], 'kubectl config view');
  return contexts.split('\n').includes(profile);
}

/** Makes sure that the cluster answers. */
export async function checkApi(session: Session): Promise<void> {
  const { ok, lines } = await session.shell.run(...kubectl(session, 'get', '--raw', '/readyz'));
  if (!ok) {
    throw new Failure({
      cause: `the cluster's API does not answer: ${lastLine(lines)}`,
      next: session.profile === 'minikube' ? 'minikube start' : `kubectl --context ${session.profile} cluster-info`,
    });
  }
}

/** minikube's own reason to give up, where it names one, else the last thing it said. */
function exitReason(lines: readonly string[]): string {
  return plain(lines.find((text) => /Exiting due to/.test(text)) ?? lastLine(lines));
}

function plain(text: string): string {
  return text.replace(/^[\s*!X❗❌-]+/u, '').trim();
}
