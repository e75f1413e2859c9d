/** A line that a container wrote. */
export interface LogLine {
  /** When, in a form that sorts: the seconds since 1970 and nine digits of the rest. */
  readonly moment: string;
  /** The same as the API writes it. */
  readonly time: string;
  readonly text: string;
}

const TIMED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d) ?(.*)$/s;

/** A line as the API gives it with `timestamps`; without a time it comes from the kubelet, and is about no line. */
export function parseLine(line: string): LogLine | undefined {
  const [, second, rest = '', zone, text = ''] = TIMED.exec(line) ?? [];
  if (second === undefined || zone === undefined) {
    return undefined;
  }
  const seconds = Math.floor(Date.parse(second + zone) / 1000);
  const moment = `${String(seconds).padStart(12, '0')}.${rest.padEnd(9, '0')}`;
  return { moment, time: line.slice(0, line.length - text.length).trimEnd(), text };
}

/**
 * How far a log was read. A log that is asked for again from a time on gives lines again: those of the same second, and
 * of the same moment several. Its order is its own: what a container writes to its two outputs overtakes by a moment.
 */
export class Position {
  private newest = '';
  /** The moment of the line that was read last, and how many in a row had it. */
  private last = '';
  private count = 0;
  /** How many of these are still to come, before what is new. */
  private known = 0;

  /** The time from which on the log is to be asked for again. */
  time: string | undefined;

  /** Before a log is read again. */
  rewind(): void {
    this.known = this.count;
  }

  /** Whether a line is new; it counts as read then. */
  passes({ moment, time }: LogLine): boolean {
    if (this.known > 0 && moment <= this.newest) {
      this.known -= moment === this.last ? 1 : 0;
      return false;
    }
    this.known = 0;
    this.count = moment === this.last ? this.count + 1 : 1;
    this.last = moment;
    this.time = time;
    this.newest = moment > this.newest ? moment : this.newest;
    return true;
  }
}
