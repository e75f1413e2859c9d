import { apiOf } from '../cluster/api';
import type { Condition, KubernetesObject } from '../cluster/object';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import type { Line } from '../terminal/progress';

interface Definition extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Waits until the API knows the kinds that these definitions define. */
export async function waitForDefinitions(
  session: Session,
  definitions: readonly KubernetesObject[],
  line: Line,
  timeout: number,
): Promise<void> {
  const end = Date.now() + timeout;
  let waiting: readonly Definition[] = definitions;
  while (waiting.length > 0) {
    const api = apiOf(session);
    const found = await Promise.all(waiting.map((definition) => api.seek(definition, '')));
    waiting = found.filter((definition): definition is Definition => definition !== undefined && !isKnown(definition));
    const [first] = waiting;
    if (first && Date.now() > end) {
      throw new Failure({
        cause: `the API does not take in CustomResourceDefinition ${first.metadata.name}`,
        details: first.status?.conditions?.flatMap(({ status, message }) => (status === 'False' && message) || []),
        next: `kubectl --context ${session.profile} describe customresourcedefinitions ${first.metadata.name}, then run: ${session.again}`,
      });
    }
    if (first) {
      line.update(`waiting for the definition of ${first.metadata.name}`);
      await session.shell.sleep(500);
    }
  }
}

function isKnown({ status }: Definition): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
}
