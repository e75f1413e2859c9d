/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 7
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Chart } from 'cdk8s';
import { MySql, RestrictedNamespace, WordPress } from '../../constructs';
import { CASES, program } from '../support/address-cases';
import { COUNTERS, DEFINITIONS, DUMPS, type DumpResults, dumpProgram, FOLDERS, LINKS } from '../support/dump-cases';
import { Browser } from './clients/http';
import { Forward, kubectl, readyPod, secret } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { CAT, dump, OLD_HOST, type OldUser, writeContent } from './fixtures/old-site';
import { check, setUp } from './runner/check';
import { folder } from './runner/folder';
import { type Result, run } from './runner/run';

const SERVICES = ['mysql', 'wordpress'];
const LIBRARY = '/usr/local/lib/wordpress-import';

/** A site of another host, with its plugin, theme and files, which is brought into a new stack. */
describe('import', () => {
  const about = { of: SERVICES, namespace: () => MARK };
  const users: OldUser[] = [
    { login: 'ann', password: randomBytes(9).toString('hex'), role: 'administrator' },
    { login: 'admin', password: randomBytes(9).toString('hex'), role: 'editor' },
    { login: 'ed', password: randomBytes(9).toString('hex'), role: 'editor' },
  ];
  let files: string;
  const file = (name: string) => join(files, name);

  setUp(async () => {
    files = folder();
    writeContent(file('public_html/wp-content'));
    writeFileSync(file('dump.sql'), dump(users, 'Old Site'));
    writeFileSync(file('dump.sql.gz'), gzipSync(dump(users, 'Old Site')));
    await run('tar', ['-C', files, '-czf', file('content.tar.gz'), 'public_html']);
    await applyOwn((app) => {
      new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
      const chart = new Chart(app, 'system', { namespace: MARK, disableResourceNameHashes: true });
      new WordPress(chart, 'wordpress', { database: new MySql(chart, 'mysql').addDatabase('wordpress') });
    });
    await Promise.all(SERVICES.map((service) => readyPod(service, 180, MARK)));
  }, 300);
  afterAll(removeOwn);

  check('rewrites every form of an address', about, async () => {
    const said = await exec('wordpress', program(LIBRARY), 'php');
    const [moved, relative] = JSON.parse(said);
    expect({ moved, relative }).toEqual({
      moved: CASES.map((one) => one.moved),
      relative: CASES.map((one) => one.relative),
    });
  });

  check('reads dumps of every kind, and finds where their files were', about, async () => {
    const { dumps, ...others }: DumpResults = JSON.parse(await exec('wordpress', dumpProgram(LIBRARY, [7]), 'php'));
    for (const [index, { statements, refused }] of DUMPS.entries()) {
      const found = dumps[0]?.[index];
      expect(found).toMatchObject(refused ? { refused: expect.stringMatching(refused) } : { statements });
    }
    expect(others).toEqual({
      definitions: DEFINITIONS.map(({ to }) => to),
      counters: COUNTERS.map(({ to }) => to),
      folders: FOLDERS.map(({ moved }) => moved),
      links: LINKS.map(({ to }) => to),
    });
  });

  check('refuses what is no dump, is cut off or is of a network, and changes nothing', about, async () => {
    const before = await tables();
    const text = dump(users, 'Old Site');
    const wrong: { [expected: string]: string } = {
      'has no tables of WordPress, but none': 'hello;',
      'is cut off': text.replace('-- Dump completed', '-- '),
      'in the middle of a statement': text.slice(text.indexOf('USE '), -400),
      'of a newer WordPress: its tables have version 99999, those of WordPress [\\d.]+, which is here, \\d+.*--take-newer':
        text.replace("'51917'", "'99999'"),
      "with the prefix 'old_' of several databases: oldblog, second.*--old-database": text.replace(
        '-- Dump completed',
        'USE `second`; CREATE TABLE `old_posts` (a int);\n-- Dump completed',
      ),
      "table 'old_odd' of the site cannot be had here: CREATE TABLE.*--ignore-table=<database>.old_odd": text.replace(
        '-- Dump completed',
        'CREATE TABLE `old_odd` (a int, KEY k ((a + 1)));\n-- Dump completed',
      ),
      'has no AUTO_INCREMENT: the dump is cut off': text.replaceAll(' AUTO_INCREMENT,', ','),
      multisite: text.replace('-- Dump', 'CREATE TABLE old_blogs (a int); CREATE TABLE old_site (a int);\n-- Dump'),
      'there is no column|Column count|Unknown column': text.replace(
        '-- Dump',
        'INSERT INTO old_terms VALUES (1);\n-- Dump',
      ),
    };
    for (const [expected, content] of Object.entries(wrong)) {
      writeFileSync(file('wrong.sql'), content);
      const { code, stderr } = await importSite('--database', file('wrong.sql'));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(new RegExp(expected, 's')) });
    }
    expect(await tables()).toBe(before);
  });

  check('that is interrupted changes nothing', { ...about, seconds: 120 }, async () => {
    const before = await tables();
    const row = (id: number) => `INSERT INTO old_postmeta VALUES (${id},1,'big','${'x'.repeat(400_000)}');\n`;
    const many = Array.from({ length: 200 }, (_, index) => row(1000 + index)).join('');
    writeFileSync(file('big.sql'), dump(users, 'Old Site').replace('-- Dump completed', `${many}-- Dump completed`));
    const args = ['--database', file('big.sql'), '--uploads', file('content.tar.gz')];
    const { code, stderr } = await importSite(...args, (said, end) => said.includes('load database: 16 MB') && end());
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining("interrupted at 'load database'") });
    expect((await tables()).replaceAll(/import~\S+\s/g, '')).toBe(before);
  });

  check('goes on after that, and brings all of the old site', { ...about, seconds: 240 }, async () => {
    const { code, stdout, stderr } = await importSite(
      '--database',
      file('dump.sql.gz'),
      '--uploads',
      file('content.tar.gz'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const fact of [
      'left out, as they are for the old server or for a plugin to make anew: mu-plugins, object-cache.php',
      'left out, as programs are no uploads: uploads/2021/05/evil.php',
      'left out: 1 triggers and routines',
      'left out: 1 views',
      'left out, as they are not tables of the site: other_app',
      'active there, but not here: gone/gone.php',
      'in both sites, and from now on with the password of this one: admin',
      'these users can log in: ann, admin, ed',
    ]) {
      expect(stdout).toContain(fact);
    }
    expect(await tables()).not.toMatch(/~/);
    expect(await exec('wordpress', 'ls -A /var/lib/wp-content', 'sh')).not.toContain('.import');
  });

  check('shows its pages, files, theme and plugin, without the old address', about, async () => {
    await withSite(async (site) => {
      const { status, text } = await site.get('/old-post/');
      expect(status).toBe(200);
      expect(text).toContain('<p>shouted</p>');
      expect(text).toContain('käse');
      const [, image = ''] = /<img[^>]*src="([^"]+)"/.exec(text) ?? [];
      expect(image).toBe('/wp-content/uploads/2021/05/cat.png');
      const reply = await site.get(image);
      expect({ status: reply.status, same: reply.body.equals(CAT) }).toEqual({ status: 200, same: true });
      expect((await site.get(`/wp-content/uploads/${encodeURIComponent('notes ünï.txt')}`)).text).toBe('kept');
      for (const path of ['/', '/page-two/', '/old-post/', '/feed/', '/index.php?rest_route=/wp/v2/posts']) {
        const page = await site.get(path);
        expect({ path, status: page.status, old: page.text.includes(OLD_HOST) }).toEqual({
          path,
          status: 200,
          old: false,
        });
      }
    });
  });

  check('leaves no trace of the old address or prefix in the database', about, async () => {
    const everything = await exec('mysql', `${login('mariadb-dump')} --skip-extended-insert wordpress`, 'bash');
    const traces = everything
      .split('\n')
      .filter((line) => /old\.example\.org(?!x)|\bold_|0900_ai_ci|MyISAM/.test(line));
    expect(traces.map((line) => line.slice(0, 200))).toEqual([]);
    const php = `$_SERVER['HTTP_HOST'] = 'localhost'; require '/srv/wordpress/wp-load.php';
      $widget = get_option('widget_text')[2]; $nested = unserialize($widget['nested']);
      echo json_encode([$widget['text'], $nested['deep'], unserialize($nested['more'])[0],
        json_decode(json_decode(get_option('shout_json'))->in)->url, get_option('db_version') === (string) $wp_db_version,
        strlen(get_post_meta(13, '_big', true))], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);`;
    const found = JSON.parse(await exec('wordpress', `<?php ${php}`, 'php'));
    expect(found).toEqual(['<a href="/a">ä</a>', '/deep', '/deeper', '/j', true, 300_005]);
  });

  check('lets its users log in, and the administrator of the stack', about, async () => {
    await withSite(async (site) => {
      for (const { login, password } of users.filter((user) => user.login !== 'admin')) {
        expect(await canLogIn(site.base, login, password)).toBe(true);
      }
      expect(await canLogIn(site.base, 'admin', users[1]?.password ?? '')).toBe(false);
      const admin = new Browser(site.base);
      expect(await canLogIn(site.base, 'admin', await secret('wordpress-users', 'admin', MARK), admin)).toBe(true);
      const { status, text } = await admin.get('/wp-admin/users.php');
      expect({ status, ann: text.includes('ann@example.com') }).toEqual({ status: 200, ann: true });
    });
  });

  check('refuses to replace a site that has content, unless it is told to', { ...about, seconds: 240 }, async () => {
    const again = await importSite('--database', file('dump.sql'));
    expect(again).toMatchObject({ code: 64, stderr: expect.stringMatching(/the site has \d+ posts.*--replace/s) });
    const wide = Array.from({ length: 60 }, (_, index) => `f${index} varchar(60) NOT NULL DEFAULT ''`).join(', ');
    const odd = [
      `CREATE TABLE \`old_wide\` (id int PRIMARY KEY, ${wide}) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4`,
      'CREATE TABLE `old_words` (t text, FULLTEXT KEY t (t) /*!50100 WITH PARSER `ngram` */) ENGINE=InnoDB',
      'CREATE TABLE `old_counted` (g int, id int NOT NULL AUTO_INCREMENT, PRIMARY KEY (g, id)) ENGINE=MyISAM',
      'CREATE TABLE `shop_odd` (a int, KEY k ((a + 1)))',
      `CREATE TABLE \`shop_${'x'.repeat(55)}\` (a int)`,
      'USE `second`; CREATE TABLE `old_posts` (a int)',
    ];
    const text = dump(users.slice(0, 1), 'Newer Site').replace("'51917'", "'99999'");
    writeFileSync(
      file('new.sql'),
      `Warning: it isn't complete\n${text.replace('-- Dump completed', `${odd.join(';\n')};\n-- Dump completed`)}`,
    );
    const args = ['--database', file('new.sql'), '--new-url', 'https://new.example.net', '--replace'];
    const replaced = await importSite(...args, '--old-database', 'oldblog', '--take-newer');
    expect({ code: replaced.code, stderr: replaced.stderr }).toEqual({ code: 0, stderr: '' });
    expect(replaced.stdout).toMatch(/not tables of the site: other_app, shop_odd, shop_x{55}\n/);
    expect(replaced.stdout).toContain('the tables, of version 99999, are noted as ');
    await withSite(async (site) => {
      const { text } = await site.get('/old-post/');
      expect(text).toContain('Newer Site');
      expect(text).toContain('src="https://new.example.net/wp-content/uploads/2021/05/cat.png"');
      expect((await site.get('/wp-content/uploads/2021/05/cat.png')).status).toBe(200);
      expect(await canLogIn(site.base, 'admin', await secret('wordpress-users', 'admin', MARK))).toBe(true);
    });
  });

  check('that was ended while it exchanged is done again', { ...about, seconds: 240 }, async () => {
    await exec(
      'mysql',
      `echo 'CREATE TABLE \`unfinished~import\` (a int); CREATE TABLE \`was~wp_posts\` (a int);
      CREATE TABLE \`import~wp_posts\` (a int)' | ${login('mariadb')} wordpress`,
      'bash',
    );
    await exec('wordpress', 'cd /var/lib/wp-content && mkdir .import-old && mv uploads .import-old/', 'sh');
    const { code, stderr } = await importSite('--database', file('dump.sql'), '--uploads', file('public_html'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await tables()).not.toMatch(/~/);
    await withSite(async (site) => {
      expect((await site.get('/wp-content/uploads/2021/05/cat.png')).status).toBe(200);
    });
  });
});

