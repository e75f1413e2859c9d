/**
 * @lane core
 * @needs system
 * @disturbs wordpress
 * @minutes 4
 */
import { curled } from './clients/curl';
import { Browser } from './clients/http';
import { WordPressUser } from './clients/wordpress';
import { kubectl, NAMESPACE } from './cluster/kubectl';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { succeeds } from './runner/wait';

/** A program whose output is not in its text. */
const PROGRAM = `<?php echo 'ran', 6 * 7, '${MARK}';`;
const RAN = `ran42${MARK}`;
/** A picture of one pixel, and a program behind it. */
const PICTURE = Buffer.concat([
  Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
  Buffer.from(PROGRAM),
]);
const UPLOADS = `/var/lib/wp-content/uploads/${MARK}`;
/** Each with an address of its own, so that its attempts are counted apart from those of all other tests. */
const ATTACKER = { 'X-Forwarded-For': '198.51.100.23' };
const NEIGHBOUR = { 'X-Forwarded-For': '203.0.113.45' };

describe('attack on wordpress', () => {
  const of = ['wordpress'];
  const users = new Map<string, WordPressUser>();
  let base = '';
  const admin = () => users.get('admin') as WordPressUser;
  setUp(async () => {
    for (const login of ['admin', 'editor', 'author', 'reader']) {
      users.set(login, await WordPressUser.login(login));
    }
    base = admin().browser.base;
  });
  afterAll(async () => {
    await inPod(['rm', '-rf', UPLOADS]);
    const left: { id: number }[] = JSON.parse((await admin().rest('GET', `/wp/v2/media&search=${MARK}`)).text);
    await Promise.all(left.map(({ id }) => admin().rest('DELETE', `/wp/v2/media/${id}&force=true`)));
  });

  /** What the server says to paths that no browser would send so, each ended by a line with status and path. */
  async function answersTo(paths: string[], ...options: string[]): Promise<string> {
    const urls = paths.map((path) => `${base}${path}`);
    const split = ['--path-as-is', '--globoff', '--insecure', '--write-out', '\\n%{http_code} %{url_effective}\\n'];
    return curled([...split, ...options, ...urls], { seconds: 50 });
  }

  const NAMES = ['x.php', 'x.PHP', 'x.php5', 'x.phtml', 'x.phar', 'x.gif.php', 'x.php.gif', 'x.php .gif', '.htaccess'];
  for (const login of ['author', 'editor', 'admin']) {
    check(`no program that ${login} uploads is run`, { of }, async () => {
      const kept: string[] = [];
      for (const name of NAMES.map((one) => one.replace('x', `${MARK}${login}`))) {
        const headers = { 'Content-Type': 'image/gif', 'Content-Disposition': `attachment; filename="${name}"` };
        const reply = await users.get(login)?.rest('POST', '/wp/v2/media', PICTURE, headers);
        if (reply?.status === 201) {
          kept.push(new URL(JSON.parse(reply.text).source_url).pathname);
        }
      }
      expect(kept.filter((path) => !/\.gif$/.test(path))).toEqual([]);
      expect(await answersTo(kept.flatMap(waysTo))).not.toContain(RAN);
      // at least one of them is kept, as a picture
      expect(await answersTo(kept)).toContain(PROGRAM);
    });
  }

  check('a reader uploads nothing', { of }, async () => {
    const headers = { 'Content-Type': 'image/gif', 'Content-Disposition': 'attachment; filename="x.gif"' };
    expect((await users.get('reader')?.rest('POST', '/wp/v2/media', PICTURE, headers))?.status).toBe(403);
  });

  check('no program that is among the uploads is run, by whatever address', { of }, async () => {
    const files = [
      ...['x.php', 'x.PHP', 'x.pHp', 'x.php5', 'x.php7', 'x.php8', 'x.phtml', 'x.phar', 'x.pht', 'x.phps', 'x.inc'],
      ...['x.php.gif', 'x.gif.php', 'x.gif', 'index.php', '.x.php', 'd.php/x.gif'],
    ];
    await put({
      ...Object.fromEntries(files.map((file) => [file, PROGRAM])),
      '.htaccess': 'AddHandler application/x-httpd-php .gif\n',
      '.user.ini': `auto_prepend_file=${UPLOADS}/x.gif\n`,
    });
    expect(await inPod(['php', `${UPLOADS}/x.php`])).toBe(RAN);
    const paths = files.flatMap((file) => waysTo(`/wp-content/uploads/${MARK}/${file}`));
    const said = await answersTo(paths);
    expect(said.split('\n').filter((line) => line.includes(RAN))).toEqual([]);
    expect(said.match(/^\d{3} http/gm)).toHaveLength(paths.length);
    expect(await answersTo([`/wp-content/uploads/${MARK}/`])).toMatch(/40[34]/);
  });

  check('no program elsewhere in the folder that can be written to is run by its address', { of }, async () => {
    const folders = ['', 'plugins', 'themes', 'mu-plugins', 'upgrade', 'languages'].map((one) => `${one}/${MARK}`);
    try {
      for (const folder of folders) {
        await put({ 'x.php': PROGRAM }, `/var/lib/wp-content/${folder}`);
      }
      const paths = folders.flatMap((folder) => waysTo(`/wp-content/${folder}/x.php`.replace('//', '/')));
      expect(await answersTo(paths)).not.toContain(RAN);
    } finally {
      await inPod(['rm', '-rf', ...folders.map((folder) => `/var/lib/wp-content/${folder}`)]);
    }
  });

  check("PHP starts no other programs, and WordPress' own files are not writable", { of }, async () => {
    const code =
      "foreach (['exec', 'system', 'proc_open'] as $name) { echo function_exists($name) ? $name : 'none', ' '; }";
    expect(await inPod(['php', '-c', '/etc/wordpress', '-r', code])).toBe('none none none ');
    expect(await inPod(['find', '/srv', '/etc/wordpress', '-writable', '-not', '-type', 'l'])).toBe('');
  });

  for (const path of ['/wp-admin/theme-editor.php', '/wp-admin/plugin-editor.php']) {
    check(`the administrator has no ${path}`, { of }, async () => {
      const { status, text } = await admin().browser.get(path);
      expect(status).toBe(403);
      expect(text).not.toContain('newcontent');
    });
  }

  check('the administrator changes no file through the editor behind it', { of }, async () => {
    const files: { [field: string]: string }[] = [
      { theme: 'twentytwentyfive', file: 'functions.php' },
      { plugin: 'hello.php', file: 'hello.php' },
    ];
    for (const file of files) {
      const form = { action: 'edit-theme-plugin-file', newcontent: PROGRAM, nonce: 'x', ...file };
      const { text } = await admin().browser.post('/wp-admin/admin-ajax.php', form);
      expect(text).not.toContain('"success":true');
    }
  });

  check('plugins and themes are installed by the administrator, and by nobody else', { of }, async () => {
    const pages = ['/wp-admin/plugin-install.php?tab=upload', '/wp-admin/theme-install.php', '/wp-admin/plugins.php'];
    const refusals = async (login: string) => {
      const texts = pages.map(async (page) => (await users.get(login)?.browser.get(page))?.text ?? '');
      return (await Promise.all(texts)).map((text) => text.includes('you are not allowed to'));
    };
    expect(await refusals('admin')).toEqual([false, false, false]);
    for (const login of ['editor', 'author', 'reader']) {
      expect(await refusals(login)).toEqual([true, true, true]);
      for (const action of ['upload-plugin', 'upload-theme']) {
        const reply = await users.get(login)?.browser.post(`/wp-admin/update.php?action=${action}`, { pluginzip: 'x' });
        expect(reply?.text).toContain('you are not allowed to');
      }
    }
  });

  check('XML-RPC answers at no address, not even several calls in one', { of }, async () => {
    const guess = '<struct><member><name>methodName</name><value>wp.getUsersBlogs</value></member></struct>';
    const call =
      '<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>' +
      `<value>${guess}</value><value>${guess}</value></data></array></value></param></params></methodCall>`;
    const paths = [
      '/xmlrpc.php',
      '//xmlrpc.php',
      '/./xmlrpc.php',
      '/wp-admin/../xmlrpc.php',
      '/xmlrpc.php/',
      '/XMLRPC.php',
    ];
    const tricks = ['/xmlrpc%2ephp', '/xmlrpc.php%00', '/xmlrpc.php%20', '/xmlrpc.php/x.php', '/index.php/xmlrpc.php'];
    const said = await answersTo([...paths, ...tricks, '/?rest_route=/xmlrpc.php'], '--data', call);
    expect(said).not.toMatch(/methodResponse|faultCode|XML-RPC server accepts/);
  });

  check('nobody is told of users what is not on the site itself', { of }, async () => {
    const browser = new Browser(base);
    for (const path of ['/wp/v2/users&context=edit', '/wp/v2/users/me', '/wp/v2/settings', '/wp/v2/plugins']) {
      expect({ path, status: (await browser.get(`/?rest_route=${path}`)).status }).toEqual({ path, status: 401 });
    }
    const listed = JSON.parse((await browser.get('/?rest_route=/wp/v2/users')).text);
    expect(JSON.stringify(listed)).not.toMatch(/@example\.org|roles|capabilities/);
    for (const login of ['reader', 'editor']) {
      expect(listed.map(({ slug }: any) => slug)).not.toContain(login);
    }
  });

  check('guesses at a password end with 429, and others log in all the same', { of }, async () => {
    const browser = new Browser(base);
    const guess = (number: number) =>
      browser.post('/wp-login.php', { log: 'admin', pwd: `wrong${number}` }, { headers: ATTACKER });
    const statuses: number[] = [];
    for (let number = 0; number < 40 && statuses.at(-1) !== 429; number++) {
      statuses.push((await guess(number)).status);
    }
    expect(statuses.length).toBeLessThanOrEqual(30);
    expect(statuses.at(-1)).toBe(429);
    const other = await new Browser(base).post('/wp-login.php', { log: 'admin', pwd: 'x' }, { headers: NEIGHBOUR });
    expect(other.status).toBe(200);
    await WordPressUser.login('reader');
  });

  check('guesses from ever new addresses are held to the rate of the whole site', { of }, async () => {
    const browser = new Browser(base);
    const guess = async (number: number) => {
      const headers = { 'X-Forwarded-For': `198.51.100.${number}` };
      return (await browser.post('/wp-login.php', { log: MARK, pwd: 'wrong' }, { headers })).status;
    };
    const statuses: number[] = [];
    while (statuses.length < 240 && !statuses.includes(429)) {
      statuses.push(...(await Promise.all(Array.from({ length: 10 }, (_, index) => guess(statuses.length + index)))));
    }
    expect(statuses).toContain(429);
    await succeeds('others to log in again', async () => void (await WordPressUser.login('reader')), { seconds: 20 });
  });

  check('a guess is counted by what the nearest proxy has seen, whatever was said before', { of }, async () => {
    const browser = new Browser(base);
    const statuses: number[] = [];
    for (let number = 0; number < 40 && !statuses.includes(429); number++) {
      const headers = {
        'X-Forwarded-For': `203.0.113.${number}, 198.51.100.250`,
        'X-Real-IP': `203.0.113.${number}`,
        'Client-IP': `203.0.113.${number}`,
        Forwarded: `for=203.0.113.${number}`,
      };
      statuses.push((await browser.post('/wp-login.php', { log: MARK, pwd: 'wrong' }, { headers })).status);
    }
    expect(statuses).toContain(429);
  });

  check('no header makes the site take another address for its own, for anybody', { of }, async () => {
    const headers = {
      'X-Forwarded-Host': 'elsewhere.test',
      'X-Forwarded-Server': 'elsewhere.test',
      'X-Forwarded-Port': '444',
      'X-Forwarded-Proto': 'http,https',
      Forwarded: 'host=elsewhere.test;proto=http',
      'X-Original-URL': '/elsewhere.test',
      'X-Rewrite-URL': '/elsewhere.test',
    };
    const browser = new Browser(base);
    const path = `/?${MARK}`;
    const pages = [await browser.get(path, { headers }), await browser.get(path)];
    for (const { status, text } of pages) {
      expect({ status, elsewhere: text.includes('elsewhere.test') }).toEqual({ status: 200, elsewhere: false });
      expect(text).toContain(`${base}/wp-content/`);
      expect(text).not.toContain(':444/');
    }
  });

  check('a guess is counted by whatever address the form is asked', { of }, async () => {
    const paths = [
      '/wp-login.php',
      '//wp-login.php',
      '/./wp-login.php',
      '/wp-login%2ephp',
      '/wp-admin/../wp-login.php',
    ];
    const header = ['--header', `X-Forwarded-For: ${ATTACKER['X-Forwarded-For']}`];
    const form = ['--data', 'log=admin&pwd=wrong'];
    const tries = paths.flatMap((path) => Array.from({ length: 8 }, (_, index) => `${path}?${index}`));
    const said = await answersTo(tries, ...header, ...form);
    const counts = paths.map((path) =>
      said.split('\n').filter((line) => line.startsWith('429') && line.includes(`${base}${path}?`)),
    );
    expect(counts.map((lines) => lines.length > 0)).toEqual(paths.map(() => true));
    const others = [
      '/wp-login.php/',
      '/wp-login.php/x',
      '/WP-LOGIN.php',
      '/index.php/wp-login.php',
      '/wp-login.php%00',
    ];
    expect(await answersTo(others, ...form)).not.toContain('login_error');
  });
});

