import { Command } from 'commander';
import { profileOfMinikube, timeout, without } from '../options';
import { run } from '../run';

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
      async (session, progress) => (await import('../up')).up(session, progress, { ...options, rotate: secrets }),
      options.profile,
    ),
  );
