import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Head, headOf } from './head';
import { within } from './waiting';

/** The suite whose file runs in this process, once the runner has started it. */
class Suite {
  readonly head: Head;
  private readonly end: number;

  constructor(path: string) {
    this.head = headOf(path);
    this.end = Date.now() + this.head.minutes * 60_000;
    const { record } = JSON.parse(process.env.E2E_FACTS ?? '{}');
    if (record) {
      mkdirSync(record, { recursive: true });
      writeFileSync(join(record, `${this.head.name}.pid`), `${process.pid}`);
    }
  }

  /** Does something within its own seconds, and within what is left of the suite's minutes. */
  async within<T>(seconds: number, work: () => Promise<T>): Promise<T> {
    const left = (this.end - Date.now()) / 1000;
    const limit = `the ${this.head.minutes} minutes of the suite`;
    if (left <= 0) {
      throw new Error(`not run: ${limit} are over`);
    }
    return left < seconds ? within(left, limit, work()) : within(seconds, `${seconds} s`, work());
  }
}

let suite: Suite | undefined;

export function currentSuite(): Suite {
  const { testPath } = expect.getState();
  suite ??= new Suite(testPath ?? '');
  return suite;
}

/** By which a test's own objects in the cluster are known; the set-up and the benchmarks have none. */
export function suiteName(): string {
  return typeof expect === 'undefined' ? 'all' : currentSuite().head.name;
}
