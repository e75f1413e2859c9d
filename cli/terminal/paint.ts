import { styleText } from 'node:util';
import { hasColours } from './screen';

const COLOURS = { '+': 'green', '-': 'red', '~': 'yellow', '±': 'yellow', '!': 'red', '@': 'cyan' } as const;

/** A text in the colour of a sign, where there are colours. */
export function paint(sign: string, text: string): string {
  const colour = COLOURS[sign as keyof typeof COLOURS];
  return colour && hasColours(process.stdout) ? styleText(colour, text) : text;
}
