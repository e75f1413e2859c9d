import { spawn } from 'node:child_process';
import { naming } from './waiting';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What the command reads: also the place for passwords, as arguments can be seen by others. */
  readonly input?: string;
  readonly seconds?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** What is shown of a command that is waited for. */
const NAME_LENGTH = 160;

/** Runs a command to its end, whatever its exit code; it is ended after the time given (60 s unless told). */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Result> {
  return naming([command, ...args].join(' ').slice(0, NAME_LENGTH), () => ended(command, args, options));
}

function ended(command: string, args: string[], options: RunOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const seconds = options.seconds ?? 60;
    const timer = setTimeout(() => {
      err.push(Buffer.from(`\n${command} was ended after ${seconds} s`));
      child.kill('SIGKILL');
    }, seconds * 1000);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 137, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
    child.stdin.end(options.input ?? '');
  });
}
