import { relative } from 'node:path';
import type { Environment, Shell } from './shell';

const NPM = 'npm run';

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

/** How this run was started, to be typed once more: with the variable by which an app chooses what it is for. */
export function againOf(argv: readonly string[], env: Environment, folder: string): string {
  const [, script = '', command = '', ...args] = argv;
  const words = args.map(quoted);
  const chosen = env.ENVIRONMENT ? [`ENVIRONMENT=${quoted(env.ENVIRONMENT)}`] : [];
  if (env.npm_lifecycle_event === command) {
    return [...chosen, NPM, command, ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
  }
  const path = relative(folder, script);
  const program = path.startsWith('..') ? 'cdk8s-services' : `node ${path}`;
  return [...chosen, env.npm_lifecycle_event === 'npx' ? 'npx cdk8s-services' : program, command, ...words].join(' ');
}

/** The same with one option more. */
export function againWith({ again }: Session, option: string): string {
  return `${again}${again.includes(NPM) && !again.includes(' -- ') ? ' --' : ''} ${option}`;
}

/** Another command, to be typed as this one was, for the same cluster. */
export function commandOf({ again, profile }: Session, command: string, ...args: readonly string[]): string {
  const words = [...args, ...(profile === 'minikube' ? [] : ['-p', profile])];
  if (again.includes(NPM)) {
    return [NPM, command, '--', ...words].join(' ');
  }
  const [program] = /^(node |npx )?\S+/.exec(again.replace(/^ENVIRONMENT=\S+ /, '')) ?? [];
  return [program, command, ...words].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
