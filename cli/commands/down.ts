import { Command } from 'commander';
import { profileOfMinikube } from '../options';
import { run } from '../run';

export const down = new Command('down')
  .description('Delete what up applied. Volumes, images and the file with the credentials are kept.')
  .addOption(profileOfMinikube())
  .option('--volumes', 'delete the volumes and the namespace too, after asking', false)
  .option('-y, --yes', 'do not ask', false)
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session, progress) => (await import('../down')).down(session, progress, options), options.profile),
  );