/** Ways to ask for a file that have made servers take it for a program, or not see that it is one. */
function waysTo(path: string): string[] {
  const upper = path.replace('/wp-content', '/WP-CONTENT');
  const encoded = path.replaceAll('.', '%2e');
  const slashes = path.replace('/wp-content/', '//wp-content//');
  const dots = path.replace('/wp-content/', '/wp-content/./plugins/../');
  const behind = [
    '',
    '/',
    '/x.php',
    '/x.gif',
    '%00.php',
    '%00.gif',
    '%20',
    '%0a',
    '.',
    ';x.gif',
    '?x=x.php',
    '::$DATA',
  ];
  const all = [...behind.map((end) => `${path}${end}`), upper, encoded, slashes, dots, `/index.php${path}`];
  return all.map((one) => one.replaceAll(' ', '%20'));
}

/** Puts files where WordPress can write, as somebody would who had found a hole in it. */
async function put(files: { [name: string]: string }, folder = UPLOADS): Promise<void> {
  const code = `foreach (json_decode(stream_get_contents(STDIN), true) as $name => $text) {
    @mkdir(dirname("${folder}/$name"), 0755, true);
    file_put_contents("${folder}/$name", $text);
  }`;
  await inPod(['php', '-r', code], JSON.stringify(files));
}

function inPod(command: string[], input?: string): Promise<string> {
  return kubectl(['-n', NAMESPACE, 'exec', '-i', 'deploy/wordpress', '-c', 'wordpress', '--', ...command], { input });
}
