import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl, type Session } from '../machine/session';
import { Failure, Interrupted } from '../terminal/failure';

const WINDOWS = process.platform === 'win32';

/** Ends a command with standard input, and itself with the command, whose folder it removes. */
const BOUND =
  'exec 3<&0; "$@" & p=$!; (read -r _ <&3; kill $p) & wait $p; s=$?; exec 2>/dev/null; kill $!; rm -rf "$0"; exit $s';

/** What the API answers but 200; 0 where it does not answer. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The API of a cluster, read. */
export interface Api {
  get<T>(path: string): Promise<T>;
  /** The lines of an answer, as they come. A connection that is lost ends them like any other end. */
  lines(path: string): AsyncGenerator<string>;
}

/**
 * Reads the cluster's API through one `kubectl proxy`, which knows the way and the credentials: many streams at once cost
 * one process. It lets through what `paths` matches, and ends with the action.
 */
export async function withProxy<T>(session: Session, paths: RegExp, action: (api: Api) => Promise<T>): Promise<T> {
  const readOnly = ['--reject-methods=^(POST|PUT|PATCH|DELETE)$', `--accept-paths=${paths.source}`];
  return withPlace(session, readOnly, (place) => action(new Connection(place, session.signal)));
}

/** Runs a `kubectl proxy` as long as the action. */
export async function withPlace<T>(
  session: Session,
  restrictions: readonly string[],
  action: (place: Place) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'cdk8s-services-proxy-'));
  // Node.js knows no sockets in the file system of Windows
  const where = WINDOWS ? '--port=0' : `--unix-socket=${join(folder, 'socket')}`;
  const child = start(folder, ...kubectl(session, 'proxy', where, ...restrictions));
  const end = () => child.kill();
  process.on('exit', end);
  const said = listen(child);
  const ended = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('close', () => reject(unreachable(said(), session)));
  });
  ended.catch(() => undefined);
  try {
    const place = await session.shell.until(Promise.race([placeOf(child, said), ended]));
    return await Promise.race([action(place), ended]);
  } finally {
    process.off('exit', end);
    end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a program that ends when its standard input does: with this one, even where that is killed. */
function start(folder: string, file: string, args: readonly string[]): ChildProcess {
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

export interface Place {
  readonly socketPath?: string;
  readonly port?: number;
}

function listen(child: ChildProcess): () => string {
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk;
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return () => said;
}

function placeOf(child: ChildProcess, said: () => string): Promise<Place> {
  return new Promise((resolve) => {
    child.stdout?.on('data', () => {
      const [, place] = /^Starting to serve on (.+)\n/m.exec(said()) ?? [];
      if (place !== undefined) {
        const [, port] = /^127\.0\.0\.1:(\d+)$/.exec(place) ?? [];
        resolve(port === undefined ? { socketPath: place } : { port: Number(port) });
      }
    });
  });
}

function unreachable(said: string, { profile, again }: Session): Failure {
  const last = said.trim().split('\n').at(-1) || 'it says nothing';
  return new Failure({
    cause: `kubectl does not reach context '${profile}': ${last}`,
    next: `kubectl --context ${profile} get --raw /readyz, then run: ${again}`,
    step: 'cluster',
  });
}

class Connection implements Api {
  private readonly agent = new Agent({ keepAlive: false });

  constructor(
    private readonly place: Place,
    private readonly signal: AbortSignal,
  ) {}

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(await this.ask(path))) as T;
  }

  async *lines(path: string): AsyncGenerator<string> {
    const answer = await this.ask(path);
    let rest = '';
    try {
      for await (const chunk of answer) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch {
      if (this.signal.aborted) {
        throw new Interrupted();
      }
    }
    if (rest !== '') {
      yield rest;
    }
  }

  private async ask(path: string): Promise<IncomingMessage> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { agent, signal, place } = this;
      // the proxy answers who asks it by this name
      const asked = request({ ...place, path, agent, signal, headers: { host: 'localhost' } }, resolve);
      asked.on('error', (error) => reject(signal.aborted ? new Interrupted() : new Refusal(0, error.message)));
      asked.end();
    });
    answer.setEncoding('utf8');
    if (answer.statusCode !== 200) {
      throw new Refusal(answer.statusCode ?? 0, messageIn(await this.text(answer)));
    }
    return answer;
  }

  private async text(answer: IncomingMessage): Promise<string> {
    let text = '';
    try {
      for await (const chunk of answer) {
        text += chunk;
      }
    } catch (error) {
      throw this.signal.aborted ? new Interrupted() : new Refusal(0, (error as Error).message);
    }
    return text;
  }
}

function messageIn(text: string): string {
  try {
    return JSON.parse(text).message;
  } catch {
    return text.trim();
  }
}
