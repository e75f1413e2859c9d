import { clusterTrouble, recovered } from '../cluster/trouble';
import { evidence } from './evidence';
import { redacted } from './redacted';
import { noteRepeated } from './repeated';
import { currentSuite } from './suite';

export interface CheckOptions {
  /** The services whose state is shown when it fails. */
  readonly of: string[];
  readonly namespace?: () => string;
  /** Why it cannot run here. */
  readonly skip?: string;
  readonly seconds?: number;
}

/** What jest waits longer than a check may take: by then the check has said itself what it waits for. */
const JEST_WAITS = 240_000;

/**
 * A test whose failure comes with the state of the pods concerned, and without any password. It is done once more where the
 * cluster itself was the cause.
 */
export function check(name: string, options: CheckOptions, test: () => Promise<void>): void {
  if (options.skip) {
    it.skip(`${name}: skipped: ${options.skip}`, test);
    return;
  }
  const { seconds = 60 } = options;
  const attempt = () => currentSuite().within(seconds, test);
  const timeout = 2 * seconds * 1000 + JEST_WAITS;
  it(
    name,
    async () => {
      try {
        await attempt().catch((error) => againIfClusterFailed(error, attempt));
      } catch (error) {
        throw cleaned(error as Error, await evidence(options.of, options.namespace?.()));
      }
    },
    timeout,
  );
}

/** What the checks of a block need. Where it fails, that is one failure, and the checks are not run. */
export function setUp(work: () => Promise<unknown> | unknown, seconds = 120): void {
  beforeAll(
    async () => {
      try {
        await currentSuite().within(seconds, async () => work());
      } catch (error) {
        const failed = cleaned(error as Error, '');
        failed.name = 'SetUpFailed';
        failed.stack = `SetUpFailed: ${failed.stack}`;
        throw failed;
      }
    },
    seconds * 1000 + JEST_WAITS,
  );
}

async function againIfClusterFailed(error: Error, attempt: () => Promise<void>): Promise<void> {
  const trouble = await clusterTrouble(error);
  if (trouble === undefined || !(await recovered())) {
    throw error;
  }
  noteRepeated(trouble);
  await attempt();
}

function cleaned(error: Error, state: string): Error {
  const clean = new Error(redacted([error.message, state].filter(Boolean).join('\n')));
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  clean.stack = `${clean.message}\n${frames.slice(0, 8).join('\n')}`;
  return clean;
}
