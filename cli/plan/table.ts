import { shownKind } from '../../constructs/manifest/kinds';
import { table } from '../terminal/table';
import type { Change, Plan } from './change';
import { countsOf, joins, shownFields, summaryOf } from './summary';
import { linesOf, signOf, titleOf, whatOf } from './words';

export interface TableOptions {
  /** Colours a text. */
  readonly paint: (sign: string, text: string) => string;
  readonly unchanged: boolean;
}

/** A plan for people: what happens to each object in one line, then its fields, then the sum. */
export function tableOf(plan: Plan, { paint, unchanged }: TableOptions): string {
  const shown = plan.changes.filter((change) => isShown(change, unchanged));
  const parts = [
    ...(shown.length > 0 ? [objects(shown, plan, paint)] : []),
    ...shown.map((change) => details(change, paint)).filter((text) => text !== ''),
    ...notes(plan),
    `plan: ${summaryOf(plan)}`,
  ];
  return parts.join('\n\n');
}

function isShown(change: Change, unchanged: boolean): boolean {
  return change.action === 'unchanged' ? unchanged || change.warnings.length > 0 : !joins(change);
}

function objects(changes: readonly Change[], { set }: Plan, paint: TableOptions['paint']): string {
  const elsewhere = changes.some(({ namespace }) => namespace !== undefined && namespace !== set.namespace);
  const rows = changes.map((change) => [
    signOf(change),
    shownKind(change),
    ...(elsewhere ? [change.namespace ?? ''] : []),
    change.name,
    whatOf(change),
  ]);
  const [head = '', ...lines] = table([
    ['', 'kind', ...(elsewhere ? ['namespace'] : []), 'name', 'what'],
    ...rows,
  ]).split('\n');
  return [head, ...lines.map((line) => paint(line.slice(0, 1), line))].join('\n');
}

function details(change: Change, paint: TableOptions['paint']): string {
  const { refused, warnings } = change;
  const lines = [
    ...shownFields(change)
      .flatMap((field) => linesOf(field))
      .map((line) => paint(line.slice(0, 1), `  ${line.replace(/^@/, ' ')}`)),
    ...(refused ? [`  refused: ${refused.message}`, `  remedy: ${refused.remedy}`] : []),
    ...warnings.map((text) => paint('!', `  warning: ${text}`)),
  ];
  return lines.length > 0 ? [`${signOf(change)} ${titleOf(change)}`, ...lines].join('\n') : '';
}

/** What is no change of one object. */
export function notes(plan: Plan): string[] {
  const { join } = countsOf(plan);
  const objects = join === 1 ? 'object gets' : 'objects get';
  return join > 0 ? [`${join} ${objects} the label by which they are known as the app's, and nothing else`] : [];
}
