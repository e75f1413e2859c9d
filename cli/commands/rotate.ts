import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { profileOfMinikube, timeout, without } from './options';

export const rotate = new Command('rotate')
  .description(
    'Make new passwords, keys or certificates for these Secrets, and bring them into MySQL, InfluxDB and whoever ' +
      "else reads them, as 'up' does.",
  )
  .argument('<secret...>', "names of Secrets, or 'all'")
  .addOption(profileOfMinikube())
  .addOption(without())
  .addOption(timeout('the workloads'))
  .action((secrets: string[], options) =>
    run(
      async (session, progress) => (await import('../up/up')).up(session, progress, { ...options, rotate: secrets }),
      options.profile,
    ),
  );

explain(rotate, {
  summary: 'make new passwords, keys or certificates',
  steps: ['makes the values anew in the credentials file', "goes on as 'up' does: who reads them restarts"],
  examples: [
    ['mysql-wordpress', 'one password'],
    ['nginx-tls wordpress-tls', 'two certificates'],
    ['all', 'everything'],
  ],
});
