import { Choice, Expression, type Fields, isFields, type Node, Text } from './nodes';
import type { StandIns } from './stand-ins';

/** A line of a configuration file that is longer is written as a block. */
const LONG = 120;
const PLAIN = /^[A-Za-z/][\w./-]*( [A-Za-z][\w./-]*)*$/;
const NO_TEXT = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** Writes YAML that Helm renders: the same as without Helm, but for what the values decide. */
export class TemplateWriter {
  constructor(private readonly standIns: StandIns) {}

  /** Documents, each of them with its own beginning. */
  documents(nodes: Node[]): string[] {
    return nodes.flatMap((node) => this.whether(node, (there) => ['---', ...this.fields(there as Fields, '')]));
  }

  fields(fields: Fields, indent: string): string[] {
    return Object.entries(fields).flatMap(([key, value]) =>
      this.whether(value, (there) => this.field(`${indent}${scalar(key)}:`, there, indent)),
    );
  }

  /** Text as Helm would write it again. */
  text(text: string): string {
    const parts = this.standIns.split(text);
    return parts
      .map((part, index) => (index % 2 === 1 ? `{{ ${part} }}` : escaped(part, index < parts.length - 1)))
      .join('');
  }

  private field(head: string, value: Node, indent: string): string[] {
    if (Array.isArray(value)) {
      return value.length === 0 ? [`${head} []`] : [head, ...this.items(value, `${indent}  `)];
    }
    if (isFields(value)) {
      return Object.keys(value).length === 0 ? [`${head} {}`] : [head, ...this.fields(value, `${indent}  `)];
    }
    return this.leaf(head, value, indent);
  }

  private items(items: Node[], indent: string): string[] {
    return items.flatMap((item) =>
      this.whether(item, (there) => {
        if (!isFields(there)) {
          return this.leaf(`${indent}-`, there, indent);
        }
        // what is always there begins the item
        const fields = Object.entries(there);
        const first = fields.findIndex(([, value]) => !(value instanceof Choice));
        if (first === -1) {
          throw new Error(`nothing of an item is always there: ${JSON.stringify(there)}`);
        }
        const ordered = Object.fromEntries([...fields.slice(first, first + 1), ...fields.toSpliced(first, 1)]);
        const [line = '', ...lines] = this.fields(ordered, `${indent}  `);
        return [`${indent}- ${line.trimStart()}`, ...lines];
      }),
    );
  }

  private leaf(head: string, value: Node, indent: string): string[] {
    if (value instanceof Expression) {
      return [`${head} {{ ${value.text} }}`];
    }
    if (value instanceof Text) {
      return [`${head} |`, ...value.parts.flatMap((part) => this.part(part, `${indent}  `))];
    }
    if (typeof value !== 'string') {
      return [`${head} ${JSON.stringify(value)}`];
    }
    if (isBlock(value)) {
      const { style, lines } = block(value);
      return [`${head} ${style}`, ...this.lines(lines, `${indent}  `)];
    }
    const decided = this.standIns.split(value).length === 1;
    return [`${head} ${this.text(decided ? scalar(value) : JSON.stringify(value))}`];
  }

  private part({ text, condition }: Text['parts'][number], indent: string): string[] {
    const lines = this.lines(text.replace(/\n$/, '').split('\n'), indent);
    return condition === undefined ? lines : [`{{- if ${condition} }}`, ...lines, '{{- end }}'];
  }

  private lines(lines: string[], indent: string): string[] {
    return lines.map((line) => (line === '' ? '' : `${indent}${this.text(line)}`));
  }

  /** The lines of what is there, each alternative below its condition. */
  private whether(node: Node, lines: (there: Node) => string[]): string[] {
    if (!(node instanceof Choice)) {
      return lines(node);
    }
    const { condition, met, unmet } = node;
    const [yes, no] = [met, unmet].map((one) => (one === undefined ? [] : this.whether(one, lines)));
    if (met === undefined) {
      return [`{{- if not (${condition}) }}`, ...(no ?? []), '{{- end }}'];
    }
    const otherwise = unmet === undefined ? [] : ['{{- else }}', ...(no ?? [])];
    return [`{{- if ${condition} }}`, ...(yes ?? []), ...otherwise, '{{- end }}'];
  }
}

/** Braces that Helm would read are written by an expression. A single one is, too, where an expression follows it. */
function escaped(text: string, expressionFollows: boolean): string {
  const written = text.replace(/\{{2,}/g, (braces) => `{{ "${braces}" }}`);
  return expressionFollows && written.endsWith('{') ? `${written.slice(0, -1)}{{ "{" }}` : written;
}

function scalar(text: string): string {
  return PLAIN.test(text) && !NO_TEXT.test(text) ? text : JSON.stringify(text);
}

/** Whether a text is written line by line: where nothing of it is lost, not even when Helm trims what surrounds it. */
function isBlock(text: string): boolean {
  const written = !/[^\n\t\P{C}]|[\p{Zl}\p{Zp}]/u.test(text) && /^\S/.test(text) && /\S\n?$/.test(text);
  return written && (text.includes('\n') || text.length > LONG);
}

function block(text: string): { style: string; lines: string[] } {
  return text.endsWith('\n')
    ? { style: '|', lines: text.slice(0, -1).split('\n') }
    : { style: '|-', lines: text.split('\n') };
}
