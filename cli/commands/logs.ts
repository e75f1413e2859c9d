import { Command, InvalidArgumentError, Option } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profile } from './options';

const SECONDS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400 };

export const logs = new Command('logs')
  .description("Print what services' containers say, each line after its pod and container; followed on a terminal.")
  .argument('[service...]', 'names of services; all of the app unless given')
  .option('-c, --container <name>', 'of one container of each pod')
  .option('-f, --follow', 'go on until Ctrl-C, with pods that are new; what a terminal gets')
  .option('--no-follow', 'end with the last line')
  .option('--since <duration>', 'what is not older, such as 90s, 10m, 2h or 1d', seconds)
  .option(
    '--tail <lines>',
    "lines of each container, or 'all'; 20 where it is followed without --since, else all",
    lines,
  )
  .addOption(new Option('--previous', 'what containers said before they crashed').default(false).conflicts('follow'))
  .option('-t, --timestamps', 'with the time of each line', false)
  .addOption(namespace())
  .addOption(profile())
  .action((services: string[], options) =>
    run(async (session) => (await import('../logs/logs')).logs(session, { ...options, services }), options.profile),
  );

explain(logs, {
  summary: 'what services say, as they say it',
  steps: [
    'prints the last lines of all containers in the order of time; init containers where they run or have failed',
    'on a terminal, or with --follow, goes on: new pods join, and what a container says last is not lost',
    'says on standard error who comes, goes and crashes; results are on standard output',
  ],
  examples: [
    ['', 'of the whole app'],
    ['wordpress mysql', 'of two services'],
    ['nginx -c ssh --since 1h', 'of one container'],
    ['mysql --previous', 'what it said before it crashed'],
    ['mysql --no-follow --timestamps', 'for a file'],
  ],
  exits: { 130: 'Ctrl-C, by which following ends' },
});

function seconds(text: string): number {
  const [, number, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const factor = SECONDS[unit];
  if (!number || Number(number) === 0 || factor === undefined) {
    throw new InvalidArgumentError('Use a number of seconds, minutes, hours or days, such as 90s, 10m, 2h or 1d.');
  }
  return Number(number) * factor;
}

function lines(text: string): number | 'all' {
  if (text !== 'all' && !/^\d+$/.test(text)) {
    throw new InvalidArgumentError("Use a number of lines, or 'all'.");
  }
  return text === 'all' ? text : Number(text);
}
