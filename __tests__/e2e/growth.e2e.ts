/**
 * @lane rest
 * @needs metrics
 * @disturbs nothing
 * @minutes 7
 */
import { type App, Chart, Size } from 'cdk8s';
import { Exposure, MySql, Nginx, PhpMyAdmin, RestrictedNamespace, Route, Storage, WordPress } from '../../constructs';
import { Browser } from './clients/http';
import { PhpMyAdminUser } from './clients/phpmyadmin';
import { ConstantRequests } from './clients/requests';
import { WordPressUser } from './clients/wordpress';
import { get, kubectl, pods, secret } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { folder } from './runner/folder';
import { waitUntil } from './runner/wait';

const MANY = 4;
/** So many requests that each of a few pods is asked, but for one time in a thousand. */
const ENOUGH = 30;
const SCALED = ['nginx', 'wordpress'];
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A system of which everything that keeps no data has several pods, and an nginx of which a scaler decides. */
describe('growth', () => {
  const site = `http://${FACTS.node}:30952`;
  const entry = `https://${FACTS.node}:30953`;
  const namespace = () => MARK;
  const home = folder();
  setUp(async () => {
    await applyOwn(addSystem, home);
    await Promise.all(['nginx', 'wordpress', 'phpmyadmin', 'scaled'].map((name) => rolledOut(name)));
  }, 240);
  afterAll(removeOwn);

  check('a login and an upload are known to every pod', { of: ['wordpress'], namespace, seconds: 90 }, async () => {
    const admin = await WordPressUser.login('admin', site, secret('wordpress-users', 'admin', MARK));
    const headers = { 'Content-Type': 'image/png', 'Content-Disposition': `attachment; filename="${MARK}.png"` };
    const upload = await admin.rest('POST', '/wp/v2/media', PNG, headers);
    expect(upload.status).toBe(201);
    const picture = new URL(JSON.parse(upload.text).source_url).pathname;
    for (let turn = 0; turn < ENOUGH; turn++) {
      const [page, file] = [await admin.browser.get('/wp-admin/profile.php'), await admin.browser.get(picture)];
      expect([page.status, file.status, file.body.equals(PNG)]).toEqual([200, 200, true]);
    }
    const asked = await Promise.all((await pods('wordpress', MARK)).map(({ name }) => linesOf(name, 'profile.php')));
    expect(asked.every((lines) => lines > 0)).toBe(true);
  });

  check('a login to phpMyAdmin is known to every pod', { of: ['phpmyadmin', 'nginx'], namespace }, async () => {
    const owner = {
      user: await secret('mysql-blog', 'username', MARK),
      password: await secret('mysql-blog', 'password', MARK),
    };
    const user = await PhpMyAdminUser.login(new Browser(entry), '/phpmyadmin/', owner);
    for (let turn = 0; turn < ENOUGH / 2; turn++) {
      expect(await user.query('SELECT option_value FROM wp_options LIMIT 1', 'blog', 'wp_options')).toContain('http');
    }
    const asked = await Promise.all((await pods('phpmyadmin', MARK)).map(({ name }) => linesOf(name, 'route=/sql')));
    expect(asked).toHaveLength(2);
    expect(asked.every((lines) => lines > 0)).toBe(true);
  });

  const about = { of: SCALED, namespace, seconds: 200 };
  check(`from ${MANY} pods to 1 and back no request fails`, about, async () => {
    const requests = new ConstantRequests([
      { url: `${site}/?uncached={turn}`, status: 200 },
      { url: `${site}/wp-login.php`, status: 200 },
      { url: `${entry}/`, status: 200 },
      { url: `${entry}/blog/?uncached={turn}`, status: 200 },
    ]);
    try {
      await waitUntil('requests to be answered', async () => requests.answered > 20, { seconds: 20 });
      for (const replicas of [1, MANY]) {
        await kubectl(['-n', MARK, 'scale', '--replicas', `${replicas}`, ...SCALED.map((name) => `deploy/${name}`)]);
        await Promise.all(
          SCALED.map((name) => waitUntil(`${replicas} of ${name}`, () => hasPods(name, replicas), { seconds: 80 })),
        );
        const before = requests.answered;
        await waitUntil('more requests', async () => requests.answered > before + 40, { seconds: 20 });
      }
    } finally {
      await requests.stop();
    }
    expect(requests.dropped.slice(0, 10)).toEqual([]);
    expect(requests.answered).toBeGreaterThan(150);
  });

  check('an apply leaves alone what a scaler decides', { of: ['scaled'], namespace, seconds: 90 }, async () => {
    await kubectl(['-n', MARK, 'scale', '--replicas', '2', 'deploy/scaled']);
    await applyOwn(addSystem, home);
    // how many there are by now, the scaler may have decided anew
    const { metadata } = await get(['deployment', 'scaled', '--show-managed-fields'], MARK);
    const applied = metadata.managedFields.filter(({ operation }: any) => operation === 'Apply');
    expect(applied.length).toBe(1);
    expect(Object.keys(applied[0].fieldsV1['f:spec'])).toEqual(expect.not.arrayContaining(['f:replicas']));
  });

  const underLoad = { of: ['scaled'], namespace, seconds: 200, skip: FACTS.metricsMissing };
  check('more load brings more pods, and no request fails', underLoad, async () => {
    const requests = new ConstantRequests([{ url: `https://${FACTS.node}:30959/`, status: 200 }], 6);
    try {
      await waitUntil('a third pod', () => hasPods('scaled', 3), { seconds: 180, everyMs: 2000 });
    } finally {
      await requests.stop();
    }
    expect(requests.dropped.slice(0, 10)).toEqual([]);
  });
});

function addSystem(app: App): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
  const chart = new Chart(app, 'system', { namespace: MARK, disableResourceNameHashes: true });
  const mysql = new MySql(chart, 'mysql');
  const wordpress = new WordPress(chart, 'wordpress', {
    database: mysql.addDatabase('blog'),
    storage: Storage.shared({ size: Size.mebibytes(64) }),
    exposure: Exposure.nodePort({ ports: { http: 30952 } }),
    replicas: MANY,
  });
  const phpmyadmin = new PhpMyAdmin(chart, 'phpmyadmin', { server: mysql, sessions: Storage.shared(), replicas: 2 });
  new Nginx(chart, 'nginx', {
    routes: [Route.proxy('/blog', wordpress), Route.proxy('/phpmyadmin', phpmyadmin)],
    exposure: Exposure.nodePort({ ports: { http: 30951, https: 30953 } }),
    replicas: MANY,
  });
  new Nginx(chart, 'scaled', {
    exposure: Exposure.nodePort({ ports: { http: 30958, https: 30959 } }),
    autoscaling: { max: 3 },
  });
}

async function rolledOut(name: string): Promise<void> {
  await kubectl(['-n', MARK, 'rollout', 'status', `deploy/${name}`, '--timeout=200s'], { seconds: 210 });
}

/** So many pods that are ready, and none that is ending. */
async function hasPods(service: string, count: number): Promise<boolean> {
  const all = await pods(service, MARK);
  return all.length === count && all.every(({ ready, ending }) => ready && !ending);
}

async function linesOf(pod: string, containing: string): Promise<number> {
  const logs = await kubectl(['-n', MARK, 'logs', pod, '--tail=-1']);
  return logs.split('\n').filter((line) => line.includes(containing)).length;
}
