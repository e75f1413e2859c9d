import { Command, InvalidArgumentError } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profile } from './options';

export const restore = new Command('restore')
  .description("Bring back a service's data from a backup of it, by the job that a 'Backup' of the app declares.")
  .argument('<service>', "the service's name, such as mysql, or its backup's, such as backup-mysql")
  .option(
    '--from <backup>',
    'a backup, by the time in its name, such as 20261121T030000Z; the newest unless given',
    name,
  )
  .addOption(namespace())
  .addOption(profile())
  .action((service: string, options) =>
    run(
      async (session, progress) =>
        (await import('../backups/restore')).restore(session, progress, { ...options, service }),
      options.profile,
    ),
  );

explain(restore, {
  summary: "bring a service's data back",
  steps: ["starts the job that the app's Backup declares", 'waits for its end, and says what it says'],
  examples: [
    ['mysql', 'the newest backup'],
    ['mysql --from 20261121T030000Z', "one that 'backups' names"],
  ],
});

function name(text: string): string {
  if (text === '') {
    throw new InvalidArgumentError("Use one that 'backups' names, or leave it out.");
  }
  return text;
}
