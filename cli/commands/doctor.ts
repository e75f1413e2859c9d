import { Command, Option } from 'commander';
import { run } from './action';
import { explain } from './help';
import { profile, without } from './options';

export const doctor = new Command('doctor')
  .description(
    'Look for what is known to go wrong, from the machine to the services, and name the command that mends it. ' +
      'Changes nothing. The exit code is 1 if something has failed.',
  )
  .argument('[check...]', 'checks or groups of them, such as images or access; all unless given')
  .addOption(profile())
  .addOption(without())
  .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
  .action((checks: string[], options) =>
    run(async (session) => (await import('../doctor/doctor')).doctor(session, { ...options, checks }), options.profile),
  );

explain(doctor, {
  summary: 'look for what is known to go wrong, and name the command that mends it',
  examples: [
    ['', 'everything, from the machine to the services'],
    ['images access', 'these checks, or groups of them'],
    ['-o json', 'for programs'],
  ],
  exits: { 0: 'nothing has failed', 1: 'something has: each names the command that mends it' },
});
