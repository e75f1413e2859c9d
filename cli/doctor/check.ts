import type { Facts } from './facts';

export type Status = 'ok' | 'warning' | 'failed' | 'not checked';

/** Something that is wrong, or soon will be. */
export interface Finding {
  readonly severity: 'warning' | 'failed';
  /** In one line, in lower case. */
  readonly what: string;
  /** What shows it, or what comes of it. */
  readonly why: string;
  /** The command that mends it; or, where no command does, what to do. */
  readonly mend: string;
}

export interface Verdict {
  /** What was found where nothing is wrong. */
  readonly text: string;
  readonly findings?: readonly Finding[];
}

/** One known trap. A check reads, and changes nothing. */
export interface Check {
  readonly name: string;
  run(facts: Facts): Promise<Verdict>;
}

/** Checks of one thing, in the order in which one depends on the other. */
export interface Group {
  readonly name: string;
  readonly checks: readonly Check[];
}

export function failed(what: string, why: string, mend: string): Finding {
  return { severity: 'failed', what, why, mend };
}

export function warning(what: string, why: string, mend: string): Finding {
  return { severity: 'warning', what, why, mend };
}

/** The first names of many. */
export function some(names: readonly string[], most = 3): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
