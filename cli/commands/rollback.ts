import { Command, InvalidArgumentError } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profile, timeout } from './options';

export const rollback = new Command('rollback')
  .description(
    'Apply again what was applied before, configuration and images together. It shows what that changes, and asks. ' +
      'Secrets and volumes stay as they are. What the revision does not have is deleted once it is ready.',
  )
  .argument('[revision]', "a number that 'history' names; the last one that was ready unless given", number)
  .option('-y, --yes', 'do not ask', false)
  .addOption(namespace())
  .addOption(profile())
  .addOption(timeout('the workloads'))
  .allowExcessArguments(false)
  .action((revision: number | undefined, options) =>
    run(
      async (session, progress) =>
        (await import('../rollback/rollback')).rollback(session, progress, { ...options, revision }),
      options.profile,
    ),
  );

explain(rollback, {
  summary: 'apply again what was applied before',
  steps: [
    'reads what was applied, which the cluster keeps without the values of Secrets',
    'refuses what could not become ready: an image or a Secret that is gone',
    'shows what changes, and asks',
    'applies it as up does, with the same lock',
  ],
  examples: [
    ['', 'to what was ready before'],
    ['3', "to a number of 'history'"],
    ['3 --yes', 'without a question, for scripts'],
  ],
});

function number(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) {
    throw new InvalidArgumentError("Use a number that 'history' names, such as 3.");
  }
  return Number(text);
}
