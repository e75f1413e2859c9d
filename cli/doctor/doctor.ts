// cli/doctor/: the command `doctor`: one check for each known trap. A check is a function of `Facts`, which ask each
// thing once and with a time limit.

import type { Session } from '../machine/session';
import { EXIT_FAILURE, EXIT_USAGE, Failure } from '../terminal/failure';
import type { Group } from './check';
import { GROUPS } from './checks';
import { Facts } from './facts';
import { isWell, jsonOf, textOf } from './report';
import { type Result, runChecks } from './result';

export interface DoctorOptions {
  /** The names of checks or of groups of them; all unless given. */
  readonly checks: readonly string[];
  readonly without: readonly string[];
  readonly output: 'text' | 'json';
}

/** Looks for each known trap, from the machine to the services, and names the command that mends it. Changes nothing. */
export async function doctor(session: Session, { checks, without, output }: DoctorOptions): Promise<number> {
  const results = await examine(checks, new Facts(session, { without }));
  process.stdout.write(`${output === 'json' ? jsonOf(results) : textOf(results)}\n`);
  return isWell(results) ? 0 : EXIT_FAILURE;
}

/** The results of checks or of groups of them, by their names; of all where none is named. */
export function examine(names: readonly string[], facts: Facts): Promise<Result[]> {
  return runChecks(chosen(names), facts);
}

function chosen(names: readonly string[]): readonly Group[] {
  const unknown = names.filter((wanted) =>
    GROUPS.every(({ name, checks }) => name !== wanted && checks.every((check) => check.name !== wanted)),
  );
  if (unknown.length > 0) {
    const known = GROUPS.flatMap(({ name, checks }) => [name, ...checks.map((check) => check.name)]);
    throw new Failure({
      cause: `there is no check '${unknown.join("', '")}'`,
      next: `use some of: ${[...new Set(known)].map((name) => (name.includes(' ') ? `'${name}'` : name)).join(', ')}`,
      exitCode: EXIT_USAGE,
    });
  }
  return names.length === 0
    ? GROUPS
    : GROUPS.map(({ name, checks }) => ({
        name,
        checks: checks.filter((check) => names.includes(name) || names.includes(check.name)),
      }));
}
