import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { run } from './run';
import { waitUntil } from './wait';

const CLI = resolve(__dirname, '../../../lib/cli.js');

/** A command of the command line that runs. */
export class Running {
  /** What it has said by now, on both of its outputs. */
  said = '';
  readonly end: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(folder: string, ...args: readonly string[]) {
    this.child = spawn(process.execPath, [CLI, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.child.stdout, this.child.stderr]) {
      output?.on('data', (chunk) => {
        this.said += chunk;
      });
    }
    this.end = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** The name by which others know it. */
  get pid(): number {
    return this.child.pid as number;
  }

  /** Sends it a signal, alone or with what it has started at that moment. */
  async signal(name: NodeJS.Signals, withChildren = false): Promise<void> {
    const children = withChildren ? await childrenOf(this.pid) : [];
    for (const pid of [this.pid, ...children]) {
      try {
        process.kill(pid, name);
      } catch {
        // it has ended by itself
      }
    }
    await this.end;
  }

  async says(text: string, seconds = 60): Promise<void> {
    await waitUntil(`it to say '${text}'\n${this.said}`, async () => this.said.includes(text), {
      seconds,
      everyMs: 50,
    });
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([pid, of]) => (pid !== undefined && of === parent ? [pid] : []));
}
