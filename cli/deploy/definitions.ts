import { itemsOf } from '../cluster/apply';
import type { Condition, KubernetesObject } from '../cluster/object';
import { kubectl, type Session } from '../machine/session';
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
    const names = waiting.map(({ metadata }) => metadata.name);
    const args = kubectl(
      session,
      'get',
      'customresourcedefinitions.apiextensions.k8s.io',
      ...names,
      '--ignore-not-found',
      '-o',
      'json',
    );
    const next = `kubectl --context ${session.profile} describe customresourcedefinitions ${names.join(' ')}`;
    waiting = (itemsOf(await session.shell.output(...args, next)) as readonly Definition[]).filter(
      ({ status }) => !status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'),
    );
    const [first] = waiting;
    if (first && Date.now() > end) {
      throw new Failure({
        cause: `the API does not take in CustomResourceDefinition ${first.metadata.name}`,
        details: first.status?.conditions?.flatMap(({ status, message }) => (status === 'False' && message) || []),
        next: `${next}, then run: ${session.again}`,
      });
    }
    if (first) {
      line.update(`waiting for the definition of ${first.metadata.name}`);
      await session.shell.sleep(500);
    }
  }
}
