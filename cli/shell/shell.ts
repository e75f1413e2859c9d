// cli/shell/: the command `shell`: a shell, or one command, in a container of a service.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { List, Pod } from '../cluster/object';
import { reasonOfPod } from '../cluster/reasons';
import { commandOf, inNamespace, kubectl, kubectlJson, type Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { findServices, isPodOf, type Place } from '../services/services';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_USAGE, Failure } from '../terminal/failure';

/** The container that a pod's author means for visitors, as kubectl has it. */
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The better shell of a container, whether its programs are on PATH or not. */
const FIND_SHELL = 'command -v bash || command -v sh';

/** 128 + the number of the signal, as shells have it. */
const SIGNALS: { readonly [name: string]: number } = { SIGHUP: 129, SIGKILL: 137, SIGTERM: 143 };

export interface ShellOptions {
  readonly service: string;
  /** What to run, in place of a shell. */
  readonly command: readonly string[];
  readonly container?: string;
  readonly namespace?: string;
}

/** Runs a shell, or a command, in a container of a service, and gives its exit code. */
export async function shellInto(session: Session, options: ShellOptions): Promise<number> {
  checkTools(session.again, ['kubectl']);
  const [place, ...more] = await findServices(session, { services: [options.service], namespace: options.namespace });
  if (!place || more.length > 0) {
    throw new Failure({
      cause: `there are several services '${options.service}', in ${[place, ...more].map((one) => one?.namespace).join(', ')}`,
      next: `say which one is meant: ${commandOf(session, 'shell', options.service, '-n', place?.namespace ?? '')}`,
      exitCode: EXIT_USAGE,
    });
  }
  const logs = commandOf(session, 'logs', place.service, ...inNamespace(options.namespace));
  const pod = await podToEnter(session, place, logs);
  const target = ['-n', place.namespace, 'exec', pod.metadata.name, '-c', containerOf(pod, options, logs)];
  const command = options.command.length > 0 ? options.command : [await shellOf(session, target, pod)];
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return attached(session, [...target, isTerminal ? '-it' : '-i', '--', ...command]);
}

/** The newest pod that is ready; one that only runs is better than none. */
async function podToEnter(session: Session, { service, namespace }: Place, logs: string): Promise<Pod> {
  const { items } = await kubectlJson<List<Pod>>(session, '-n', namespace, 'get', 'pods');
  const pods = items
    .filter((pod) => isPodOf(pod, [{ service, namespace }]) && !pod.metadata.deletionTimestamp)
    .sort((a, b) => created(b) - created(a));
  const ready = pods.find(({ status }) =>
    status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
  );
  const running = ready ?? pods.find((pod) => runningIn(pod).length > 0);
  if (!running) {
    throw new Failure({
      cause: `no pod of ${service} runs`,
      details: pods.map((pod) => reasonOfPod(pod, [], session.profile).text),
      next: logs,
    });
  }
  if (!ready) {
    process.stderr.write(`${reasonOfPod(running, [], session.profile).text}\n`);
  }
  return running;
}

/** The one that is named, or meant by the pod, or named like the service. */
function containerOf(pod: Pod, { service, container }: ShellOptions, logs: string): string {
  const { metadata, spec } = pod;
  const running = runningIn(pod);
  // a sidecar is an init container that goes on
  const names = [...new Set([...(spec?.containers ?? []).map(({ name }) => name), ...running])];
  const wanted =
    container ?? [metadata.annotations?.[DEFAULT_CONTAINER], service].find((name) => name && names.includes(name));
  const found = wanted ?? names[0] ?? '';
  if (!names.includes(found)) {
    throw new Failure({
      cause: `'${found}' is no container of ${service}`,
      next: `use one of: ${names.join(', ')}`,
      exitCode: EXIT_USAGE,
    });
  }
  if (!running.includes(found)) {
    throw new Failure({
      cause: `container ${found} of ${metadata.name} does not run`,
      next: logs,
    });
  }
  return found;
}

async function shellOf(session: Session, target: readonly string[], pod: Pod): Promise<string> {
  const { ok, stdout, lines } = await session.shell.run(...kubectl(session, ...target, '--', 'sh', '-c', FIND_SHELL));
  if (ok) {
    return stdout.trim().split('\n')[0] || 'sh';
  }
  const { name, namespace } = pod.metadata;
  const isMissing = lines.some((text) => /executable file not found|no such file or directory/.test(text));
  const container = target[target.indexOf('-c') + 1];
  throw new Failure({
    cause: isMissing ? `container ${container} of ${name} has no shell` : `${name} cannot be entered`,
    details: isMissing ? [] : lines.slice(-3),
    next: isMissing
      ? `kubectl --context ${session.profile} -n ${namespace} debug -it ${name} --image=busybox --target=${container} --profile=restricted`
      : `kubectl --context ${session.profile} -n ${namespace} auth can-i create pods/exec`,
  });
}

/** Runs kubectl on this process' own terminal, to which Ctrl-C belongs meanwhile. */
async function attached(session: Session, args: readonly string[]): Promise<number> {
  const child = spawn(...kubectl(session, ...args), { stdio: 'inherit' });
  const end = () => child.kill();
  session.signal.addEventListener('abort', end, { once: true });
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return session.signal.aborted ? EXIT_INTERRUPTED : (code ?? SIGNALS[signal ?? ''] ?? EXIT_FAILURE);
  } finally {
    session.signal.removeEventListener('abort', end);
  }
}

function runningIn({ status: { initContainerStatuses = [], containerStatuses = [] } = {} }: Pod): string[] {
  return [...initContainerStatuses, ...containerStatuses].filter(({ state }) => state?.running).map(({ name }) => name);
}

function created({ metadata }: Pod): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
