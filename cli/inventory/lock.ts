import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { AppSet } from '../app/app-set';
import { apiOf } from '../cluster/api';
import { ApiError, isStatus, Unreachable } from '../cluster/api-error';
import type { KubernetesObject } from '../cluster/object';
import { isAlive } from '../machine/alive';
import type { Session } from '../machine/session';
import { Shell } from '../machine/shell';
import { Failure } from '../terminal/failure';
import type { Line } from '../terminal/progress';
import { user } from './user';

/** As the leases of Kubernetes' own leaders: long enough for a busy machine to miss two renewals. */
const DURATION = 30_000;
const RENEWAL = 10_000;
/** How often it is looked whether another one renews its lease. */
const LOOK = 2000;
/** What a program that was killed has asked of the API may be done a moment later. */
const ORPHANS = 2000;

/** What the API answers where there is one already, and where it is another one, or none, by now. */
const EXISTS = 409;
const LOST = [409, 404];

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
    const { signal } = new AbortController();
    const own = { ...session, signal, shell: new Shell(signal) };
    const wanted = leaseOf(set, command);
    const api = apiOf(session);
    for (;;) {
      const created = await unlessTaken(session, set, api.create(wanted), [EXISTS]);
      if (created) {
        return new Lock(session, own, created);
      }
      const held = await read(session, wanted);
      if (!held) {
        continue;
      }
      const { resourceVersion } = held.metadata;
      await waitForEnd(session, held, line);
      const mine = { ...wanted, metadata: { ...wanted.metadata, resourceVersion } };
      const taken = await unlessTaken(session, set, api.replace(mine), LOST);
      if (taken) {
        return new Lock(session, own, taken);
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
  static async isFree(session: Session, set: AppSet): Promise<boolean> {
    return (await read(session, leaseOf(set, ''))) === undefined;
  }

  private async release(): Promise<void> {
    clearInterval(this.timer);
    this.outer.signal.removeEventListener('abort', this.stop);
    await this.renewing;
    if (this.loss) {
      return;
    }
    const { resourceVersion } = this.lease.metadata;
    try {
      await apiOf(this.own).delete(this.lease, { resourceVersion });
    } catch {
      // the lease expires
    }
  }

  private async renew(): Promise<void> {
    try {
      const spec = { ...this.lease.spec, renewTime: now() };
      this.lease = await apiOf(this.own).replace({ ...this.lease, spec });
      this.renewed = Date.now();
    } catch (error) {
      if (isStatus(error, ...LOST) || Date.now() - this.renewed > DURATION) {
        this.loss = new Failure({
          cause: `it could not keep the lock ${this.lease.metadata.name}: ${(error as Error).message}`,
          next: this.outer.again,
        });
        this.end.abort();
      }
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

/** The lease as it was written, or undefined where another one was faster. */
async function unlessTaken(
  { profile, again }: Session,
  { namespace }: AppSet,
  writing: Promise<Lease>,
  taken: readonly number[],
): Promise<Lease | undefined> {
  try {
    return await writing;
  } catch (error) {
    if (isStatus(error, ...taken)) {
      return undefined;
    }
    if (!(error instanceof ApiError) || error instanceof Unreachable) {
      throw error;
    }
    const isEnding = error.causes.some(({ reason }) => reason === 'NamespaceTerminating');
    throw new Failure({
      cause: `the lock cannot be taken: ${error.said}`,
      next: isEnding
        ? `wait until it is gone: kubectl --context ${profile} get namespace ${namespace}, then run: ${again}`
        : `kubectl --context ${profile} -n ${namespace} auth can-i create leases, then run: ${again}`,
    });
  }
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

async function read(session: Session, { metadata: { name, namespace } }: Lease): Promise<Lease | undefined> {
  return apiOf(session).find<Lease>('coordination.k8s.io/v1/leases', name, namespace);
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
