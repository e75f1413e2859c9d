import type { Argument, Command, Option } from 'commander';

/** A word that may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What may stand there are names of files, which the shell knows. */
export const FILES = 'files';

/** What is being typed. */
export interface Typed {
  readonly command: Command;
  /** Arguments before the cursor. */
  readonly operands: readonly string[];
  /** The values of options before the cursor, by the names that the command's action gets. */
  readonly options: ReadonlyMap<string, string>;
}

/** The values of an argument or of an option, in a command. */
export type Values = (of: Argument | Option, typed: Typed) => Promise<readonly Candidate[] | typeof FILES>;

/** What may stand in place of the last word. */
export async function candidates(
  program: Command,
  words: readonly string[],
  values: Values,
): Promise<readonly Candidate[] | typeof FILES> {
  const current = words.at(-1) ?? '';
  const { typed, awaited, isLiteral } = read(program, words.slice(0, -1));
  const begin = (all: readonly Candidate[]) => all.filter(({ value }) => value.startsWith(current));
  if (awaited && (awaited.required || !current.startsWith('-'))) {
    return filtered(await values(awaited, typed), begin);
  }
  if (current.startsWith('-') && !isLiteral) {
    const [, flag = '', given] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
    const option = given === undefined ? undefined : optionOf(typed.command, flag);
    if (!option) {
      return begin(flagsOf(typed));
    }
    const found = await values(option, typed);
    return found === FILES ? [] : begin(found.map((one) => ({ ...one, value: `${flag}=${one.value}` })));
  }
  if (typed.command.commands.length > 0) {
    const [first = 'help', ...more] = typed.operands;
    return first === 'help' && more.length === 0 ? begin(commandsOf(typed.command)) : [];
  }
  const { registeredArguments } = typed.command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[typed.operands.length] ?? (last?.variadic ? last : undefined);
  return argument ? filtered(await values(argument, typed), begin) : [];
}

function filtered(
  found: readonly Candidate[] | typeof FILES,
  begin: (all: readonly Candidate[]) => readonly Candidate[],
): readonly Candidate[] | typeof FILES {
  return found === FILES ? FILES : begin(found);
}

interface Reading {
  readonly typed: Typed;
  /** The option whose value comes next. */
  readonly awaited?: Option;
  /** After `--`, nothing is an option. */
  readonly isLiteral: boolean;
}

function read(program: Command, words: readonly string[]): Reading {
  let command = program;
  let awaited: Option | undefined;
  let isLiteral = false;
  const operands: string[] = [];
  const options = new Map<string, string>();
  for (const word of words) {
    if (isLiteral) {
      operands.push(word);
    } else if (awaited && !(awaited.variadic && word.startsWith('-'))) {
      options.set(awaited.attributeName(), word);
      awaited = awaited.variadic ? awaited : undefined;
    } else if (word === '--') {
      isLiteral = true;
      awaited = undefined;
    } else if (word.startsWith('-')) {
      const [flag = '', value] = word.split(/=(.*)/s);
      const option = optionOf(command, flag);
      awaited = value === undefined && (option?.required || option?.optional) ? option : undefined;
      if (option && value !== undefined) {
        options.set(option.attributeName(), value);
      }
    } else {
      const sub = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (sub && operands.length === 0) {
        command = sub;
      } else {
        operands.push(word);
      }
    }
  }
  return { typed: { command, operands, options }, awaited, isLiteral };
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ short, long }) => flag === short || flag === long);
}

/** The long forms; that a short one exists, its description in the help says. */
function flagsOf({ command }: Typed): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
}

function commandsOf(command: Command): Candidate[] {
  const help = command.createHelp();
  return help
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: help.subcommandDescription(one) }));
}
