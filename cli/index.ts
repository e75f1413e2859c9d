#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_USAGE, Failure, Interrupted } from './failure';

/** Ends with the first Ctrl-C; at the second, what is left is not waited for. */
const interruption = new AbortController();

const program = new Command('cdk8s-services')
  .description('Runs the services of a CDK8s app on minikube.')
  .exitOverride()
  .showHelpAfterError('(see --help)');

program
  .command('up')
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
    run(async (session, progress) => (await import('./up')).up(session, progress, options), options.profile),
  );

program
  .command('rotate')
  .description(
    'Make new passwords, keys or certificates for these Secrets, and bring them into MySQL, InfluxDB and whoever ' +
      "else reads them, as 'up' does.",
  )
  .argument('<secret...>', "names of Secrets, or 'all'")
  .addOption(profileOfMinikube())
  .addOption(without())
  .addOption(timeout('the workloads'))
  .action((rotate: string[], options) =>
    run(
      async (session, progress) => (await import('./up')).up(session, progress, { ...options, rotate }),
      options.profile,
    ),
  );

program
  .command('backups')
  .description('Say which backups there are of each service, how the last run ended, and when the next one is.')
  .argument('[service]', "the service's name, such as mysql, or its backup's, such as backup-mysql; all unless given")
  .addOption(namespace())
  .addOption(profile())
  .action((service: string | undefined, options) =>
    run(
      async (session, progress) => (await import('./backups')).backups(session, progress, { ...options, service }),
      options.profile,
    ),
  );

program
  .command('restore')
  .description("Bring back a service's data from a backup of it, by the job that a 'Backup' of the app declares.")
  .argument('<service>', "the service's name, such as mysql, or its backup's, such as backup-mysql")
  .option(
    '--from <backup>',
    'a backup, by the time in its name, such as 20261121T030000Z; the newest unless given',
    name,
  )
  .addOption(namespace())
  .addOption(profile())
  .action((service: string, options) =>
    run(
      async (session, progress) => (await import('./restore')).restore(session, progress, { ...options, service }),
      options.profile,
    ),
  );

program
  .command('import')
  .description(
    'Bring an existing WordPress in place of a site that runs: its database, with its old address rewritten, and its ' +
      'uploads, plugins and themes. Readers see the one site or the other.',
  )
  .argument('<site>', "the site's name, such as wordpress")
  .requiredOption('--database <dump>', 'a dump by mysqldump, mariadb-dump or phpMyAdmin: .sql or .sql.gz')
  .option('--uploads <files>', 'its wp-content or its uploads: a folder, .tar or .tar.gz')
  .option(
    '--old-url <url>',
    'one more address to rewrite than those that the dump says, such as with www; repeatable',
    urls,
    [],
  )
  .option('--new-url <url>', "the address instead; unless given, the site's 'url', or links relative to the site", url)
  .option('--prefix <prefix>', 'of the tables, where the dump has several sites')
  .option('--replace', 'replace a site that has content', false)
  .addOption(namespace())
  .addOption(profile())
  .addOption(timeout('the site'))
  .action((site: string, options) =>
    run(
      async (session, progress) => (await import('./import')).importSite(session, progress, { ...options, site }),
      options.profile,
    ),
  );

program
  .command('images')
  .description("Build the images that the app takes from a registry (see 'Images.registry') and that it lacks.")
  .option('--push', 'push them, and note their digests, by which the app names them from then on', false)
  .option('--digests <file>', 'where the digests are noted', 'images.json')
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session, progress) => (await import('./images')).images(session, progress, options), 'minikube'),
  );

program
  .command('down')
  .description('Delete what up applied. Volumes, images and the file with the credentials are kept.')
  .addOption(profileOfMinikube())
  .option('--volumes', 'delete the volumes and the namespace too, after asking', false)
  .option('-y, --yes', 'do not ask', false)
  .allowExcessArguments(false)
  .action((options) =>
    run(
      async (session, progress) => (await import('./down')).down(session, progress, interruption.signal, options),
      options.profile,
    ),
  );

