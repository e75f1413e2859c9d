import type { Plan } from './change';
import { countsOf } from './summary';

/** A plan for programs. What is unchanged is counted, and listed if that is asked for. */
export function jsonOf(plan: Plan, unchanged: boolean): string {
  const { context, set, changes } = plan;
  const listed = changes.filter(({ action, warnings }) => action !== 'unchanged' || unchanged || warnings.length > 0);
  return JSON.stringify({ version: 1, context, set, summary: countsOf(plan), changes: listed }, undefined, 2);
}
