import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { json, namespace, profile } from './options';

export const status = new Command('status')
  .description(
    'Say how what was deployed from this folder is: its workloads and why they are not ready, their versions, restarts ' +
      'and addresses, what is not as it was applied and who changed it, and the volumes. Ends with 1 if a workload is ' +
      'not as it should be, else with 0. Changes nothing, and does not run the app.',
  )
  .argument('[service]', "a service's name, such as mysql; all of them unless given")
  .option('--no-probe', 'do not ask the addresses whether they answer')
  .addOption(json())
  .addOption(namespace())
  .addOption(profile())
  .allowExcessArguments(false)
  .action((service: string | undefined, options) =>
    run(
      async (session) => (await import('../status/status')).status(session, { ...options, service }),
      options.profile,
    ),
  );

explain(status, {
  summary: 'health, versions, restarts, addresses, and what was changed by hand',
  examples: [
    ['', 'health, version, restarts, addresses and drift'],
    ['wordpress', 'of one service'],
    ['-o json', 'for programs'],
  ],
  exits: { 0: 'all is as it should be', 1: 'a workload is not ready, or it failed' },
});
