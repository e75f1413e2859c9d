import { Failure } from '../failure';
import type { KubernetesObject, List } from '../kubernetes';
import type { Line } from '../progress';
import { kubectlJson, type Session } from '../session';
import { applied } from './apply';

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
  const there = await waitFor(session, names, (namespace) => !isEnding(namespace), line, timeout);
  const missing = used.filter((name) => !there.includes(name));
  const nobody = missing.filter((name) => !names.includes(name));
  if (nobody.length > 0) {
    throw new Failure({
      cause: `the app uses namespace ${nobody.join(', ')}, which it does not make and which is not there`,
      next: `kubectl --context ${session.profile} create namespace ${nobody[0]} (or add a Namespace to the app), then run: ${session.again}`,
    });
  }
  if (missing.length > 0) {
    await applied(session, own);
    await waitFor(session, names, (namespace) => namespace?.status?.phase === 'Active', line, timeout);
  }
  return there;
}

/** Waits until all of the namespaces are so, and returns the names of all that there are. */
async function waitFor(
  session: Session,
  names: readonly string[],
  isReady: (namespace: Namespace | undefined) => boolean,
  line: Line,
  timeout: number,
): Promise<string[]> {
  const end = Date.now() + timeout;
  for (;;) {
    const { items } = await kubectlJson<List<Namespace>>(session, 'get', 'namespaces');
    const find = (name: string) => items.find(({ metadata }) => metadata.name === name);
    const name = names.find((name) => !isReady(find(name)));
    if (name === undefined) {
      return items.filter((namespace) => !isEnding(namespace)).map(({ metadata }) => metadata.name);
    }
    if (Date.now() > end) {
      throw stuck(session, name, timeout, find(name));
    }
    line.update(`namespace ${name}${isEnding(find(name)) ? ' is still being deleted' : ''}`);
    await session.shell.sleep(1000);
  }
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
