import { Failure } from '../terminal/failure';
import type { Check, Finding, Group, Status } from './check';
import type { Facts } from './facts';
import { NotChecked } from './not-checked';

/** No check lasts longer, whatever it waits for. */
const LIMIT = 90_000;

export interface Result {
  readonly group: string;
  readonly name: string;
  readonly status: Status;
  readonly text: string;
  readonly findings: readonly Finding[];
}

/** Runs all checks at once. One that fails or lasts too long is told as not checked, and holds up no other. */
export async function runChecks(groups: readonly Group[], facts: Facts, limit = LIMIT): Promise<Result[]> {
  const checks = groups.flatMap(({ name, checks }) => checks.map((check) => ({ group: name, check })));
  return Promise.all(
    checks.map(async ({ group, check }) => ({ group, name: check.name, ...(await outcomeOf(check, facts, limit)) })),
  );
}

async function outcomeOf(check: Check, facts: Facts, limit: number): Promise<Omit<Result, 'group' | 'name'>> {
  const timer = new AbortController();
  try {
    const late = new Promise<never>((_, reject) => {
      const timeout = setTimeout(() => reject(new NotChecked(`it takes longer than ${limit / 1000} s`)), limit);
      timer.signal.addEventListener('abort', () => clearTimeout(timeout));
    });
    const { text, findings = [] } = await Promise.race([check.run(facts), late]);
    const [worst] = [...findings].sort((a, b) => rank(b) - rank(a));
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
    return worst
      ? { status: worst.severity, text: `${worst.what}${more}`, findings }
      : { status: 'ok', text, findings: [] };
  } catch (error) {
    if (facts.session.signal.aborted) {
      throw error;
    }
    const known = error instanceof NotChecked || error instanceof Failure;
    const { message } = error as Error;
    return { status: 'not checked', text: known ? message : `the check itself failed: ${message}`, findings: [] };
  } finally {
    timer.abort();
  }
}

function rank({ severity }: Finding): number {
  return severity === 'failed' ? 1 : 0;
}
