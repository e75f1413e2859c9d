import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { profileOfMinikube, timeout, without } from './options';

export const up = new Command('up')
  .description(
    'Start minikube if it is stopped, synthesize, build the images that are missing, apply, wait until everything ' +
      'is ready, and say where it is found. What is done already is left alone.',
  )
  .addOption(profileOfMinikube())
  .addOption(without())
  .addOption(timeout('the workloads'))
  .option('--no-prune', 'leave alone what was applied once and the app does not have any more')
  .option('--with-data', 'of what the app does not have any more, delete volumes and namespaces too', false)
  .option('--watch', 'then go on with each file that is saved: build and apply what it changes', false)
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session, progress) => (await import('../up/up')).up(session, progress, options), options.profile),
  );

explain(up, {
  summary: 'build, apply, wait until it is ready, and say where it is',
  steps: [
    'looks for docker, minikube and kubectl',
    'starts minikube if it is stopped',
    'runs the app, which writes the YAML',
    'builds the images whose content has changed',
    'takes the lock: two runs at a time would undo each other',
    'applies configuration and storage, then databases, then the rest',
    'waits until all is ready, and says why it is not',
    'deletes what the app does not have any more; never data without --with-data',
    'says where the services are, and whether they answer',
  ],
  examples: [
    ['', 'make it so; once more after any change'],
    ['--without grafana', 'leave out a service'],
    ['--timeout 20m', 'wait longer, on a slow machine'],
    ['--no-prune', 'delete nothing'],
    ['--watch', 'and then go on with each file that is saved'],
  ],
});
