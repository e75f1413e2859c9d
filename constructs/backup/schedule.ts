import type { Where } from '../private/where';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** In place of numbers, the first for `from`. */
  readonly words?: readonly string[];
}

/** The fields of a schedule, and what Kubernetes takes in each. */
export const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, words: MONTHS },
  { name: 'day of the week', from: 0, to: 6, words: DAYS },
];

/** What is wrong with the schedule of a CronJob, if anything. */
export function mistakeInSchedule(where: Where, schedule: string): string | undefined {
  if (/^@(hourly|daily|midnight|weekly|monthly|annually|yearly)$/.test(schedule)) {
    return undefined;
  }
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    return `${where} is '${schedule}', which has ${parts.length} fields; use minute, hour, day of the month, month and day of the week, as in '0 3 * * *'`;
  }
  const wrong = FIELDS.findIndex((field, index) => !(parts[index] ?? '').split(',').every((part) => fits(part, field)));
  const field = FIELDS[wrong];
  return (
    field &&
    `${where} is '${schedule}', which has the ${field.name} '${parts[wrong]}'; use numbers from ${field.from} to ${field.to}, or '*'`
  );
}

/** One item of a list: `*`, a number or a range, and a step. */
function fits(item: string, { from, to, words = [] }: Field): boolean {
  const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
  if (step !== undefined && Number(step) < 1) {
    return false;
  }
  if (range === '*' || range === '?') {
    return true;
  }
  const number = (text: string) => {
    const word = words.indexOf(text.toLowerCase());
    return word >= 0 ? word + from : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  const [first = Number.NaN, last = first, ...more] = range.split('-').map(number);
  return more.length === 0 && from <= first && first <= last && last <= to;
}

/** Whether a time zone is one of the IANA database. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
