import { table } from '../terminal/table';
import type { Result } from './result';

/** A line for each check, then what is wrong with the commands that mend it. */
export function textOf(results: readonly Result[]): string {
  const rows = results.map(({ group, name, status, text }, index) => [
    results[index - 1]?.group === group ? '' : group,
    status,
    name,
    status === 'not checked' ? `because ${text}` : text,
  ]);
  const wrong = results.flatMap(({ name, findings }) => findings.map((finding) => ({ name, ...finding })));
  const parts = wrong
    .sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'))
    .map(({ name, severity, what, why, mend }) => `${severity}: ${name}: ${what}\n  why:  ${why}\n  mend: ${mend}`);
  return [table(rows), ...parts, countedOf(results)].join('\n\n');
}

export function jsonOf(results: readonly Result[]): string {
  return JSON.stringify({ ok: isWell(results), checks: results }, undefined, 2);
}

/** Whether nothing has failed; warnings and what could not be checked do not count. */
export function isWell(results: readonly Result[]): boolean {
  return results.every(({ status }) => status !== 'failed');
}

function countedOf(results: readonly Result[]): string {
  const count = (wanted: string) => results.filter(({ status }) => status === wanted).length;
  return ['ok', 'warning', 'failed', 'not checked'].map((status) => `${count(status)} ${status}`).join(', ');
}
