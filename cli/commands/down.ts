import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profileOfMinikube } from './options';

export const down = new Command('down')
  .description('Delete what up applied. Volumes, images and the file with the credentials are kept.')
  .addOption(namespace())
  .addOption(profileOfMinikube())
  .option('--volumes', 'delete the volumes and the namespace too, after asking', false)
  .option('-y, --yes', 'do not ask', false)
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session, progress) => (await import('../down/down')).down(session, progress, options), options.profile),
  );

explain(down, {
  summary: 'delete what up applied; data stays',
  steps: ['deletes what up applied, in reverse order', 'keeps volumes and namespaces unless told otherwise'],
  examples: [
    ['', 'the volumes stay'],
    ['--volumes', 'everything, after a question'],
    ['--volumes --yes', 'the same in a script'],
  ],
});
