import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profile } from './options';

export const open = new Command('open')
  .description(
    'Open the address of a service that answers. One that has none outside the cluster is forwarded until Ctrl-C.',
  )
  .argument('[service]', "the service's name; without it all addresses are told, and none is opened")
  .option('--url', 'print the address, and open nothing', false)
  .addOption(namespace())
  .addOption(profile())
  .allowExcessArguments(false)
  .action((service: string | undefined, options) =>
    run(
      async (session) => (await import('../open/open')).openService(session, { ...options, service }),
      options.profile,
    ),
  );

explain(open, {
  summary: 'open the address of a service that answers',
  steps: [
    'asks all addresses of the service at once',
    'opens the first web address that answers in the browser, on a terminal; prints it in any case',
    'where there is none, names the client to use (ssh, lftp), or forwards a port of this machine until Ctrl-C',
  ],
  examples: [
    ['', 'all addresses, and whether they answer'],
    ['wordpress', 'in the browser'],
    ['wordpress --url', 'for a script: the address and nothing else'],
    ['influxdb', 'has no address outside: forwarded until Ctrl-C'],
  ],
});
