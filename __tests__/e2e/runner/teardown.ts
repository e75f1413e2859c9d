import type { Recorder } from './recorder';

export default function teardown(): void {
  (globalThis as { e2eRecorder?: Recorder }).e2eRecorder?.stop();
}
