import { shownKind } from '../../constructs/manifest/kinds';
import type { Change, Plan } from './change';
import { joins, shownFields, summaryOf } from './summary';
import { notes } from './table';
import { linesOf, signOf, titleOf, whatOf } from './words';

/** The longest comment that GitHub takes, in characters. */
const LIMIT = 65_536;

/** What is left for the note that something is missing. */
const RESERVE = 200;

/** More rows than these say nothing to a reader. */
const ROWS = 200;

/** A plan for a pull request: a table, and each object's fields to be unfolded. It is never longer than a comment may be. */
export function markdownOf(plan: Plan, limit = LIMIT): string {
  const shown = plan.changes.filter((change) =>
    change.action === 'unchanged' ? change.warnings.length > 0 : !joins(change),
  );
  const head = [
    `**plan: ${summaryOf(plan)}** (${plan.set.name}, context ${plan.context})`,
    ...table(shown),
    ...notes(plan),
  ];
  return within(
    head,
    shown.map(details).filter((text) => text !== ''),
    limit,
  );
}

function table(changes: readonly Change[]): string[] {
  if (changes.length === 0) {
    return [];
  }
  const rows = changes.slice(0, ROWS).map((change) => {
    const cells = [`\`${signOf(change)}\``, shownKind(change), change.namespace ?? '', change.name, whatOf(change)];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const rest = changes.length > ROWS ? [`| | … ${changes.length - ROWS} more | | | |`] : [];
  return [['| | kind | namespace | name | what |', '|---|---|---|---|---|', ...rows, ...rest].join('\n')];
}

function cell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

function details(change: Change): string {
  const { refused, warnings } = change;
  const lines = shownFields(change).flatMap((field) => linesOf(field).map(asDiff));
  const said = [
    ...(refused ? [`**refused**: ${cell(refused.message)}`, `**remedy**: ${cell(refused.remedy)}`] : []),
    ...warnings.map((text) => `**warning**: ${cell(text)}`),
  ];
  if (lines.length === 0 && said.length === 0) {
    return '';
  }
  const title = `${signOf(change)} ${titleOf(change)}${change.namespace ? ` in ${change.namespace}` : ''}`;
  const body = [...said, ...(lines.length > 0 ? [fenced(lines.join('\n'))] : [])].join('\n\n');
  return `<details${refused ? ' open' : ''}><summary>${cell(title)}</summary>\n\n${body}\n\n</details>`;
}

/** GitHub colours what begins with + or -, `!` for what changes, and `@@`. */
function asDiff(line: string): string {
  return line.replace(/^~/, '!').replace(/^@ +/, '');
}

/** A block whose fence is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([found]) => found.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}diff\n${text}\n${fence}`;
}

/** The parts that fit, and how many do not. */
function within(head: readonly string[], parts: readonly string[], limit: number): string {
  const taken = [...head];
  let length = head.join('\n\n').length;
  for (const [index, part] of parts.entries()) {
    length += part.length + 2;
    if (length > limit - RESERVE) {
      const rest = parts.length - index;
      return `${[...taken, `… and the fields of ${rest} more objects, which are too long for a comment`].join('\n\n')}\n`;
    }
    taken.push(part);
  }
  return `${taken.join('\n\n')}\n`;
}
