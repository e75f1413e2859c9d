import { apiOf, type Deletion } from '../cluster/api';
import { ApiError, Unreachable } from '../cluster/api-error';
import { inOrder, Stage, stageOf } from '../cluster/kinds';
import { called, type KubernetesObject } from '../cluster/object';
import { inParallel } from '../cluster/parallel';
import { failureOf } from '../machine/causes';
import { AT_ONCE } from '../machine/proxy';
import type { Session } from '../machine/session';
import type { Line } from '../terminal/progress';

/** How long an object may take to go, and how often it is looked whether it has. */
const PATIENCE = 5 * 60_000;
const LOOK = 500;

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
      await removeAll(session, part, pods ? 'Foreground' : 'Background', line);
    }
  }
  line.update(`${objects.length} objects`);
}

async function removeAll(
  session: Session,
  objects: readonly KubernetesObject[],
  propagationPolicy: Deletion['propagationPolicy'],
  line: Line,
): Promise<void> {
  const { profile, again } = session;
  const api = apiOf(session);
  const errors: string[] = [];
  const asked = await inParallel(objects, AT_ONCE, async (object) => {
    try {
      return (await api.delete(object, { propagationPolicy })) ? [object] : [];
    } catch (error) {
      if (!(error instanceof ApiError) || error instanceof Unreachable) {
        throw error;
      }
      errors.push(`${called(object)}: ${error.said}`);
      return [];
    }
  });
  const stuck = await waitForEnd(session, asked.flat(), line);
  errors.push(...stuck.map(toldOf));
  if (errors.length > 0) {
    const failure = {
      cause: 'the API does not delete everything',
      details: errors.slice(-10),
      next: `kubectl --context ${profile} get all --all-namespaces, then run: ${again}`,
    };
    throw failureOf(errors, failure, again);
  }
}

/** Those that are still there when nobody waits any more. One that was made anew meanwhile is another one. */
async function waitForEnd(session: Session, objects: readonly KubernetesObject[], line: Line) {
  const api = apiOf(session);
  const end = Date.now() + PATIENCE;
  let left = objects;
  for (;;) {
    const found = await inParallel(left, AT_ONCE, async (object) => {
      const there = await api.seek(object, '');
      return there && (object.metadata.uid ?? there.metadata.uid) === there.metadata.uid ? [there] : [];
    });
    const gone = left.filter((_, index) => found[index]?.length === 0);
    for (const object of gone) {
      line.update(`${called(object)} is deleted`);
    }
    left = found.flat();
    const [first] = left;
    if (!first || Date.now() > end) {
      return left;
    }
    line.update(`${called(first)} is being deleted`);
    await session.shell.sleep(LOOK);
  }
}

function toldOf(object: KubernetesObject): string {
  const { finalizers = [] } = object.metadata;
  const held = finalizers.length > 0 ? `, held by ${finalizers.join(', ')}` : '';
  return `${called(object)} is still there after ${PATIENCE / 60_000} min${held}`;
}
