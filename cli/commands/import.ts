import { Command, InvalidArgumentError } from 'commander';
import { run } from './action';
import { explain } from './help';
import { namespace, profile, timeout } from './options';

export const importSite = new Command('import')
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
  .option('--old-database <name>', 'which database of the dump, where several have tables of that prefix')
  .option('--take-newer', 'take the tables of a newer WordPress as those of the one that is here', false)
  .option('--replace', 'replace a site that has content', false)
  .addOption(namespace())
  .addOption(profile())
  .addOption(timeout('the site'))
  .action((site: string, options) =>
    run(
      async (session, progress) =>
        (await import('../import/import')).importSite(session, progress, { ...options, site }),
      options.profile,
    ),
  );

explain(importSite, {
  summary: 'bring an existing WordPress',
  steps: [
    'streams the dump and the files into a pod of the site',
    'loads the tables beside those of the site, and rewrites the old address in them',
    'exchanges both in one moment',
  ],
  examples: [
    ['wordpress --database dump.sql.gz', 'the database'],
    ['wordpress --database dump.sql.gz --uploads wp-content', 'and its files'],
    ['wordpress --database dump.sql --old-url https://www.example.org --replace', 'in place of content'],
  ],
});

function url(text: string): string {
  if (!/^https?:\/\/[a-z0-9.-]+(:\d+)?(\/[\w./~-]*)?$/i.test(text)) {
    throw new InvalidArgumentError('Use a scheme and a host, such as https://www.example.org.');
  }
  return text.replace(/\/+$/, '');
}

function urls(text: string, before: readonly string[]): readonly string[] {
  return [...before, url(text)];
}
