import { Command } from 'commander';
import { profileOfMinikube, timeout, without } from '../options';
import { run } from '../run';

export const up = new Command('up')
  .description(
    'Start minikube if it is stopped, synthesize, build the images that are missing, apply, wait until everything ' +
      'is ready, and say where it is found. What is done already is left alone.',
  )
  .addOption(profileOfMinikube())
  .addOption(without())
  .addOption(timeout('the workloads'))
  .option('--prune', 'delete what was applied once and the app does not have any more; volumes stay', false)
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session, progress) => (await import('../up')).up(session, progress, options), options.profile),
  );
