import type { Invocation } from '../terminal/invocation';
import type { Proxies } from './proxy';
import type { Shell } from './shell';

/** One run of the command line, as every step sees it. */
export interface Session {
  readonly shell: Shell;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The folder of the CDK8s app. */
  readonly folder: string;
  /** minikube's profile, which is also the name of the context in the kubeconfig. */
  readonly profile: string;
  /** What leads to the API of the cluster, as long as the run. */
  readonly proxies: Proxies;
  readonly invocation: Invocation;
  /** The command to run again. */
  readonly again: string;
}

/** A kubectl that is told its cluster: the context that the user has chosen for himself is never used. */
export function kubectl({ profile }: Session, ...args: string[]): [string, string[]] {
  return ['kubectl', ['--context', profile, ...args]];
}

/** What kubectl answers in JSON. */
export async function kubectlJson<T>(session: Session, ...args: string[]): Promise<T> {
  const next = `kubectl --context ${session.profile} ${args.join(' ')}`;
  return JSON.parse(await session.shell.output(...kubectl(session, ...args, '-o', 'json'), next)) as T;
}

/** The option of a namespace, where one was given: a command that is named next looks in the same place. */
export function inNamespace(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['-n', namespace];
}

/** Another command, to be typed as this one was, for the same cluster. */
export function commandOf({ invocation, profile }: Session, command: string, ...args: readonly string[]): string {
  return invocation.other(command, [...args, ...(profile === 'minikube' ? [] : ['-p', profile])]);
}
