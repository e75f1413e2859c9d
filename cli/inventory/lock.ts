import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { AppSet } from '../app/app-set';
import type { Api } from '../cluster/api';
import type { KubernetesObject } from '../cluster/object';
import { kubectl, type Session } from '../machine/session';
import { type Outcome, Shell } from '../machine/shell';
import { Failure } from '../terminal/failure';
import { lastLine } from '../terminal/lines';
import type { Line } from '../terminal/progress';
import { user } from './user';

/** As the leases of Kubernetes' own leaders: long enough for a busy machine to miss two renewals. */
const DURATION = 30_000;
const RENEWAL = 10_000;
/** How often it is looked whether another one renews its lease. */
const LOOK = 2000;
/** What a program that was killed has started may live on until it next writes. */
const ORPHANS = 2000;

/** Where a process is: one that was started on the same machine can be asked whether it lives. */
const MACHINE = 'cdk8s-services/machine';
const COMMAND = 'cdk8s-services/command';

interface Lease extends KubernetesObject {
  readonly spec: {
    readonly holderIdentity: string;
    readonly leaseDurationSeconds: number;
    readonly acquireTime: string;
    readonly renewTime: string;
  };
}

/** The lock of an app, held: who has it is the only one that changes it in the cluster. */
export class Lock {
  /** Why it is not held any more. */
  private loss?: Failure;
  private readonly session: Session;
  private readonly end = new AbortController();
  private readonly stop = () => this.end.abort();
  private readonly timer: NodeJS.Timeout;
  private renewed = Date.now();
  private renewing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly outer: Session,
    /** Not ended by Ctrl-C: the lock is given back after it. */
    private readonly own: Session,
    private lease: Lease,
  ) {
    const { signal } = this.end;
    outer.signal.addEventListener('abort', this.stop);
    this.session = { ...outer, signal, shell: new Shell(signal) };
    this.timer = setInterval(() => {
      this.renewing = this.renew();
    }, RENEWAL);
    this.timer.unref();
  }

  static async take(session: Session, set: AppSet, command: string, line: Line): Promise<Lock> {
    const own = { ...session, shell: new Shell(new AbortController().signal) };
    const wanted = leaseOf(set, command);
    for (;;) {
      const created = await write(session, 'create', wanted);
      if (created.ok) {
        return new Lock(session, own, JSON.parse(created.stdout));
      }
      if (!/AlreadyExists/.test(created.stderr)) {
        throw denied(session, set, created);
      }
      const held = await read(session, wanted);
      if (!held) {
        continue;
      }
      const { resourceVersion } = held.metadata;
      await waitForEnd(session, held, line);
      const taken = await write(session, 'replace', {
        ...wanted,
        metadata: { ...wanted.metadata, resourceVersion },
      });
      if (taken.ok) {
        return new Lock(session, own, JSON.parse(taken.stdout));
      }
      if (!/Conflict|NotFound/.test(taken.stderr)) {
        throw denied(session, set, taken);
      }
    }
  }

  /**
   * Runs what needs the lock, and gives it back. The action works with a session that ends if the lock is lost, as it is
   * after a pause of the whole machine.
   */
  async during<T>(action: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await action(this.session);
    } catch (error) {
      throw this.loss ?? error;
    } finally {
      await this.release();
    }
  }

  /** Whether nobody has it. */
  static async isFree({ namespace, parent }: AppSet, api: Api): Promise<boolean> {
    const { status } = await api.get(pathOf(parent, namespace));
    return status === 404;
  }

  private async release(): Promise<void> {
    clearInterval(this.timer);
    this.outer.signal.removeEventListener('abort', this.stop);
    await this.renewing;
    if (this.loss) {
      return;
    }
    const { name, namespace = '', resourceVersion } = this.lease.metadata;
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } });
    // where it does not work, the lease expires
    await this.own.shell.run(...kubectl(this.own, 'delete', '--raw', pathOf(name, namespace), '-f', '-'), { input });
  }

  private async renew(): Promise<void> {
    const renewTime = now();
    const outcome = await write(this.own, 'replace', { ...this.lease, spec: { ...this.lease.spec, renewTime } });
    if (outcome.ok) {
      this.lease = JSON.parse(outcome.stdout);
      this.renewed = Date.now();
    } else if (/Conflict|NotFound/.test(outcome.stderr) || Date.now() - this.renewed > DURATION) {
      this.loss = new Failure({
        cause: `it could not keep the lock ${this.lease.metadata.name}: ${lastLine(outcome.lines)}`,
        next: this.outer.again,
      });
      this.end.abort();
    }
  }
}

