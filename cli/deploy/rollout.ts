import { isKind, isSameKind } from '../../constructs/manifest/kinds';
import { apiOf } from '../cluster/api';
import { logOf } from '../cluster/logs';
import type { Event, KubernetesObject, Pod, Workload } from '../cluster/object';
import { isReady, obstacleOf, type Reason, readiness, reasonOf } from '../cluster/reasons';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import type { Item, Line } from '../terminal/progress';

const INTERVAL = 1000;
/** How long a cause that waiting does not remove is watched before the wait ends. */
const GRACE = 60_000;
const ATTEMPTS = 5;
const WATCHED = ['apps/v1/deployments', 'apps/v1/statefulsets', 'apps/v1/daemonsets', 'v1/pods'] as const;

/** What the cluster says about the workloads at one moment, asked once for all of them. */
class Watch {
  private latest: { readonly at: number; readonly answer: Promise<readonly KubernetesObject[]> } | undefined;
  private events: { readonly at: number; readonly answer: Promise<readonly Event[]> } | undefined;

  constructor(
    private readonly session: Session,
    private readonly namespaces: readonly string[],
  ) {}

  objects(): Promise<readonly KubernetesObject[]> {
    if (!this.latest || Date.now() - this.latest.at >= INTERVAL * 0.8) {
      this.latest = { at: Date.now(), answer: Promise.all(WATCHED.map((type) => this.list(type))).then(flat) };
    }
    return this.latest.answer;
  }

  /** Warnings, newest first. */
  warnings(): Promise<readonly Event[]> {
    if (!this.events || Date.now() - this.events.at >= INTERVAL * 3) {
      const answer = this.list<Event>('v1/events', 'type=Warning').then((events) =>
        events.sort((a, b) => time(b) - time(a)),
      );
      this.events = { at: Date.now(), answer };
    }
    return this.events.answer;
  }

  private async list<T = KubernetesObject>(type: string, fields?: string): Promise<T[]> {
    const api = apiOf(this.session);
    const lists = await Promise.all(
      this.namespaces.map((namespace) => this.ask(() => api.list<T>(type, { namespace, fields }))),
    );
    return lists.flat();
  }

  /** On a busy machine the API may miss an answer. */
  private async ask<T>(question: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await question();
      } catch (error) {
        if (!(error instanceof Failure) || attempt === ATTEMPTS) {
          throw error;
        }
        await this.session.shell.sleep(INTERVAL * 2);
      }
    }
  }
}

/** One item for each workload: a wait until it is rolled out and ready. */
export function rollouts(session: Session, workloads: readonly Workload[], timeout: number): Item<void>[] {
  const namespaces = [...new Set(workloads.map(({ metadata }) => metadata.namespace ?? 'default'))];
  const watch = new Watch(session, namespaces);
  const deadline = Date.now() + timeout;
  return itemsOf(workloads, (workload, line) => rollout(session, watch, workload, { deadline, timeout }, line));
}

/** The same items, of workloads that are ready. */
export function readyItems(workloads: readonly Workload[]): Item<void>[] {
  return itemsOf(workloads, async (workload, line) => line.update(readiness(workload)));
}

/** An item for each workload, by its name where that says which one it is. */
function itemsOf(workloads: readonly Workload[], run: (workload: Workload, line: Line) => Promise<void>): Item<void>[] {
  const names = workloads.map(({ metadata }) => metadata.name);
  return workloads.map((workload) => {
    const { name, namespace } = workload.metadata;
    const unique = names.filter((other) => other === name).length === 1;
    const title = unique ? name : `${namespace}/${workload.kind.toLowerCase()}/${name}`;
    return { name: title, run: (line) => run(workload, line) };
  });
}

async function rollout(
  session: Session,
  watch: Watch,
  wanted: Workload,
  { deadline, timeout }: { readonly deadline: number; readonly timeout: number },
  line: Line,
): Promise<void> {
  const { kind } = wanted;
  const { name, namespace = 'default' } = wanted.metadata;
  const logs = new Map<string, string>();
  let stuck: { readonly text: string; readonly since: number } | undefined;
  for (;;) {
    const objects = await watch.objects();
    const workload = objects.find(
      (object) =>
        isSameKind(object, wanted) && object.metadata.name === name && object.metadata.namespace === namespace,
    ) as Workload | undefined;
    if (!workload) {
      throw new Failure({
        cause: `${kind} ${name} is gone: somebody deletes it while it is waited for`,
        next: session.again,
      });
    }
    if (isReady(workload)) {
      line.update(readiness(workload));
      return;
    }
    const pods = objects.filter((object) => isKind(object, 'Pod')) as Pod[];
    const obstacle = obstacleOf(workload, pods);
    if (obstacle && Date.now() < deadline) {
      line.update(`${readiness(workload)}, ${obstacle.metadata.name} of an older version is broken, deleting it`);
      await apiOf(session).delete(obstacle);
      // its successor has its name
      await session.shell.sleep(INTERVAL);
      continue;
    }
    const reason = reasonOf(workload, pods, await watch.warnings(), session.profile);
    const said = await lastLog(session, namespace, reason, logs);
    const text = said ? `${reason.text}: ${said}` : reason.text;
    line.update(`${readiness(workload)}, ${text}`);
    stuck = reason.permanent
      ? stuck?.text === reason.text
        ? stuck
        : { text: reason.text, since: Date.now() }
      : undefined;
    const hopeless = stuck !== undefined && Date.now() - stuck.since >= Math.min(GRACE, timeout);
    if (hopeless || Date.now() >= deadline) {
      const after = hopeless ? '' : ` after ${timeout / 1000} s`;
      throw notReady(session, reason, `${kind} ${name} is not ready${after}: ${text}`);
    }
    await session.shell.sleep(INTERVAL);
  }
}

function notReady({ again }: Session, { remedy }: Reason, cause: string): Failure {
  return new Failure({ cause, next: remedy ? `${remedy}, then run: ${again}` : again });
}

/** The last line of the log of a container that fails, read once for each of its ends. */
export async function lastLog(
  session: Session,
  namespace: string,
  { log, text }: Reason,
  known: Map<string, string>,
): Promise<string | undefined> {
  if (!log) {
    return undefined;
  }
  if (!known.has(text) || !log.previous) {
    const lines = await logOf(session, namespace, log);
    known.set(text, lines.at(-1)?.slice(0, 200) ?? '');
  }
  return known.get(text) || undefined;
}

function time({ lastTimestamp, eventTime }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? '') || 0;
}

function flat<T>(lists: readonly (readonly T[])[]): T[] {
  return lists.flat();
}
