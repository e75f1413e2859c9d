/**
 * @lane core
 * @needs system
 * @disturbs nothing
 * @minutes 3
 */
import { Socket } from 'node:net';
import { curl, curled } from './clients/curl';
import { Browser } from './clients/http';
import { PhpMyAdminUser } from './clients/phpmyadmin';
import { NAMESPACE, secret } from './cluster/kubectl';
import { check, setUp } from './runner/check';
import { FACTS, placeOf, url, ways } from './runner/facts';
import { privateFile } from './runner/folder';

describe('entry', () => {
  const of = ['nginx'];
  let authority = '';
  setUp(async () => {
    authority = await secret('nginx-tls', 'ca.crt');
  });

  for (const { by, skip, place } of ways('nginx', 'http')) {
    check(`plain HTTP by ${by} is redirected to HTTPS for good`, { of, skip }, async () => {
      const [secure] = ways('nginx', 'https').filter((way) => way.by === by);
      const target = url('https', secure?.place() ?? place());
      const { status, headers } = await new Browser(url('http', place())).get('/some/page?x=1');
      expect({ status, location: headers.location }).toEqual({ status: 301, location: `${target}/some/page?x=1` });
    });
  }

  for (const { by, skip, place } of ways('nginx', 'https')) {
    check(`HTTPS by ${by} answers without a web error`, { of, skip }, async () => {
      const reply = await new Browser(url('https', place())).get('/');
      expect(reply.status).toBe(200);
      expect(reply.text).toContain('<title>');
    });

    for (const path of ['/wordpress', '/wordpress/']) {
      check(`${path} by ${by} leads to WordPress with 307`, { of: [...of, 'wordpress'], skip }, async () => {
        const [site] = ways('wordpress', 'http').filter((way) => way.by === by);
        const browser = new Browser(url('https', place()));
        const { status, headers } = await browser.get(path);
        const location = `${url('https', site?.place() ?? place())}/`;
        expect({ status, location: headers.location }).toEqual({ status: 307, location });
        const arrived = await browser.follow(path);
        expect({ status: arrived.status, url: arrived.url }).toEqual({ status: 200, url: location });
        expect(arrived.text).toContain('/wp-content/');
      });
    }

    check(`/wordpress by ${by} keeps path and query`, { of, skip }, async () => {
      const { headers } = await new Browser(url('https', place())).get('/wordpress/wp-login.php?action=lostpassword');
      expect(headers.location).toMatch(/:\d+\/wp-login\.php\?action=lostpassword$/);
    });

    check(`/phpmyadmin without a slash by ${by} leads to the one with, on the same port`, { of, skip }, async () => {
      const base = url('https', place());
      const { status, url: end, text } = await new Browser(base).follow('/phpmyadmin');
      expect({ status, end }).toEqual({ status: 200, end: `${base}/phpmyadmin/` });
      expect(text).toContain('pma_username');
    });

    const both = [...of, 'phpmyadmin'];
    check(`a login to phpMyAdmin through the proxy by ${by} works and stays there`, { of: both, skip }, async () => {
      const base = url('https', place());
      const browser = new Browser(base);
      const user = await PhpMyAdminUser.login(browser, '/phpmyadmin/');
      const target = new URL(user.sentTo ?? '', `${base}/phpmyadmin/index.php`);
      expect(target.href.startsWith(`${base}/phpmyadmin/`) ? 'in /phpmyadmin/' : target.href).toBe('in /phpmyadmin/');
      expect(await user.query('SELECT user_login FROM wp_users', 'wordpress', 'wp_users')).toContain('admin');
    });
  }

  check('what phpMyAdmin needs comes through the proxy too', { of: [...of, 'phpmyadmin'] }, async () => {
    const browser = new Browser(url('https', placeOf('nginx', 'https')));
    const page = await browser.get('/phpmyadmin/');
    const found = [...page.text.matchAll(/(?:href|src)="((?:\.?\/)?[^":]*\.(?:css|js|png|ico)[^"]*)"/g)];
    const assets = [...new Set(found.map(([, asset = '']) => asset.replaceAll('&amp;', '&')))];
    expect(assets.length).toBeGreaterThan(3);
    const wrong: string[] = [];
    for (const asset of assets) {
      const { pathname, search } = new URL(asset, `${browser.base}/phpmyadmin/`);
      const { status } = await browser.get(`${pathname}${search}`);
      if (status !== 200 || !pathname.startsWith('/phpmyadmin/')) {
        wrong.push(`${status} ${pathname}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  for (const name of ['nginx', `nginx.${NAMESPACE}`, `nginx.${NAMESPACE}.svc`, 'localhost']) {
    check(`the certificate is our authority's, for ${name}`, { of }, async () => {
      const { host, port } = placeOf('nginx', 'https');
      const ca = privateFile('ca.crt', authority);
      const target = [`https://${name}/`, '--connect-to', `${name}:443:${host}:${port}`];
      const status = await curled(['--cacert', ca, '--output', '/dev/null', '--write-out', '%{http_code}', ...target]);
      expect(status).toBe('200');
    });
  }

  check('the certificate is not for other names, and no other authority vouches for it', { of }, async () => {
    const { host, port } = placeOf('nginx', 'https');
    const ca = privateFile('ca.crt', authority);
    const other = await curl([
      '--cacert',
      ca,
      'https://example.org/',
      '--connect-to',
      `example.org:443:${host}:${port}`,
    ]);
    expect({ code: other.code, says: other.stderr }).toEqual({ code: 60, says: expect.stringContaining('name') });
    const unknown = await curl(['https://nginx/', '--connect-to', `nginx:443:${host}:${port}`]);
    expect({ code: unknown.code, says: unknown.stderr }).toEqual({
      code: 60,
      says: expect.stringMatching(/self[- ]signed|unable to get local issuer/),
    });
  });

  check('HTTP/2 is spoken', { of }, async () => {
    const version = ['--output', '/dev/null', '--write-out', '%{http_version}'];
    expect(await curled(['--insecure', ...version, `${url('https', placeOf('nginx', 'https'))}/`])).toBe('2');
  });

  check('a path that is not there is a 404 without the version of nginx', { of }, async () => {
    const { status, headers, text } = await new Browser(url('https', placeOf('nginx', 'https'))).get('/nowhere');
    expect({ status, server: headers.server }).toEqual({ status: 404, server: 'nginx' });
    expect(text).not.toMatch(/nginx\/\d/);
  });

  check('figures and health are not for outside', { of }, async () => {
    const browser = new Browser(url('https', placeOf('nginx', 'https')));
    expect((await browser.get('/nginx-status')).status).toBe(404);
    expect((await browser.get('/healthz')).status).toBe(404);
  });

  check('databases and figures listen on no address outside', { of }, async () => {
    const open: string[] = [];
    for (const host of [FACTS.balancer, FACTS.node].filter((one) => one !== undefined)) {
      for (const port of [3306, 8086, 8081, 8888, 9000]) {
        if (await connects(host, port)) {
          open.push(`${host}:${port}`);
        }
      }
    }
    expect(open).toEqual([]);
  });
});

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(2000, () => end(false));
    socket.on('error', () => end(false));
    socket.connect(port, host, () => end(true));
  });
}
