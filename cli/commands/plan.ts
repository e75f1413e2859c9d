import { Command, Option } from 'commander';
import { run } from './action';
import { explain } from './help';
import { profile, without } from './options';

export const plan = new Command('plan')
  .description(
    "Say what 'up' would create, change, delete and restart, and why, and what the cluster would refuse. Nothing is " +
      'changed: neither in the cluster nor in this folder. Needs kubectl only.',
  )
  .addOption(profile())
  .addOption(without())
  .addOption(
    new Option('-o, --output <format>', 'how it is written').choices(['table', 'json', 'markdown']).default('table'),
  )
  .option('--show-unchanged', 'list what stays as it is, too', false)
  .allowExcessArguments(false)
  .action((options) =>
    run(
      async (session, progress) => (await import('../plan/command')).plan(session, progress, options),
      options.profile,
    ),
  );

explain(plan, {
  summary: "what 'up' would do, and why",
  steps: [
    'runs the app, keeping nothing of what it writes',
    'asks the cluster what it has of it, and of what was applied before',
    'has the cluster try by a dry run whatever is not plainly as it was applied',
  ],
  examples: [
    ['', 'what would change'],
    ['--without grafana', 'but for a service'],
    ['-o markdown', 'for a pull request'],
    ['-o json', 'for programs'],
  ],
  exits: {
    0: "'up' has nothing to do",
    1: 'it failed, or the cluster would refuse an object',
    2: "'up' would change something",
  },
});