type Watch = (said: string, end: () => void) => unknown;

/** Runs the command, as its users do; the last argument may watch what it says. */
async function importSite(...args: (string | Watch)[]): Promise<Result> {
  const watch = args.find((one) => typeof one === 'function');
  const context = (await kubectl(['config', 'current-context'])).trim();
  const words = args.filter((one) => typeof one === 'string');
  const child = spawn('node', ['lib/cli.js', 'import', 'wordpress', '-n', MARK, '-p', context, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    watch?.(stdout, () => child.killed || child.kill('SIGINT'));
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number>((resolve) => child.on('close', (ended) => resolve(ended ?? 1)));
  return { code, stdout, stderr };
}

function exec(service: string, input: string, program: string): Promise<string> {
  const target = service === 'mysql' ? 'mysql-0' : `deploy/${service}`;
  return kubectl(['-n', MARK, 'exec', '-i', target, '-c', service, '--', program], { input });
}

function login(client: string): string {
  return `${client} --user=root --password="$(cat /run/secrets/mysql/password)" --protocol=socket`;
}

function tables(): Promise<string> {
  return exec('mysql', `${login('mariadb')} -N -e 'SHOW TABLES' wordpress`, 'bash');
}

async function withSite(test: (site: Browser) => Promise<void>): Promise<void> {
  await readyPod('wordpress', 60, MARK);
  const forward = await Forward.open('deploy/wordpress', 5050, MARK);
  try {
    await test(new Browser(`http://127.0.0.1:${forward.port}`));
  } finally {
    forward.close();
  }
}

async function canLogIn(base: string, login: string, password: string, browser = new Browser(base)): Promise<boolean> {
  await browser.get('/wp-login.php');
  const form = { log: login, pwd: password, 'wp-submit': 'Log In', redirect_to: '/wp-admin/', testcookie: '1' };
  const { status } = await browser.post('/wp-login.php', form);
  return status === 302 && [...browser.cookies.keys()].some((name) => name.startsWith('wordpress_logged_in_'));
}
