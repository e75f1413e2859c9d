const SECOND = { name: 's', milliseconds: 1000 };
const UNITS = [
  { name: 'days', milliseconds: 24 * 3600 * 1000 },
  { name: 'h', milliseconds: 3600 * 1000 },
  { name: 'min', milliseconds: 60 * 1000 },
];

/** A time span in the largest unit of which it has two, or in seconds. */
export function lasting(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  const unit = UNITS.find(({ milliseconds }) => span >= 2 * milliseconds) ?? SECOND;
  return `${Math.floor(span / unit.milliseconds)} ${unit.name}`;
}

/** How long ago a moment is. */
export function ago(moment: Date): string {
  return `${lasting(Date.now() - moment.getTime())} ago`;
}

/** A moment by the clocks of a time zone, such as `2026-11-22 03:00 Europe/Berlin`. */
export function dateOf(moment: Date, timeZone: string): string {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return `${clock.format(moment)} ${timeZone}`;
}

/** A number of bytes, such as `1.2 MB`. */
export function size(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const number = bytes / 1000 ** power;
  return `${number < 10 && power > 0 ? number.toFixed(1) : Math.round(number)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** A number of things, such as `1 object`, `3 objects`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
