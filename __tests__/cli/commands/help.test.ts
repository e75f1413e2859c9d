import { examplesOf } from '../../../cli/commands/help';
import { program } from '../../../cli/program';
import { version } from '../../../package.json';

const commands = program
  .createHelp()
  .visibleCommands(program)
  .filter((command) => command.name() !== 'help');

/** A line as a shell splits it; what comes after a redirection is the shell's. */
function wordsOf(line: string): string[] {
  const words = line.match(/'[^']*'|\S+/g) ?? [];
  const end = words.findIndex((word) => word.startsWith('>'));
  return words.slice(0, end < 0 ? undefined : end).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

function helpOf(name: string): string {
  let text = '';
  const command = commands.find((one) => one.name() === name);
  command?.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command?.outputHelp();
  return text;
}

describe('the help', () => {
  it('lists the commands in the order in which they are used', () => {
    const names = commands.map((command) => command.name());
    expect(names.slice(0, 5)).toEqual(['doctor', 'plan', 'up', 'status', 'open']);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(commands.map((command) => command.helpGroup()))).not.toContain('');
  });

  describe.each(commands.map((command) => [command.name(), command] as const))('of %s', (name, command) => {
    it('has a line for the list, examples and exit codes', () => {
      expect(command.summary()).toMatch(/^[a-z][^.]+$/);
      const examples = examplesOf(command).length;
      expect([examples >= 2, examples <= 6]).toEqual([true, true]);
      expect(helpOf(name)).toMatch(/Examples:\n {2}\$ .*\n[\s\S]*Exit codes:\n {2}0 +/);
    });

    it.each(examplesOf(command).map(([line]) => [line]))(`is right that one may type '${name} %s'`, async (line) => {
      const ran = jest.fn();
      command
        .exitOverride()
        .configureOutput({ writeErr: () => undefined })
        .action(ran);
      await program.parseAsync([name, ...wordsOf(line)], { from: 'user' });
      expect(ran).toHaveBeenCalled();
    });
  });

  it('has the version', async () => {
    const said: string[] = [];
    program.configureOutput({ writeOut: (text) => said.push(text) });
    await expect(program.parseAsync(['--version'], { from: 'user' })).rejects.toMatchObject({ exitCode: 0 });
    expect(said).toEqual([`${version}\n`]);
  });

  it('is as narrow as the terminal', () => {
    const { columns } = process.stdout;
    Object.assign(process.stdout, { columns: 60 });
    const steps = helpOf('up').split('Steps:')[1]?.split('Examples:')[0] ?? '';
    Object.assign(process.stdout, { columns });
    expect(Math.max(...steps.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});
