import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { FACTS } from './facts';

/** Notes for the reporter that a check is done once more, and what of the cluster had failed. */
export function noteRepeated(cause: string): void {
  const { currentTestName } = expect.getState();
  appendFileSync(join(FACTS.record, 'repeated'), `${JSON.stringify({ check: currentTestName, cause })}\n`);
}
