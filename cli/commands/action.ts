// cli/commands/: the commander declarations, one file a command: arguments, options, help and examples. The code that
// runs is imported when the command is.

import { CommanderError } from 'commander';
import type { Session } from '../machine/session';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_USAGE, Failure, Interrupted } from '../terminal/failure';
import type { Progress } from '../terminal/progress';

/** What a command does; a number is its exit code, 0 unless given. */
export type Action = (session: Session, progress: Progress) => Promise<void> | Promise<number>;

/** Gives an action what it works with, and adds to its failure the step in which it happened. */
export async function run(action: Action, profile: string): Promise<void> {
  const [{ Shell }, { Proxies }, { Progress }, { Invocation }, { failureOf }] = await Promise.all([
    import('../machine/shell'),
    import('../machine/proxy'),
    import('../terminal/progress'),
    import('../terminal/invocation'),
    import('../machine/causes'),
  ]);
  const folder = process.cwd();
  const invocation = Invocation.of(process.argv, process.env, folder);
  const { again } = invocation;
  const { signal } = interruption();
  const progress = new Progress();
  const proxies = new Proxies();
  try {
    const shell = new Shell(signal);
    const code = await action({ shell, signal, folder, profile, proxies, invocation, again }, progress);
    process.exitCode = code ?? 0;
  } catch (error) {
    if (signal.aborted) {
      throw Object.assign(new Interrupted(), { step: progress.step, again });
    }
    if (error instanceof Failure) {
      error.step ??= progress.step || undefined;
      throw error;
    }
    const { message } = error as Error;
    throw Object.assign(failureOf([message], { cause: message, next: again }, again), { step: progress.step });
  } finally {
    proxies.end();
  }
}

/** Says what went wrong, and gives the exit code for it. */
export function exitCode(error: unknown): number {
  const command = process.argv[2] ?? '';
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
  if (error instanceof Interrupted) {
    const { step, again } = error as Interrupted & { again?: string };
    process.stderr.write(`\n${command} interrupted at '${step}'\nnext: ${again}, which goes on from there\n`);
    return EXIT_INTERRUPTED;
  }
  if (error instanceof Failure) {
    process.stderr.write(error.report(command));
    return error.exitCode;
  }
  process.stderr.write(`cdk8s-services ${command}: ${(error as Error).message}\n`);
  return EXIT_FAILURE;
}

/** Ends with the first Ctrl-C; at the second, what is left is not waited for. */
function interruption(): AbortController {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => (controller.signal.aborted ? process.exit(EXIT_INTERRUPTED) : controller.abort()));
  }
  return controller;
}