program
  .command('certificate', { hidden: true })
  .description('Answer a request for a certificate, JSON on standard input, with JSON: called by the constructs.')
  .allowExcessArguments(false)
  .action(async () => {
    const { makeCertificate } = await import('./certificate');
    const request = JSON.parse(readFileSync(0, 'utf8'));
    process.stdout.write(JSON.stringify(await makeCertificate(request)));
  });

// Options of several commands.

function profileOfMinikube(): Option {
  return new Option('-p, --profile <name>', "minikube's profile, and the context of that name").default('minikube');
}

function profile(): Option {
  const description = "minikube's profile, or any other context of the kubeconfig";
  return new Option('-p, --profile <name>', description).default('minikube');
}

function namespace(): Option {
  return new Option('-n, --namespace <name>', 'where it is; looked for everywhere unless given');
}

function without(): Option {
  return new Option('--without <service...>', 'services to leave out').default([]);
}

function timeout(what: string): Option {
  return new Option('--timeout <duration>', `how long to wait for ${what}, such as 90s or 10m`)
    .argParser(duration)
    .default(duration('10m'), '10m');
}

type Action = (session: import('./session').Session, progress: import('./progress').Progress) => Promise<void>;

/** Gives an action what it works with, and adds to its failure the step in which it happened. */
async function run(action: Action, profile: string): Promise<void> {
  const [{ Shell }, { Progress }, { againOf }, { failureOf }] = await Promise.all([
    import('./shell'),
    import('./progress'),
    import('./session'),
    import('./steps/causes'),
  ]);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => (interruption.signal.aborted ? process.exit(EXIT_INTERRUPTED) : interruption.abort()));
  }
  const folder = process.cwd();
  const again = againOf(process.argv, process.env, folder);
  const progress = new Progress();
  try {
    await action({ shell: new Shell(interruption.signal), folder, profile, again }, progress);
  } catch (error) {
    if (interruption.signal.aborted) {
      throw Object.assign(new Interrupted(), { step: progress.step, again });
    }
    if (error instanceof Failure) {
      throw error;
    }
    const { message } = error as Error;
    throw Object.assign(failureOf([message], { cause: message, next: again }, again), { step: progress.step });
  }
}

function name(text: string): string {
  if (text === '') {
    throw new InvalidArgumentError("Use one that 'backups' names, or leave it out.");
  }
  return text;
}

function url(text: string): string {
  if (!/^https?:\/\/[a-z0-9.-]+(:\d+)?(\/[\w./~-]*)?$/i.test(text)) {
    throw new InvalidArgumentError('Use a scheme and a host, such as https://www.example.org.');
  }
  return text.replace(/\/+$/, '');
}

function urls(text: string, before: readonly string[]): readonly string[] {
  return [...before, url(text)];
}

function duration(text: string): number {
  const [, number, unit] = /^(\d+)(s|m)$/.exec(text) ?? [];
  if (!number || Number(number) === 0) {
    throw new InvalidArgumentError('Use a number of seconds or minutes, such as 90s or 10m.');
  }
  return Number(number) * (unit === 'm' ? 60_000 : 1000);
}

/** Says what went wrong, and gives the exit code for it. */
function exitCode(error: unknown): number {
  const command = process.argv[2] ?? '';
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
  if (error instanceof Interrupted) {
    const { step, again } = error as Interrupted & { again?: string };
    process.stderr.write(`\n${command} interrupted at '${step}'\nnext: ${again}, which goes on from there\n`);
    return EXIT_INTERRUPTED;
  }
  if (error instanceof Failure) {
    process.stderr.write(error.report(command));
    return error.exitCode;
  }
  process.stderr.write(`cdk8s-services ${command}: ${(error as Error).message}\n`);
  return EXIT_FAILURE;
}

// A reader that goes away, such as `| head`, is no reason to stop half-way.
process.stdout.on('error', () => undefined);

program.parseAsync().catch((error) => {
  process.exitCode = exitCode(error);
});
