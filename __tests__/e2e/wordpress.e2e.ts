/**
 * @lane core
 * @needs system
 * @disturbs nothing
 * @minutes 3
 */
import { randomBytes } from 'node:crypto';
import { Browser } from './clients/http';
import { PhpMyAdminUser } from './clients/phpmyadmin';
import { commentAnonymously, WordPressUser } from './clients/wordpress';
import { kubectl, NAMESPACE } from './cluster/kubectl';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { placeOf, url, ways } from './runner/facts';
import { waitUntil } from './runner/wait';

describe('wordpress', () => {
  const of = ['wordpress', 'mysql'];
  let admin: WordPressUser;
  let editor: WordPressUser;
  setUp(async () => {
    admin = await WordPressUser.login('admin');
    editor = await WordPressUser.login('editor');
  });
  afterAll(() => admin?.removeComments(MARK));

  for (const { by, skip, place } of ways('wordpress', 'http')) {
    check(`the front page by ${by} is the site's, with links to where it was asked`, { of, skip }, async () => {
      const base = url('https', place());
      const { status, text } = await new Browser(base).get('/');
      expect(status).toBe(200);
      expect(text).toContain('<title>Services');
      const hosts = [...text.matchAll(/(?:href|src)=["'](https?:\/\/[^/"']+)[^"']*wp-(?:content|includes)/g)];
      expect(new Set(hosts.map(([, origin]) => origin))).toEqual(new Set([base]));
    });
  }

  check('Site Health finds that the site can ask itself, for cron and by its API', { of: ['wordpress'] }, async () => {
    const loopback = await admin.rest('GET', '/wp-site-health/v1/tests/loopback-requests');
    expect(JSON.parse(loopback.text)).toMatchObject({ test: 'loopback_requests', status: 'good' });
    const { text } = await admin.browser.get('/wp-admin/site-health.php', { seconds: 40 });
    const [, told = '{}'] = /var SiteHealth = (\{.*\});/.exec(text) ?? [];
    const direct: { test: string; status: string }[] = JSON.parse(told).site_status?.direct ?? [];
    expect(direct.find(({ test }) => test === 'rest_availability')).toMatchObject({ status: 'good' });
  });

  check('its styles and scripts are there', { of }, async () => {
    const browser = new Browser(url('https', placeOf('wordpress', 'http')));
    const { text } = await browser.get('/');
    const assets = [...text.matchAll(/(?:href|src)=["']([^"']+\.(?:css|js)(?:\?[^"']*)?)["']/g)].map(
      ([, one = '']) => one,
    );
    expect(assets.length).toBeGreaterThan(0);
    for (const asset of new Set(assets)) {
      expect({ asset, status: (await browser.get(asset.replaceAll('&#038;', '&'))).status }).toEqual({
        asset,
        status: 200,
      });
    }
  });

  check('the administrator sees the users: admin and three others', { of }, async () => {
    const { status, text } = await admin.browser.get('/wp-admin/users.php');
    expect(status).toBe(200);
    const cells = [...text.matchAll(/<td class=['"]username[^>]*>[\s\S]*?<strong><a[^>]*>([^<]+)<\/a>/g)];
    expect(cells.map(([, login]) => login).sort()).toEqual(['admin', 'author', 'editor', 'reader']);
  });

  check('each user has the role that was given', { of }, async () => {
    const { status, text } = await admin.rest('GET', '/wp/v2/users&context=edit');
    expect(status).toBe(200);
    const roles = JSON.parse(text).map(({ username, roles }: any) => [username, ...roles]);
    expect(roles.sort()).toEqual([
      ['admin', 'administrator'],
      ['author', 'author'],
      ['editor', 'editor'],
      ['reader', 'subscriber'],
    ]);
  });

  check('a wrong password is refused', { of }, async () => {
    const browser = new Browser(url('https', placeOf('wordpress', 'http')));
    const { status, text } = await browser.post('/wp-login.php', { log: 'admin', pwd: 'wrong' });
    expect(status).toBe(200);
    expect(text).toContain('login_error');
  });

  check('a comment of nobody in particular waits for approval, and is in wp_comments', { of }, async () => {
    const text = `${MARK} of somebody`;
    const patience = { seconds: 20, everyMs: 2000 };
    const id = await waitUntil(
      'a comment that comes not too soon after another',
      () => commentAnonymously(text),
      patience,
    );
    expect(await rowOf(id)).toContain(text);
    expect((await admin.comments(MARK)).get(id)).toBe(text);
  });

  check('a comment of a user is on the page and, through phpMyAdmin, in wp_comments', { of }, async () => {
    const text = `${MARK} of a user`;
    const id = await editor.comment(text);
    const page = await new Browser(url('https', placeOf('wordpress', 'http'))).get(`/?p=1&uncached=${id}`);
    const followed = page.status === 301 ? await admin.browser.follow('/?p=1') : page;
    expect(followed.text).toContain(text);
    expect(await rowOf(id)).toContain(text);
  });

  check('an upload is served as it was, and kept on the volume', { of }, async () => {
    const content = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(200_000)]);
    const headers = { 'Content-Type': 'application/pdf', 'Content-Disposition': `attachment; filename="${MARK}.pdf"` };
    const made = await admin.rest('POST', '/wp/v2/media', content, headers);
    expect({ status: made.status, said: made.status === 201 || made.text }).toEqual({ status: 201, said: true });
    const { id, source_url: source } = JSON.parse(made.text);
    try {
      const reply = await new Browser(url('https', placeOf('wordpress', 'http'))).get(source);
      expect({ status: reply.status, same: reply.body.equals(content) }).toEqual({ status: 200, same: true });
      const path = `/var/lib/wp-content${new URL(source).pathname.replace('/wp-content', '')}`;
      const exec = ['-n', NAMESPACE, 'exec', 'deploy/wordpress', '--'];
      expect((await kubectl([...exec, 'stat', '-c', '%s', path])).trim()).toBe(`${content.length}`);
    } finally {
      const removed = await admin.rest('DELETE', `/wp/v2/media/${id}&force=true`);
      expect(removed.status).toBe(200);
    }
  });

  for (const path of [
    '/wp-config.php',
    '/xmlrpc.php',
    '/wp-admin/install.php',
    '/wp-content/uploads/x.php',
    '/.git/HEAD',
  ]) {
    check(`${path} is closed`, { of }, async () => {
      const { status, text } = await new Browser(url('https', placeOf('wordpress', 'http'))).get(path);
      expect([403, 404]).toContain(status);
      expect(text).not.toMatch(/DB_PASSWORD|already installed/i);
    });
  }
});

async function rowOf(id: number): Promise<string> {
  const user = await PhpMyAdminUser.login(new Browser(url('https', placeOf('phpmyadmin', 'http'))));
  return user.query(`SELECT * FROM wp_comments WHERE comment_ID = ${id}`);
}
