// cli/logs/: the command `logs`: the logs of a service's containers, merged by time, across restarts and new pods.

import { stripVTControlCharacters } from 'node:util';
import type { LogLine } from './line';

const ESCAPE = '\x1b';
const RESET = `${ESCAPE}[0m`;
const DIM = `${ESCAPE}[2m`;
/** Cyan, yellow, green, magenta, blue, and their bright ones: neither red, which is for errors, nor black or white. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94].map((code) => `${ESCAPE}[${code}m`);
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;:]*m)`);
const CONTROL = /(?!\t)\p{Cc}/gu;

export interface PrinterProps {
  /** Results: the lines. */
  readonly out: (text: string) => void;
  /** What is said about them. */
  readonly err: (text: string) => void;
  readonly colours: boolean;
  /** The same for what is said about them. */
  readonly dim: boolean;
  readonly times: boolean;
}

/** Writes the lines of many containers, each with whose it is. */
export class Printer {
  private readonly colourOf = new Map<string, string>();
  private readonly said = new Set<string>();

  constructor(private readonly props: PrinterProps) {}

  line(source: string, { time, text }: LogLine): void {
    const { out, colours, times } = this.props;
    const words = times ? `${time} ${text}` : text;
    out(`${colours ? `${this.colour(source)}${source} |${RESET}` : `${source} |`} ${plain(words, colours)}\n`);
  }

  notice(text: string): void {
    const { err, dim } = this.props;
    err(dim ? `${DIM}${text}${RESET}\n` : `${text}\n`);
  }

  noticeOnce(text: string): void {
    if (!this.said.has(text)) {
      this.said.add(text);
      this.notice(text);
    }
  }

  private colour(source: string): string {
    const found = this.colourOf.get(source) ?? COLOURS[this.colourOf.size % COLOURS.length] ?? '';
    this.colourOf.set(source, found);
    return found;
  }
}

/** What strangers may have written moves no cursor and sets no title; colours stay where they are shown. */
function plain(text: string, colours: boolean): string {
  const clean = (part: string) => stripVTControlCharacters(part).replace(CONTROL, '');
  if (!colours || !text.includes(ESCAPE)) {
    return clean(text);
  }
  return `${text
    .split(COLOUR)
    .map((part, index) => (index % 2 === 1 ? part : clean(part)))
    .join('')}${RESET}`;
}
