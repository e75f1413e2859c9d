/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 6
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Size } from 'cdk8s';
import {
  BackupTarget,
  Ftps,
  type InfluxDb,
  type MySql,
  Nginx,
  PhpMyAdmin,
  Platform,
  Route,
  Storage,
  Telegraf,
  type WordPress,
} from '../../constructs';
import { Browser } from './clients/http';
import { InfluxDbClient } from './clients/influxdb';
import { PhpMyAdminUser } from './clients/phpmyadmin';
import { ssh } from './clients/ssh';
import { commandSucceeds, succeed } from './cluster/backups';
import { built } from './cluster/images';
import { Forward, get, kubectl, readyPod, secret } from './cluster/kubectl';
import { applyFiles, removeOwn, synthesizeOwn } from './cluster/namespaces';
import { assignUsers } from './fixtures/assigned-users';
import { addSystem, Data, SERVICES } from './fixtures/backed-up';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { folder } from './runner/folder';
import { waitUntil } from './runner/wait';

const ALL = [...SERVICES, 'nginx', 'phpmyadmin', 'ftps', 'telegraf'];
const FILE = 'kept by whoever runs this';

/** The whole system where the cluster chooses the users of pods: somebody else in each, with group 0. */
describe('assigned users', () => {
  let data: Data;
  const about = { of: ALL, namespace: () => MARK, seconds: 60 };
  setUp(async () => {
    await Promise.all([...ALL, 'backup'].map((service) => built(service)));
    const home = folder();
    const outdir = mkdtempSync(join(home, 'dist-'));
    synthesizeOwn(addAll, home, outdir, Platform.openShift());
    assignUsers(outdir);
    await applyFiles(outdir);
    await allReady();
    data = await Data.write(MARK);
  }, 300);
  afterAll(removeOwn);

  check('each pod has a user that no image knows, group 0, and nothing else that it had', about, async () => {
    for (const service of ALL) {
      const { name, containers } = await readyPod(service, 10, MARK);
      for (const container of Object.keys(containers)) {
        const [user, group] = (await inside(name, container, 'id -u; id -g')).trim().split('\n');
        expect([container, Number(user) >= 1_000_000_000, group]).toEqual([container, true, '0']);
      }
    }
  });

  check('nginx passes a page of WordPress on', about, async () => {
    const page = await over('deploy/nginx', 8443, (port) => new Browser(`https://127.0.0.1:${port}`).get('/'));
    expect(page.status).toBe(200);
    expect(page.text).toContain('/wp-content/');
  });

  check('FTPS takes a login and an upload', about, async () => {
    await transfer('up', FILE);
    expect(await transfer('up')).toBe(FILE);
  });

  check('SSH takes a login, and the user has a name and a home', about, async () => {
    const login = (port: number) => ssh(['id -un; cd && pwd'], { by: 'node port', host: '127.0.0.1', port }, [], MARK);
    const { code, stdout } = await over('deploy/nginx', 2222, login);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ssh\n/home/ssh\n' });
  });

  check('phpMyAdmin takes a login, and shows the tables', about, async () => {
    const account = 'mysql-wordpress';
    const login = { user: await secret(account, 'username', MARK), password: await secret(account, 'password', MARK) };
    await over('deploy/phpmyadmin', 5000, async (port) => {
      const user = await PhpMyAdminUser.login(new Browser(`http://127.0.0.1:${port}`), '/', login);
      expect(await user.query('SHOW TABLES', 'wordpress', '')).toContain('wp_users');
    });
  });

  check('Telegraf writes figures of each service into InfluxDB', about, async () => {
    const reader = await InfluxDbClient.open('influxdb-figures-reader', MARK);
    try {
      for (const measurement of ['nginx', 'phpfpm', 'mysql', 'ftps', 'internal_agent']) {
        const select = `SELECT * FROM figures..${measurement} WHERE time > now() - 1m LIMIT 1`;
        const found = async () => (await reader.query(select)).length > 0;
        await waitUntil(`figures of ${measurement}`, found, { seconds: 30 });
      }
    } finally {
      reader.close();
    }
  });

  check('all data is there after each pod was deleted', { ...about, seconds: 120 }, async () => {
    const { items } = await get(['pods', '-l', 'app.kubernetes.io/part-of'], MARK);
    await kubectl(['-n', MARK, 'delete', 'pods', ...items.map(({ metadata }: any) => metadata.name)], { seconds: 60 });
    await allReady();
    await data.complete(MARK);
    expect(await transfer('up')).toBe(FILE);
  });

  check('a backup brings back what was deleted', { ...about, seconds: 180 }, async () => {
    await Promise.all(SERVICES.map((service) => succeed(MARK, `backup-${service}`, `${service}-1`)));
    await data.remove();
    await Promise.all(SERVICES.map((service) => commandSucceeds(MARK, 'restore', `backup-${service}`)));
    await data.complete(MARK);
  });
});

/** What is backed up, and the rest of the services around it. */
function addAll(app: App): void {
  addSystem(app, MARK, BackupTarget.volume(Storage.claim({ size: Size.gibibytes(1) })), (chart, kept) => {
    const [mysql, wordpress, influxdb] = kept as [MySql, WordPress, InfluxDb];
    const phpmyadmin = new PhpMyAdmin(chart, 'phpmyadmin', { server: mysql });
    const ftps = new Ftps(chart, 'ftps');
    const nginx = new Nginx(chart, 'nginx', { routes: [Route.proxy('/', wordpress)], ssh: {} });
    const watch = [...kept, phpmyadmin, ftps, nginx];
    new Telegraf(chart, 'telegraf', { database: influxdb.addDatabase('figures'), watch });
  });
}

async function allReady(): Promise<void> {
  await Promise.all(ALL.map((service) => readyPod(service, 150, MARK)));
}

function inside(pod: string, container: string, script: string): Promise<string> {
  return kubectl(['-n', MARK, 'exec', pod, '-c', container, '--', 'sh', '-c', script]);
}

/** What a file in the home of the one user holds, or nothing once it holds what is given. */
function transfer(name: string, content?: string): Promise<string> {
  const curl = 'curl -sS -k --ssl-reqd -u "ftp:$(cat /run/secrets/users/ftp)"';
  const script = `${curl} ${content === undefined ? '' : '-T -'} ftp://127.0.0.1:2121/${name}`;
  return kubectl(['-n', MARK, 'exec', '-i', 'deploy/ftps', '--', 'bash', '-c', script], { input: content ?? '' });
}

async function over<T>(target: string, port: number, use: (port: number) => Promise<T>): Promise<T> {
  const forward = await Forward.open(target, port, MARK);
  try {
    return await use(forward.port);
  } finally {
    forward.close();
  }
}
