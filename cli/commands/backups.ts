import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profile } from './options';

export const backups = new Command('backups')
  .description('Say which backups there are of each service, how the last run ended, and when the next one is.')
  .argument('[service]', "the service's name, such as mysql, or its backup's, such as backup-mysql; all unless given")
  .addOption(namespace())
  .addOption(profile())
  .action((service: string | undefined, options) =>
    run(
      async (session, progress) =>
        (await import('../backups/backups')).backups(session, progress, { ...options, service }),
      options.profile,
    ),
  );

explain(backups, {
  summary: 'which backups there are of each service',
  examples: [
    ['', 'of all services'],
    ['mysql', 'of one'],
  ],
});
