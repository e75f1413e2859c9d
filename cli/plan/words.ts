import { shownKind } from '../../constructs/manifest/kinds';
import type { Change, FieldChange } from './change';
import { shownFields } from './summary';

/** So many fields are named in one line. */
const FEW = 3;

const SHORT = 60;

/** Longer values are cut, with so much left around what differs. */
const LONG = 120;
const AROUND = 20;

/** The sign of what happens: ± is a change with a restart. */
export function signOf({ action, restarts, refused }: Change): string {
  if (refused) {
    return '!';
  }
  if (action === 'change') {
    return restarts ? '±' : '~';
  }
  return { create: '+', delete: '-', keep: '=', unchanged: ' ' }[action];
}

/** What happens, in one line. */
export function whatOf(change: Change): string {
  const { action, about = '', restarts, refused, warnings } = change;
  if (refused) {
    return `refused: ${refused.message}`;
  }
  if (restarts) {
    return `restarts: ${few(restarts).join('; ')}`;
  }
  if (action === 'keep') {
    return 'kept; --with-data deletes it';
  }
  if (action === 'unchanged') {
    return (warnings[0] ?? '').replace(/: .*/s, '');
  }
  return action === 'change' ? namesOf(shownFields(change)) : about;
}

/** Fields by their last names, with what they become where that is short. */
function namesOf(fields: readonly FieldChange[]): string {
  const names = fields.map((field) => {
    const values = isShort(field) ? ` ${shown(field.before)} → ${shown(field.after)}` : '';
    return `${lastName(field)}${values}`;
  });
  return few([...new Set(names)]).join(', ');
}

/** The key of a file, else the name of the field, with the element of a list that it is of. */
function lastName({ path }: FieldChange): string {
  const [, file] = /^(?:data|binaryData|stringData)(?:\.|\[)([^\]]+)/.exec(path) ?? [];
  const [, name = path] = /([^.[\]]+(?:\[[^\]]*\])?|\[[^\]]*\])$/.exec(path) ?? [];
  return file ?? name;
}

function few(texts: readonly string[]): string[] {
  return [...texts.slice(0, FEW), ...(texts.length > FEW ? [`${texts.length - FEW} more`] : [])];
}

function isShort({ path, before, after, hidden }: FieldChange): boolean {
  const isWhole = !/^\w*[dD]ata\b/.test(path) && !hidden && before !== undefined && after !== undefined;
  return isWhole && shown(before).length + shown(after).length < SHORT;
}

/** A value in one line. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value === '' || /^\s|\s$|[\n"]/.test(value) ? JSON.stringify(value) : value;
  }
  return JSON.stringify(value) ?? 'nothing';
}

function cut(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG)} …` : text;
}

/** Two values without what long ones have in common at their beginnings and ends. */
function compared(before: string, after: string): string {
  if (before.length <= LONG && after.length <= LONG) {
    return `${before} → ${after}`;
  }
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) {
    start++;
  }
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) {
    end++;
  }
  const part = (text: string) => {
    const [from, to] = [Math.max(0, start - AROUND), Math.min(text.length, text.length - end + AROUND)];
    return `${from > 0 ? '… ' : ''}${cut(text.slice(from, to))}${to < text.length ? ' …' : ''}`;
  };
  return `${part(before)} → ${part(after)}`;
}

/** A field's change as lines that begin with `+`, `-`, `~`, `@` or a space. */
export function linesOf(field: FieldChange, most = 40): string[] {
  const { path, before, after, lines, note, hidden } = field;
  if (lines) {
    const rest = lines.length > most ? [`  … ${lines.length - most} lines more`] : [];
    return [`~ ${path}:`, ...lines.slice(0, most).map((line) => indented(line)), ...rest];
  }
  if (note !== undefined) {
    return [`~ ${path}: ${note}`];
  }
  if (hidden) {
    return [`${after === undefined ? '-' : before === undefined ? '+' : '~'} ${path}: ${verbOf(field)} (not shown)`];
  }
  if (before !== undefined && after !== undefined) {
    return [`~ ${path}: ${compared(shown(before), shown(after))}`];
  }
  const sign = after === undefined ? '-' : '+';
  return [`${sign} ${path}: ${cut(shown(after ?? before))}`];
}

function verbOf({ before, after }: FieldChange): string {
  if (before === undefined) {
    return 'added';
  }
  return after === undefined ? 'removed' : 'changes';
}

/** A line of a text with its sign first; the place of a part has none that means anything here. */
function indented(line: string): string {
  return line.startsWith('@@') ? `@   ${line}` : `${line.slice(0, 1)}   ${line.slice(1)}`;
}

/** An object in words. */
export function titleOf(change: Change): string {
  return `${shownKind(change)} ${change.name}`;
}
