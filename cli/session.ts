import { relative } from 'node:path';
import type { Environment, Shell } from './shell';

/** One run of the command line, as every step sees it. */
export interface Session {
  readonly shell: Shell;
  /** The folder of the CDK8s app. */
  readonly folder: string;
  /** minikube's profile, which is also the name of the context in the kubeconfig. */
  readonly profile: string;
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

/** How this run was started, to be typed once more. */
export function againOf(argv: readonly string[], env: Environment, folder: string): string {
  const [, script = '', command = '', ...args] = argv;
  const quoted = args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  if (env.npm_lifecycle_event === command) {
    return ['npm run', command, ...(quoted.length > 0 ? ['--', ...quoted] : [])].join(' ');
  }
  const path = relative(folder, script);
  return [...(path.startsWith('..') ? ['cdk8s-services'] : ['node', path]), command, ...quoted].join(' ');
}

/** Another command, to be typed as this one was, for the same cluster. */
export function commandOf({ again, profile }: Session, command: string, ...args: readonly string[]): string {
  const words = [...args, ...(profile === 'minikube' ? [] : ['-p', profile])];
  if (again.startsWith('npm run')) {
    return ['npm run', command, '--', ...words].join(' ');
  }
  const [program] = /^(node \S+|\S+)/.exec(again) ?? [];
  return [program, command, ...words].join(' ');
}
