import { spawn } from 'node:child_process';
import { conceal } from '../runner/redacted';
import { type RunOptions, run } from '../runner/run';
import { suiteName } from '../runner/suite';
import { waitUntil } from '../runner/wait';

/** Where the system runs. */
export const NAMESPACE = process.env.E2E_NAMESPACE ?? 'services';

/** On everything that a suite makes in the cluster, and on nothing else: what bears it may be deleted. */
export const LABEL = 'e2e.cdk8s-services/suite';

/** What a suite puts on what it makes, and finds it by. */
export const OWN = `${LABEL}=${suiteName()}`;
export const OWN_LABELS = { [LABEL]: suiteName() };

/** The output of `kubectl`. */
export async function kubectl(args: string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run('kubectl', args, options);
  if (code !== 0) {
    throw new Error(`kubectl ${args.slice(0, 6).join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  }
  return stdout;
}

/** Claims are bound within a few seconds. */
const FORGOTTEN = 20_000;

/** An object of Kubernetes, or a list of them. */
export async function get(args: string[], namespace = NAMESPACE): Promise<any> {
  return JSON.parse(await kubectl(['-n', namespace, 'get', ...args, '-o', 'json']));
}

/** A value of a Secret. It is taken out of every message from then on. */
export async function secret(name: string, key: string, namespace = NAMESPACE): Promise<string> {
  const data: { [key: string]: string } = (await get(['secret', name], namespace)).data ?? {};
  const encoded = data[key];
  if (encoded === undefined) {
    throw new Error(`Secret ${name} has no '${key}', only ${Object.keys(data).join(', ')}`);
  }
  const value = Buffer.from(encoded, 'base64').toString();
  if (!['username', 'ca.crt', 'tls.crt'].includes(key)) {
    conceal(value);
  }
  return value;
}

export interface Container {
  readonly name: string;
  readonly restarts: number;
  readonly ready: boolean;
  readonly waiting?: string;
}

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly ready: boolean;
  readonly ending: boolean;
  /** It has waited for its claims to be bound for so long that the scheduler may have missed that they are. */
  readonly forgotten: boolean;
  readonly containers: { readonly [name: string]: Container };
  readonly initContainers: { readonly [name: string]: Container };
}

/** Selects the pods of a service, and no stand-in that a suite plays beside them. */
export function ofService(service: string): string {
  return `app.kubernetes.io/instance=${service},!${LABEL}`;
}

/** The pods of a service. */
export async function pods(service: string, namespace = NAMESPACE): Promise<Pod[]> {
  const { items } = await get(['pods', '-l', ofService(service)], namespace);
  return items.map(podOf);
}

/** The one pod of a service, once it is ready, and it alone. */
export function readyPod(service: string, seconds = 60, namespace = NAMESPACE, not?: string): Promise<Pod> {
  const what = `one pod of ${service}, ready${not ? `, and not ${not} again` : ''}`;
  return waitUntil(
    what,
    async () => {
      const all = await pods(service, namespace);
      const [pod] = all;
      if (all.length === 1 && pod?.ready && !pod.ending && pod.uid !== not) {
        return pod;
      }
      // the scheduler would look again after five minutes
      const forgotten = all.filter((one) => one.forgotten && !one.ending).map(({ name }) => name);
      if (forgotten.length > 0) {
        await kubectl(['-n', namespace, 'delete', 'pods', ...forgotten, '--wait=false']);
      }
      throw new Error(all.map(describePod).join('; ') || 'there is no pod');
    },
    { seconds },
  );
}

function describePod({ name, ready, ending, containers, initContainers }: Pod): string {
  const states = [...Object.values(initContainers), ...Object.values(containers)].map(
    (container) => `${container.name} ${container.waiting ?? (container.ready ? 'ready' : 'not ready')}`,
  );
  return `${name} is ${ending ? 'ending' : ready ? 'ready' : 'not ready'} (${states.join(', ')})`;
}

function podOf(pod: any): Pod {
  const containers = (statuses: any[] = []) =>
    Object.fromEntries(
      statuses.map((status): [string, Container] => [
        status.name,
        {
          name: status.name,
          restarts: status.restartCount,
          ready: status.ready,
          waiting: status.state?.waiting?.reason,
        },
      ]),
    );
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    ready: (pod.status.conditions ?? []).some((one: any) => one.type === 'Ready' && one.status === 'True'),
    ending: pod.metadata.deletionTimestamp !== undefined,
    forgotten: (pod.status.conditions ?? []).some(
      ({ type, status, message = '', lastTransitionTime }: any) =>
        type === 'PodScheduled' &&
        status === 'False' &&
        message.includes('unbound immediate PersistentVolumeClaims') &&
        Date.now() - Date.parse(lastTransitionTime) > FORGOTTEN,
    ),
    containers: containers(pod.status.containerStatuses),
    initContainers: containers(pod.status.initContainerStatuses),
  };
}

/** The last lines of every container of the services, before its last restart too. */
export async function lastLogs(services: string[], namespace = NAMESPACE): Promise<string> {
  const parts: string[] = [];
  for (const service of services) {
    for (const { name, containers, initContainers } of await pods(service, namespace).catch(() => [])) {
      for (const container of [...Object.values(initContainers), ...Object.values(containers)]) {
        const args = ['-n', namespace, 'logs', name, '-c', container.name, '--tail', '10'];
        const now = await run('kubectl', args);
        const before = container.restarts > 0 ? await run('kubectl', [...args, '--previous']) : undefined;
        if (before?.stdout) {
          parts.push(`--- last lines of ${name}/${container.name}, before its restart\n${before.stdout.trimEnd()}`);
        }
        parts.push(`--- last lines of ${name}/${container.name}\n${(now.stdout || now.stderr).trimEnd()}`);
      }
    }
  }
  return parts.join('\n');
}

/** A port of this machine that leads to one of a pod, whatever the network policies say. */
export class Forward {
  static async open(target: string, port: number, namespace = NAMESPACE): Promise<Forward> {
    const args = ['-n', namespace, 'port-forward', target, `:${port}`, '--address', '127.0.0.1'];
    const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const local = await new Promise<number>((resolve, reject) => {
      let said = '';
      const listen = (chunk: Buffer) => {
        said += chunk.toString();
        const found = /127\.0\.0\.1:(\d+) ->/.exec(said);
        if (found) {
          resolve(Number(found[1]));
        }
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.on('error', reject);
      child.on('close', () => reject(new Error(`kubectl port-forward ${target} ended: ${said.trim()}`)));
    });
    return new Forward(local, () => child.kill());
  }

  private constructor(
    readonly port: number,
    readonly close: () => void,
  ) {}
}
