import { type Command, Help as CommanderHelp, type Option } from 'commander';
import { Invocation } from '../terminal/invocation';

export interface Help {
  /** In the list of commands. */
  readonly summary: string;
  /** What the command does, in order. */
  readonly steps?: readonly string[];
  /** What follows the command's name, and what that is for. */
  readonly examples: readonly Example[];
  /** What its exit codes mean, where that is more than done, failed, wrong usage and Ctrl-C. */
  readonly exits?: { readonly [code: number]: string };
}

export type Example = readonly [line: string, purpose: string];

/** Where the terminal does not say its own. */
const WIDTH = 80;

const EXITS: { readonly [code: number]: string } = {
  0: 'it is done',
  1: 'it failed: what it says last is what to run next',
  64: 'the command line is wrong',
  130: 'Ctrl-C',
};

const known = new Map<Command, readonly Example[]>();

/** Adds to a command's help its steps, examples as they are typed here, and exit codes. */
export function explain(command: Command, { summary, steps = [], examples, exits }: Help): void {
  known.set(command, examples);
  command.summary(summary).addHelpText('after', () =>
    [
      section(
        'Steps:',
        steps.map((step, index) => [`${index + 1}.`, step]),
      ),
      section('Examples:', typed(command.name(), examples)),
      section('Exit codes:', Object.entries({ ...EXITS, ...exits })),
    ].join(''),
  );
}

/** What people type first, of several commands. */
export function firstSteps(command: Command, title: string, lines: readonly Example[]): void {
  command.addHelpText('after', () =>
    section(
      title,
      lines.flatMap(([line, purpose]) => {
        const [name = '', ...words] = line.split(' ');
        return typed(name, [[words.join(' '), purpose]]);
      }),
    ),
  );
}

/** The examples of a command, for whoever sees to it that they work. */
export function examplesOf(command: Command): readonly Example[] {
  return known.get(command) ?? [];
}

function typed(command: string, examples: readonly Example[]): Example[] {
  const invocation = Invocation.of(process.argv, process.env, process.cwd());
  return examples.map(([line, purpose]) => [`$ ${invocation.other(command, line === '' ? [] : [line])}`, purpose]);
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) {
    return '';
  }
  const helper = new CommanderHelp();
  helper.prepareContext({ helpWidth: process.stdout.columns || WIDTH });
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const lines = rows.map(([name = '', text = '']) => helper.formatItem(name, width, text, helper));
  return `\n${[title, ...lines].join('\n')}\n`;
}

/** That an option is off, or names nothing, unless given needs no word. */
export function describeOption(option: Option): string {
  const { defaultValue } = option;
  const isNothing =
    defaultValue === false || defaultValue === true || (Array.isArray(defaultValue) && defaultValue.length === 0);
  const shown = isNothing ? Object.assign(Object.create(option), { defaultValue: undefined }) : option;
  return new CommanderHelp().optionDescription(shown);
}
