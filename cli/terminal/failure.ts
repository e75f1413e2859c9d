// cli/terminal/: what a run prints, and its exit code: failures with their step, cause and next command, progress,
// tables, colours, and the command as its user typed it.

/** What the shell is told: sysexits' EX_USAGE for bad usage, and 128 + signal for an interruption. */
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 64;
export const EXIT_INTERRUPTED = 130;

export interface FailureProps {
  /** What is wrong, in lower case and without a full stop. */
  readonly cause: string;
  /** The command to run next, or what to do before it. */
  readonly next: string;
  /** Lines that show the cause: the end of a log, the answer of the API. */
  readonly details?: readonly string[];
  /** @default EXIT_FAILURE */
  readonly exitCode?: number;
  /** @default - the step that goes on */
  readonly step?: string;
}

/** A step that cannot go on, and what its user does about it. */
export class Failure extends Error {
  /** The step in which it happened. */
  step?: string;
  readonly next: string;
  readonly details: readonly string[];
  readonly exitCode: number;

  constructor({ cause, next, details = [], exitCode = EXIT_FAILURE, step }: FailureProps) {
    super(cause);
    this.next = next;
    this.details = details;
    this.exitCode = exitCode;
    this.step = step;
  }

  /** What is printed: the step, the cause, its evidence, the next command. */
  report(command: string): string {
    const step = this.step ? ` at '${this.step}'` : '';
    const details = this.details.map((line) => `  | ${line}\n`).join('');
    return `\n${command} failed${step}: ${this.message}\n${details}next: ${this.next}\n`;
  }
}

/** Ctrl-C, or the end of the terminal. */
export class Interrupted extends Error {
  step?: string;

  constructor() {
    super('interrupted');
  }
}
