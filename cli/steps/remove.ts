import type { KubernetesObject } from '../kubernetes';
import type { Line } from '../progress';
import { kubectl, type Session } from '../session';
import { listOf } from './apply';
import { failureOf } from './causes';

/** Deletes objects, and waits until they are gone. */
export async function remove(session: Session, objects: readonly KubernetesObject[], line: Line): Promise<void> {
  const { profile, again, shell } = session;
  if (objects.length === 0) {
    return;
  }
  const args = kubectl(session, 'delete', '--ignore-not-found', '--wait', '--timeout=5m', '-f', '-');
  const { ok, lines } = await shell.run(...args, { input: listOf(objects), onLine: (text) => line.update(text) });
  if (!ok) {
    const failure = {
      cause: 'the API does not delete everything',
      details: lines.filter((text) => !/ deleted( from \S+ namespace)?$/.test(text)).slice(-10),
      next: `kubectl --context ${profile} get all --all-namespaces, then run: ${again}`,
    };
    throw failureOf(lines, failure, again);
  }
  line.update(`${objects.length} objects`);
}
