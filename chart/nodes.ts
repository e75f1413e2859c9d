import { isDeepStrictEqual } from 'node:util';

/** What Helm evaluates to a whole value, such as a number or a quoted text. */
export class Expression {
  constructor(public readonly text: string) {}
}

/** What is there, or which of two is there, by a condition that Helm evaluates. */
export class Choice {
  constructor(
    public readonly condition: string,
    public readonly met: Node | undefined,
    public readonly unmet?: Node,
  ) {}
}

/** A text of which some parts are there by a condition. Each part is whole lines. */
export class Text {
  constructor(public readonly parts: { readonly text: string; readonly condition?: string }[]) {}
}

/** A part of a manifest that is not decided before Helm renders it. */
export type Node = string | number | boolean | null | Node[] | Fields | Expression | Choice | Text;

export interface Fields {
  [key: string]: Node;
}

export function isFields(node: Node | undefined): node is Fields {
  return typeof node === 'object' && node !== null && Object.getPrototypeOf(node) === Object.prototype;
}

/** One node that is `met` where the condition holds and `unmet` where not, with choices only where the two differ. */
export function merged(condition: string, met: Node | undefined, unmet: Node | undefined): Node | undefined {
  if (isDeepStrictEqual(met, unmet)) {
    return met;
  }
  if (isFields(met) && isFields(unmet)) {
    const keys = [...new Set([...Object.keys(met), ...Object.keys(unmet)])];
    return Object.fromEntries(keys.map((key) => [key, merged(condition, met[key], unmet[key]) as Node]));
  }
  if (Array.isArray(met) && Array.isArray(unmet)) {
    return mergedLists(condition, met, unmet);
  }
  return new Choice(condition, met, unmet);
}

/** Items that have a name are the same if it is; all others if they are equal. Both orders are kept. */
function mergedLists(condition: string, met: Node[], unmet: Node[]): Node[] {
  const result: Node[] = [];
  let rest = unmet;
  for (const item of met) {
    const place = rest.findIndex((other) => identity(other) === identity(item));
    if (place === -1) {
      result.push(new Choice(condition, item));
    } else {
      result.push(...rest.slice(0, place).map((other) => new Choice(condition, undefined, other)));
      result.push(merged(condition, item, rest[place]) as Node);
      rest = rest.slice(place + 1);
    }
  }
  return [...result, ...rest.map((other) => new Choice(condition, undefined, other))];
}

function identity(node: Node): string {
  return isFields(node) && typeof node.name === 'string' ? node.name : JSON.stringify(node);
}
