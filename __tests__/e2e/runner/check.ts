import { lastLogs, NAMESPACE, redacted } from '../cluster/kubectl';

export interface CheckOptions {
  /** The services whose last log lines are shown when it fails. */
  readonly of: string[];
  readonly namespace?: () => string;
  /** Why it cannot run here. */
  readonly skip?: string;
  readonly seconds?: number;
}

/** A test whose failure comes with the last lines of the pods concerned, and without any password. */
export function check(name: string, options: CheckOptions, test: () => Promise<void>): void {
  if (options.skip) {
    it.skip(`${name}: skipped: ${options.skip}`, test);
    return;
  }
  const seconds = options.seconds ?? 60;
  it(
    name,
    async () => {
      try {
        await withDeadline(test(), seconds);
      } catch (error) {
        const logs = await lastLogs(options.of, options.namespace?.() ?? NAMESPACE);
        throw cleaned(error as Error, logs);
      }
    },
    (seconds + 60) * 1000,
  );
}

async function withDeadline(work: Promise<void>, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected to be done within ${seconds} s, and is not`)), seconds * 1000);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function cleaned(error: Error, logs: string): Error {
  const clean = new Error(redacted(`${error.message}\n${logs}`));
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  clean.stack = `${clean.message}\n${frames.slice(0, 8).join('\n')}`;
  return clean;
}
