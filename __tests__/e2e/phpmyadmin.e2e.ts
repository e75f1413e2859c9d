/**
 * @lane core
 * @needs system
 * @disturbs nothing
 * @minutes 3
 */
import { Browser } from './clients/http';
import { PhpMyAdminUser } from './clients/phpmyadmin';
import { kubectl, NAMESPACE, secret } from './cluster/kubectl';
import { check } from './runner/check';
import { placeOf, url, ways } from './runner/facts';

describe('phpmyadmin', () => {
  const of = ['phpmyadmin', 'mysql'];
  const here = () => new Browser(url('https', placeOf('phpmyadmin', 'http')));

  for (const { by, skip, place } of ways('phpmyadmin', 'http')) {
    check(`a login by ${by} shows WordPress's tables`, { of, skip }, async () => {
      const user = await PhpMyAdminUser.login(new Browser(url('https', place())));
      const tables = await user.query('SHOW TABLES', 'wordpress', '');
      for (const table of ['wp_comments', 'wp_posts', 'wp_users']) {
        expect(tables).toContain(table);
      }
    });
  }

  check('a wrong password is refused', { of }, async () => {
    const login = PhpMyAdminUser.login(here(), '/', { user: 'wordpress', password: 'wrong' });
    await expect(login).rejects.toThrow(/got 200|Access denied|Cannot log in/);
  });

  check('root is refused, even with its password', { of }, async () => {
    const login = PhpMyAdminUser.login(here(), '/', { user: 'root', password: await secret('mysql', 'password') });
    await expect(login).rejects.toThrow(/expected 302 and a session/);
  });

  check("the owner of WordPress's database sees no other", { of }, async () => {
    const databases = await (await PhpMyAdminUser.login(here())).query('SHOW DATABASES', 'wordpress', '');
    expect(databases).toContain('wordpress');
    expect(databases).not.toContain('performance_schema');
    expect(databases).not.toMatch(/>\s*mysql\s*</);
  });

  check('no header makes its cookies go by plain HTTP, or its address another one', { of }, async () => {
    const headers = {
      'X-Forwarded-Proto': 'http,https',
      'X-Forwarded-Host': 'elsewhere.test',
      Forwarded: 'proto=http;host=elsewhere.test',
    };
    const { status, headers: answer, text } = await here().get('/', { headers });
    expect(status).toBe(200);
    const cookies = answer['set-cookie'] ?? [];
    expect(cookies.length).toBeGreaterThan(0);
    expect(cookies.filter((cookie) => !/; secure/i.test(cookie))).toEqual([]);
    expect(text).not.toContain('elsewhere.test');
  });

  check('it has an nginx of its own, as WordPress has', { of: ['phpmyadmin', 'wordpress'] }, async () => {
    for (const service of ['phpmyadmin', 'wordpress']) {
      const found = await kubectl(['-n', NAMESPACE, 'exec', `deploy/${service}`, '--', 'pgrep', '-c', 'nginx']);
      expect(Number(found)).toBeGreaterThan(1);
    }
  });

  for (const path of ['/setup/', '/libraries/classes/Config.php', '/config.inc.php', '/sql/create_tables.sql']) {
    check(`${path} is closed`, { of }, async () => {
      expect([403, 404]).toContain((await here().get(path)).status);
    });
  }
});
