import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NAMESPACE } from '../cluster/kubectl';

const SECRETS = 'secrets';

/**
 * Keeps what every container of the namespace says during a run, of pods that are deleted too, and every value that a
 * Secret has had: in a folder that only its owner can read, and only until the end of the run.
 */
export class Recorder {
  static async start(): Promise<Recorder> {
    const folder = mkdtempSync(join(tmpdir(), 'cdk8s-services-e2e-'));
    const socket = join(folder, 'api');
    const proxy = spawn('kubectl', ['proxy', '--unix-socket', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      proxy.stdout.once('data', () => resolve());
      proxy.once('close', () => reject(new Error('kubectl proxy ended')));
    });
    const recorder = new Recorder(folder, socket, proxy);
    process.once('exit', () => recorder.stop());
    await Promise.all([
      recorder.watch('secrets', (secret) => recorder.keep(secret)),
      recorder.watch('pods', (pod) => recorder.follow(pod)),
    ]);
    return recorder;
  }

  private readonly followed = new Set<string>();
  private running = true;
  private files = 0;

  private constructor(
    readonly folder: string,
    private readonly socketPath: string,
    private readonly proxy: ChildProcess,
  ) {}

  stop(): void {
    this.running = false;
    this.proxy.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Calls back for each object of a kind, and again when it changes. */
  private async watch(kind: string, seen: (object: any) => void): Promise<void> {
    const events = await this.open(`/api/v1/namespaces/${NAMESPACE}/${kind}?watch=true&resourceVersion=0`);
    const lines = createInterface(events);
    lines.on('line', (line) => {
      const { type, object } = JSON.parse(line);
      if (type !== 'ERROR') {
        seen(object);
      }
    });
    lines.on('error', () => {});
    events.on('close', () => this.watchAgain(kind, seen));
  }

  /** The API server ends a watch now and then. */
  private watchAgain(kind: string, seen: (object: any) => void): void {
    if (this.running) {
      setTimeout(() => this.watch(kind, seen).catch(() => this.watchAgain(kind, seen)), 500).unref();
    }
  }

  private keep({ metadata, data }: any): void {
    appendFileSync(join(this.folder, SECRETS), `${JSON.stringify({ name: metadata.name, data })}\n`, { mode: 0o600 });
  }

  private follow({ metadata, status = {} }: any): void {
    const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    for (const { name, containerID, state, lastState } of statuses) {
      for (const [id, how] of [
        [!state.waiting && containerID, 'follow=true'],
        [lastState?.terminated?.containerID, 'previous=true'],
      ]) {
        if (id && !this.followed.has(id)) {
          this.followed.add(id);
          this.log(metadata.name, name, how).catch(() => this.followed.delete(id));
        }
      }
    }
  }

  private async log(pod: string, container: string, how: string): Promise<void> {
    const lines = await this.open(`/api/v1/namespaces/${NAMESPACE}/pods/${pod}/log?container=${container}&${how}`);
    const file = `${pod}.${container}.${this.files++}.log`;
    lines.pipe(createWriteStream(join(this.folder, file), { mode: 0o600 }));
  }

  private open(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.socketPath, path, agent: false }, (response) => {
        response.on('error', () => {});
        if (response.statusCode === 200) {
          resolve(response);
        } else {
          response.resume();
          reject(new Error(`got ${response.statusCode} for ${path}`));
        }
      });
      asked.on('error', reject);
      asked.end();
    });
  }
}

/** The files of a recorder's folder in which containers have spoken. */
export function recordedLogs(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .map((name) => join(folder, name));
}

/** Every Secret that a recorder has seen, in every state. */
export function recordedSecrets(folder: string): { name: string; data?: { [key: string]: string } }[] {
  const lines = readFileSync(join(folder, SECRETS), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}
