import { FIELDS } from '../../constructs/backup/schedule';

const SHORT: { readonly [word: string]: string } = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@annually': '0 0 1 1 *',
  '@yearly': '0 0 1 1 *',
};
const MINUTE = 60_000;
/** The 29th of February comes again within eight years. */
const HORIZON = 8 * 366 * 24 * 60 * MINUTE;

/**
 * When a CronJob's schedule comes next, as Kubernetes reads it. Where a time zone's clocks change, the libraries for cron follow
 * Vixie's: a time that a night lacks is made up for, and one that it has twice counts once. Kubernetes skips it, and runs twice.
 */
export function nextRun(schedule: string, timeZone: string, after: Date): Date | undefined {
  const parts = (SHORT[schedule] ?? schedule).trim().split(/\s+/);
  const [minutes, hours, days, months, weekdays] = FIELDS.map((_, index) => valuesOf(parts[index] ?? '', index));
  // either day will do where both are said
  const anyDay = [parts[2], parts[4]].some((part = '') => /^[*?](\/1)?$/.test(part));
  const clock = clockOf(timeZone);
  let time = Math.floor(after.getTime() / MINUTE) * MINUTE + MINUTE;
  for (const end = time + HORIZON; time < end; ) {
    const { minute, hour, day, month, weekday } = clock(time);
    const ofDays = [days?.has(day), weekdays?.has(weekday)];
    const today = months?.has(month) && (anyDay ? ofDays.every(Boolean) : ofDays.some(Boolean));
    if (!today || !hours?.has(hour)) {
      time += (60 - minute) * MINUTE;
    } else if (!minutes?.has(minute)) {
      time += MINUTE;
    } else {
      return new Date(time);
    }
  }
  return undefined;
}

/** All values that one field of a schedule names. */
function valuesOf(list: string, index: number): Set<number> {
  const { from = 0, to = 0, words = [] } = FIELDS[index] ?? {};
  const number = (text: string) => {
    const word = words.indexOf(text.toLowerCase());
    return word >= 0 ? word + from : Number(text);
  };
  const values = new Set<number>();
  for (const item of list.split(',')) {
    const [range = '', step] = item.split('/');
    const [first = from, last] = /^[*?]$/.test(range) ? [from, to] : range.split('-').map(number);
    const until = last ?? (step === undefined ? first : to);
    for (let value = first; value <= until; value += Number(step ?? 1)) {
      values.add(value);
    }
  }
  return values;
}

interface Moment {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}

/** What a clock on the wall of a time zone shows. */
function clockOf(timeZone: string): (time: number) => Moment {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  });
  const weekdays = FIELDS[4]?.words ?? [];
  return (time) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    return {
      minute: Number(parts.minute),
      hour: Number(parts.hour),
      day: Number(parts.day),
      month: Number(parts.month),
      weekday: weekdays.indexOf(parts.weekday?.toLowerCase() ?? ''),
    };
  };
}
