import { listOf, partsOf } from '../cluster/apply';
import { inOrder, Stage, stageOf } from '../cluster/kinds';
import type { KubernetesObject } from '../cluster/object';
import { failureOf } from '../machine/causes';
import { kubectl, type Session } from '../machine/session';
import type { Line } from '../terminal/progress';

/**
 * Deletes objects in the reverse of the order in which they are applied, and waits until they are gone: workloads with
 * their pods, and only then what those pods use.
 */
export async function remove(session: Session, objects: readonly KubernetesObject[], line: Line): Promise<void> {
  const reversed = inOrder(objects).reverse();
  for (const stage of new Set(reversed.map(stageOf))) {
    const part = reversed.filter((object) => stageOf(object) === stage);
    const pods = stage === Stage.REST || stage === Stage.DATABASES;
    if (part.length > 0) {
      await removeAll(session, part, pods ? 'foreground' : 'background', line);
    }
  }
  line.update(`${objects.length} objects`);
}

async function removeAll(
  session: Session,
  objects: readonly KubernetesObject[],
  cascade: 'foreground' | 'background',
  line: Line,
): Promise<void> {
  const { profile, again, shell } = session;
  const how = [`--cascade=${cascade}`, '--ignore-not-found', '--wait', '--timeout=5m'];
  const args = kubectl(session, 'delete', ...how, '-f', '-');
  const outcomes = await Promise.all(
    partsOf(objects).map((part) => shell.run(...args, { input: listOf(part), onLine: (text) => line.update(text) })),
  );
  const lines = outcomes.flatMap((outcome) => outcome.lines);
  if (!outcomes.every(({ ok }) => ok)) {
    const failure = {
      cause: 'the API does not delete everything',
      details: lines.filter((text) => !/ deleted( from \S+ namespace)?$/.test(text)).slice(-10),
      next: `kubectl --context ${profile} get all --all-namespaces, then run: ${again}`,
    };
    throw failureOf(lines, failure, again);
  }
}
