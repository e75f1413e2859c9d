import { apiOf } from '../cluster/api';
import { isStatus } from '../cluster/api-error';
import { applied } from '../cluster/apply';
import type { KubernetesObject } from '../cluster/object';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import type { Line } from '../terminal/progress';

interface Namespace extends KubernetesObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly status: string; readonly message?: string }[];
  };
}

/**
 * Makes the namespaces that are used, and waits for them, each for `timeout` milliseconds. Those that are there already
 * are returned.
 */
export async function readyNamespaces(
  session: Session,
  own: readonly KubernetesObject[],
  used: readonly string[],
  line: Line,
  timeout: number,
): Promise<string[]> {
  const names = own.map(({ metadata }) => metadata.name);
  const asked = [...new Set([...names, ...used])];
  const wait = (isReady: (namespace: Namespace | undefined) => boolean) =>
    waitFor(session, names, asked, isReady, line, timeout);
  const found = await wait((namespace) => !isEnding(namespace));
  const there = found.filter((namespace) => !isEnding(namespace)).map(({ metadata }) => metadata.name);
  const missing = used.filter((name) => !there.includes(name));
  const nobody = missing.filter((name) => !names.includes(name));
  const [ending] = nobody.filter((name) => found.some((one) => isEnding(one) && one.metadata.name === name));
  if (ending !== undefined) {
    throw new Failure({
      cause: `namespace ${ending}, which the app uses and does not make, is being deleted`,
      next: `wait until it is gone, then: kubectl --context ${session.profile} create namespace ${ending} (or add a Namespace to the app), then run: ${session.again}`,
    });
  }
  if (nobody.length > 0) {
    throw new Failure({
      cause: `the app uses namespace ${nobody.join(', ')}, which it does not make and which is not there`,
      next: `kubectl --context ${session.profile} create namespace ${nobody[0]} (or add a Namespace to the app), then run: ${session.again}`,
    });
  }
  if (missing.length > 0) {
    await applied(session, own, '');
    await wait((namespace) => namespace?.status?.phase === 'Active');
  }
  return there;
}

/** Waits until all of the namespaces are so, and returns those that are asked for and there. */
async function waitFor(
  session: Session,
  names: readonly string[],
  asked: readonly string[],
  isReady: (namespace: Namespace | undefined) => boolean,
  line: Line,
  timeout: number,
): Promise<readonly Namespace[]> {
  const end = Date.now() + timeout;
  for (;;) {
    const items = await readNamespaces(session, asked);
    const find = (name: string) => items.find(({ metadata }) => metadata.name === name);
    const name = names.find((name) => !isReady(find(name)));
    if (name === undefined) {
      return items;
    }
    if (Date.now() > end) {
      throw stuck(session, name, timeout, find(name));
    }
    line.update(`namespace ${name}${isEnding(find(name)) ? ' is still being deleted' : ''}`);
    await session.shell.sleep(1000);
  }
}

/** Those that are there. What one is like that its user may not read is seen when it is used. */
async function readNamespaces(session: Session, names: readonly string[]): Promise<readonly Namespace[]> {
  const api = apiOf(session);
  const found = await Promise.all(
    names.map(async (name): Promise<readonly Namespace[]> => {
      try {
        const namespace = await api.find<Namespace>('v1/namespaces', name);
        return namespace ? [namespace] : [];
      } catch (error) {
        if (isStatus(error, 403)) {
          return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } }];
        }
        throw error;
      }
    }),
  );
  return found.flat();
}

function isEnding(namespace: Namespace | undefined): boolean {
  return namespace?.status?.phase === 'Terminating';
}

/** A namespace tells in its conditions what holds it. */
function stuck({ profile, again }: Session, name: string, timeout: number, namespace?: Namespace): Failure {
  const { phase = 'not there', conditions = [] } = namespace?.status ?? {};
  return new Failure({
    cause: `namespace ${name} is ${phase} after ${Math.round(timeout / 1000)} s`,
    details: conditions.flatMap(({ status, message }) => (status === 'True' && message) || []),
    next: `kubectl --context ${profile} describe namespace ${name}, and when it is free run: ${again}`,
  });
}
