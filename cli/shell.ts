import { setMaxListeners } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { Failure, Interrupted } from './failure';
import { lastLine } from './lines';

const GROUPS = process.platform !== 'win32';
const PATIENCE = 3000;

export interface RunOptions {
  readonly input?: string;
  /** Writes standard input, which stays open until the program ends. */
  readonly feed?: (input: Writable) => Promise<void>;
  readonly env?: Environment;
  readonly folder?: string;
  /** Called with each line of standard output and standard error. */
  readonly onLine?: (line: string) => void;
  /** Reads no lines, which costs time where there are thousands. */
  readonly quiet?: boolean;
}

export interface Environment {
  readonly [name: string]: string | undefined;
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
    const child = execa(file, args, {
      shell,
      ...(options.feed ? {} : { input: options.input ?? '' }),
      env: { ...options.env },
      cwd: options.folder,
      all: !options.quiet,
      reject: false,
      // A group of its own: so that what the program starts in turn ends with it.
      detached: GROUPS,
      maxBuffer: 256 * 1024 * 1024,
    });
    const end = () => endGroup(child.pid, 'SIGTERM');
    this.signal.addEventListener('abort', end, { once: true });
    const lines: string[] = [];
    let unread: unknown;
    options.feed?.(child.stdin as Writable).catch((error) => {
      unread = error;
      child.stdin?.destroy();
    });
    try {
      for await (const line of options.quiet ? [] : child.iterable({ from: 'all' })) {
        const text = stripVTControlCharacters(String(line)).trimEnd();
        if (text !== '') {
          lines.push(text);
          options.onLine?.(text);
        }
      }
    } catch {
      // The program could not be started, or its pipe broke: the result below says so.
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
    if (result.exitCode === undefined && lines.length === 0) {
      lines.push(result.shortMessage ?? 'it could not be started');
    }
    const { stdout, stderr } = result;
    return { ok: result.exitCode === 0, exitCode: result.exitCode ?? 1, stdout, stderr, lines };
  }
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
