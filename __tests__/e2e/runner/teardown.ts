import { removeLeftOvers } from '../cluster/left-overs';
import type { Recorder } from './recorder';

/** Ends what the run has started, and waits until nothing of it is left in the cluster. */
export default async function teardown(): Promise<void> {
  (globalThis as { e2eRecorder?: Recorder }).e2eRecorder?.stop();
  for (const left of await removeLeftOvers()) {
    process.stderr.write(`${left}\n`);
  }
}
