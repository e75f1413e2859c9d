import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { json, namespace, profile } from './options';

export const history = new Command('history')
  .description('Say what was applied, when, by whom and what it changed, newest first. The last ten are kept.')
  .addOption(json())
  .addOption(namespace())
  .addOption(profile())
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session) => (await import('../rollback/history')).history(session, options), options.profile),
  );

explain(history, {
  summary: 'what was applied, when, by whom and what it changed',
  examples: [
    ['', 'the last ten'],
    ['-o json', 'for programs'],
  ],
});