/** Waits for the end of a holder that was killed; refuses while it lives. */
async function waitForEnd(session: Session, held: Lease, line: Line): Promise<void> {
  const { holderIdentity, leaseDurationSeconds, renewTime } = held.spec;
  if (wasKilled(held)) {
    line.update(`${holderIdentity} was killed, taking over`);
    await session.shell.sleep(ORPHANS);
    return;
  }
  const duration = leaseDurationSeconds * 1000;
  const silence = Date.now() - Date.parse(renewTime);
  if (silence <= duration) {
    throw heldBy(session, held);
  }
  // the clocks of two machines may differ: that it is renewed no more is seen
  const seconds = Math.round(silence / 1000);
  line.update(
    `${holderIdentity} has said nothing for ${seconds} s, waiting for ${leaseDurationSeconds} s whether it lives`,
  );
  for (const end = Date.now() + duration; Date.now() < end; ) {
    await session.shell.sleep(Math.min(LOOK, end - Date.now()));
    const seen = await read(session, held);
    if (!seen) {
      return;
    }
    if (seen.metadata.resourceVersion !== held.metadata.resourceVersion) {
      throw heldBy(session, seen);
    }
  }
}

/** Whether a holder that was started on this machine is gone. */
export function wasKilled({
  metadata,
  spec,
}: KubernetesObject & { readonly spec: { readonly holderIdentity: string } }) {
  const [, pid] = /:(\d+)$/.exec(spec.holderIdentity) ?? [];
  return metadata.annotations?.[MACHINE] === machine() && !isAlive(Number(pid));
}

/** Says who is at work. */
function heldBy({ profile, again }: Session, { metadata, spec }: Lease): Failure {
  const { name, namespace, annotations = {} } = metadata;
  const seconds = Math.round((Date.now() - Date.parse(spec.acquireTime)) / 1000);
  return new Failure({
    cause: `${spec.holderIdentity} runs '${annotations[COMMAND]}' since ${seconds} s`,
    next:
      `${again}, when that has ended (if it has, and cannot say so: ` +
      `kubectl --context ${profile} -n ${namespace} delete lease ${name})`,
  });
}

function denied({ profile, again }: Session, { namespace }: AppSet, { lines }: Outcome): Failure {
  const said = lastLine(lines);
  return new Failure({
    cause: `the lock cannot be taken: ${said}`,
    next: /is being terminated/.test(said)
      ? `wait until it is gone: kubectl --context ${profile} get namespace ${namespace}, then run: ${again}`
      : `kubectl --context ${profile} -n ${namespace} auth can-i create leases, then run: ${again}`,
  });
}

function leaseOf({ namespace, parent }: AppSet, command: string): Lease {
  const time = now();
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: parent, namespace, annotations: { [MACHINE]: machine(), [COMMAND]: command } },
    spec: {
      holderIdentity: `${user()}:${process.pid}`,
      leaseDurationSeconds: DURATION / 1000,
      acquireTime: time,
      renewTime: time,
    },
  };
}

async function write(session: Session, verb: 'create' | 'replace', lease: Lease): Promise<Outcome> {
  const args = kubectl(session, verb, '--validate=false', '-o', 'json', '-f', '-');
  return session.shell.run(...args, { input: JSON.stringify(lease) });
}

async function read(session: Session, { metadata: { name, namespace = '' } }: Lease): Promise<Lease | undefined> {
  const args = ['-n', namespace, 'get', 'leases.coordination.k8s.io', name, '--ignore-not-found', '-o', 'json'];
  const next = `kubectl --context ${session.profile} -n ${namespace} get lease ${name}`;
  const said = await session.shell.output(...kubectl(session, ...args), next);
  return said.trim() === '' ? undefined : JSON.parse(said);
}

function pathOf(name: string, namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
}

/** The API's format of times has microseconds. */
function now(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

/** Names of hosts are not unique; this is, until the machine starts again. */
function machine(): string {
  try {
    return `${hostname()} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ mac }) => mac) ?? []);
    return `${hostname()} ${[...new Set(cards)].sort().join(' ')}`;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
