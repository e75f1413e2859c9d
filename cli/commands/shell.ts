import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profile } from './options';

export const shell = new Command('shell')
  .description(
    "Run a shell in a service's newest pod that is ready, or a command after '--'. Its exit code is this one's.",
  )
  .argument('<service>', "the service's name, such as mysql")
  .argument('[command...]', 'what to run in place of a shell, with its arguments')
  .option('-c, --container <name>', 'the container; the one named like the service unless given')
  .addOption(namespace())
  .addOption(profile())
  .action((service: string, command: string[], options) =>
    run(
      async (session) => (await import('../shell/shell')).shellInto(session, { ...options, service, command }),
      options.profile,
    ),
  );

explain(shell, {
  summary: 'a shell, or a command, in a container of a service',
  steps: [
    "takes the service's newest pod that is ready, and in it the container that is named like the service",
    'runs bash if it has it, else sh; or what stands after --',
    'is a terminal where this one is; else standard input, output and error are passed through',
  ],
  examples: [
    ['wordpress', 'look around'],
    ['nginx -c ssh', 'in another container'],
    ['mysql -- df -h /var/lib/mysql', 'run a command'],
    ['wordpress -- tar -c -C /srv wp-content > files.tar', 'keep what it prints'],
  ],
  exits: { 0: 'the command ended with 0', 1: 'it failed; otherwise the exit code of the command' },
});
