import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, Interrupted } from '../terminal/failure';

const WINDOWS = process.platform === 'win32';

/**
 * Ends a command with standard input, and itself with the command, whose folder it removes. What the shell has to say of that
 * goes nowhere: nobody may be there any more to read it.
 */
const BOUND =
  'exec 3<&0; "$@" & p=$!; exec 2>/dev/null; (read -r _ <&3; kill $p) & wait $p; s=$?; kill $!; rm -rf "$0"; exit $s';

/** So many requests at once are answered faster on two cores; more are not. */
export const AT_ONCE = 16;

/** Where a proxy listens. */
export interface Place {
  readonly socketPath?: string;
  readonly port?: number;
  /** What the paths of its requests begin with, where others can reach it: they do not know it. */
  readonly prefix?: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly place: Promise<Place>;
}

/**
 * The `kubectl proxy` of a run, which knows the way to the API and the credentials. It is started when it is first asked
 * for, anew where it has ended, and ends with the run, even where that is killed.
 */
export class KubectlProxy {
  /** Connections that go on after an answer. */
  readonly agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  private running?: Running;
  private hasEnded = false;

  constructor(private readonly context: string) {}

  /** Where it listens; `again` is the command to run again where it does not. */
  async place(again: string): Promise<Place> {
    // what still goes on when a run ends is of no use to anybody
    if (this.hasEnded) {
      throw new Interrupted();
    }
    this.running ??= this.start(again);
    return this.running.place;
  }

  end(): void {
    this.hasEnded = true;
    this.agent.destroy();
    this.running?.child.kill();
  }

  private start(again: string): Running {
    const folder = mkdtempSync(join(tmpdir(), 'cdk8s-services-proxy-'));
    const prefix = WINDOWS ? `/${randomBytes(16).toString('hex')}` : '';
    // Node.js knows no sockets in the file system of Windows
    const where = WINDOWS ? ['--port=0', `--api-prefix=${prefix}/`] : [`--unix-socket=${join(folder, 'socket')}`];
    const child = spawnBound(folder, 'kubectl', ['--context', this.context, 'proxy', ...where]);
    const end = () => child.kill();
    process.on('exit', end);
    child.on('close', () => {
      process.off('exit', end);
      rmSync(folder, { recursive: true, force: true });
      this.running = this.running?.child === child ? undefined : this.running;
    });
    const place = placeOf(child, prefix, (said) => unreachable(said, this.context, again));
    place.catch(() => undefined);
    return { child, place };
  }
}

/** The proxies of a run: one for each context, and most runs have one. */
export class Proxies {
  private readonly known = new Map<string, KubectlProxy>();

  of(context: string): KubectlProxy {
    const proxy = this.known.get(context) ?? new KubectlProxy(context);
    this.known.set(context, proxy);
    return proxy;
  }

  end(): void {
    for (const proxy of this.known.values()) {
      proxy.end();
    }
  }
}

/** Starts a program that ends when its standard input does: with this one, even where that is killed. */
function spawnBound(folder: string, file: string, args: readonly string[]): ChildProcess {
  const stdio = ['pipe', 'pipe', 'pipe'] as const;
  if (WINDOWS) {
    return spawn(file, args, { stdio: [...stdio] });
  }
  const child = spawn('sh', ['-c', BOUND, folder, file, ...args], { stdio: [...stdio], detached: true });
  child.kill = () => {
    child.stdin?.destroy();
    return true;
  };
  return child;
}

function placeOf(child: ChildProcess, prefix: string, failureOf: (said: string) => Failure): Promise<Place> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk;
      const [, place] = /^Starting to serve on (.+)\n/m.exec(said) ?? [];
      if (place !== undefined) {
        const [, port] = /^127\.0\.0\.1:(\d+)$/.exec(place) ?? [];
        resolve(port === undefined ? { socketPath: place } : { port: Number(port), prefix });
      }
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('error', reject);
    child.on('close', () => reject(failureOf(said)));
  });
}

function unreachable(said: string, context: string, again: string): Failure {
  const last = said.trim().split('\n').at(-1) || 'it says nothing';
  return new Failure({
    cause: `kubectl does not reach context '${context}': ${last}`,
    next: `kubectl --context ${context} get --raw /readyz, then run: ${again}`,
    step: 'cluster',
  });
}
