// cli/machine/: the programs of this machine. The shell runs them in process groups that end with this process; beside
// it are the session, minikube, and the Docker inside it.

import { setMaxListeners } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { Failure, Interrupted } from '../terminal/failure';
import { lastLine } from '../terminal/lines';
import type { Environment } from '../terminal/screen';

const GROUPS = process.platform !== 'win32';
const PATIENCE = 3000;

export interface RunOptions {
  readonly input?: string;
  /** Writes standard input, which stays open until the program ends. */
  readonly feed?: (input: Writable) => Promise<void>;
  readonly env?: Environment;
  readonly folder?: string;
  /** Which rights the files of the program lack (umask). */
  readonly umask?: number;
  /** Called with each line of standard output and standard error. */
  readonly onLine?: (line: string) => void;
}

export interface Outcome {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of both, in the order in which they came, without empty ones. */
  readonly lines: readonly string[];
}

/** Runs the commands of others. An interruption ends them, with all that they started, before it is reported. */
export class Shell {
  constructor(private readonly signal: AbortSignal) {
    // any number of programs and waits at once is meant
    setMaxListeners(0, signal);
  }

  /** Runs a program to its end, whatever that is. */
  async run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return this.finish(file, args, options, false);
  }

  /** Runs a line of the user's shell. */
  async runLine(line: string, options: RunOptions = {}): Promise<Outcome> {
    return this.finish(line, [], options, true);
  }

  /** A program's standard output, where anything but success is a failure with its last words. */
  async output(file: string, args: readonly string[], next: string, options: RunOptions = {}): Promise<string> {
    const outcome = await this.run(file, args, options);
    if (!outcome.ok) {
      const command = [file, ...args.slice(0, 6)].join(' ');
      throw new Failure({ cause: `'${command}' says: ${lastLine(outcome.lines)}`, next });
    }
    return outcome.stdout;
  }

  /** Waits, unless interrupted. */
  async sleep(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal: this.signal });
    } catch {
      throw new Interrupted();
    }
  }

  /** Waits for what is no child process, unless interrupted. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const end = new AbortController();
    const interruption = new Promise<never>((_, reject) => {
      this.signal.addEventListener('abort', () => reject(new Interrupted()), { once: true, signal: end.signal });
    });
    try {
      return await Promise.race([promise, interruption]);
    } finally {
      end.abort();
    }
  }

  private async finish(file: string, args: readonly string[], options: RunOptions, shell: boolean): Promise<Outcome> {
    if (this.signal.aborted) {
      throw new Interrupted();
    }
    const child = withUmask(options.umask, () =>
      execa(file, args, {
        shell,
        ...(options.feed ? {} : { input: options.input ?? '' }),
        env: { ...options.env },
        cwd: options.folder,
        all: true,
        reject: false,
        // A group of its own: so that what the program starts in turn ends with it.
        detached: GROUPS,
        maxBuffer: 256 * 1024 * 1024,
      }),
    );
    const end = () => endGroup(child.pid, 'SIGTERM');
    this.signal.addEventListener('abort', end, { once: true });
    let unread: unknown;
    options.feed?.(child.stdin as Writable).catch((error) => {
      unread = error;
      child.stdin?.destroy();
    });
    if (options.onLine) {
      await tell(child.iterable({ from: 'all' }), options.onLine);
    }
    const result = await child;
    this.signal.removeEventListener('abort', end);
    if (this.signal.aborted) {
      throw new Interrupted();
    }
    // Whatever the program says then, it is because it got no more.
    if (unread instanceof Failure) {
      throw unread;
    }
    const { stdout, stderr, exitCode, all, shortMessage = 'it could not be started' } = result;
    return {
      ok: exitCode === 0,
      exitCode: exitCode ?? 1,
      stdout,
      stderr,
      // not before they are asked for: what lists thousands of objects is read as a whole
      get lines() {
        const lines = all.split('\n').map(plain).filter(isSomething);
        return exitCode === undefined && lines.length === 0 ? [shortMessage] : lines;
      },
    };
  }
}

async function tell(lines: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) {
      const text = plain(String(line));
      if (isSomething(text)) {
        onLine(text);
      }
    }
  } catch {
    // The program could not be started, or its pipe broke: its result says so.
  }
}

function plain(line: string): string {
  return stripVTControlCharacters(line).trimEnd();
}

function isSomething(line: string): boolean {
  return line !== '';
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(GROUPS ? -pid : pid, signal);
  } catch {
    return;
  }
  if (signal === 'SIGTERM') {
    setTimeout(() => endGroup(pid, 'SIGKILL'), PATIENCE).unref();
  }
}

/** Starts a program that has this umask from its beginning; ours is another one for no longer than that. */
function withUmask<T>(umask: number | undefined, start: () => T): T {
  if (umask === undefined) {
    return start();
  }
  const own = process.umask(umask);
  try {
    return start();
  } finally {
    process.umask(own);
  }
}
