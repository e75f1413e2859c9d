/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 10
 */
import { type App, Chart } from 'cdk8s';
import {
  Credentials,
  Ftps,
  InfluxDb,
  MySql,
  PhpMyAdmin,
  RestrictedNamespace,
  Telegraf,
  WordPress,
} from '../../constructs';
import { curl } from './clients/curl';
import { Browser } from './clients/http';
import { InfluxDbClient } from './clients/influxdb';
import { PhpMyAdminUser } from './clients/phpmyadmin';
import { Forward, get, kubectl, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

/** What shells, SQL, PHP, TOML, curl, Go's DSNs and HTTP read in some way of their own; a tab, and more than ASCII. */
const ODD = `$HOME\${HOME}$(id)\`id\` \\ \\n ' '' " % %s #x @{a:b} ; & : / ?\té 漢$`;
/** As long as they come. */
const long = (prefix: string) => `${prefix}${ODD}`.padEnd(128, 'x');
/** As long as InfluxDB takes them: 72 bytes. */
const short = (prefix: string) => {
  const text = `${prefix}${ODD}`.slice(0, 60);
  return text + 'x'.repeat(72 - Buffer.byteLength(text));
};
/** No program can send a tab by FTP. */
const ftp = (prefix: string) => long(prefix).replaceAll('\t', ' ');

/** What no client could send, the Secret with it, and what its server says of that. */
const REFUSED: [string, { [key: string]: string }, string, string][] = [
  [
    'reader',
    { username: 'rea:der', password: 'x' },
    'influxdb',
    'reader/username: it has a colon or a control character',
  ],
  ['transfers', { ftp: 'with\ta tab' }, 'ftps', '/run/secrets/users/ftp is empty or has control characters'],
];

/** Every Secret that users may bring, and what it holds at a time. */
const secretsOf = (time: string): { [name: string]: { [key: string]: string } } => ({
  root: { password: long(`${time}root`) },
  owner: { username: 'o\'dd "user" $x', password: long(`${time}site`) },
  people: { admin: long('people') },
  transfers: { ftp: ftp(`${time}ftp`) },
  administrator: { username: 'adm"in \'$x', password: short(`${time}a`) },
  writer: { username: 'wri"ter \'$x', password: short(`${time}w`) },
  reader: { username: "rea'der $x", password: short(`${time}r`) },
});

function addNamespace(app: App): void {
  new RestrictedNamespace(new Chart(app, 'namespace'), MARK);
}

function addServices(app: App): void {
  addNamespace(app);
  const chart = new Chart(app, 'services', { namespace: MARK });
  const from = (name: string) => Credentials.fromSecret(name);
  const mysql = new MySql(chart, 'mysql', { rootCredentials: from('root') });
  const database = mysql.addDatabase('site', { credentials: from('owner') });
  new WordPress(chart, 'site', { database, userPasswords: from('people') });
  new PhpMyAdmin(chart, 'phpmyadmin', { server: mysql });
  new Ftps(chart, 'ftps', { userPasswords: from('transfers') });
  const influxdb = new InfluxDb(chart, 'influxdb', { adminCredentials: from('administrator') });
  const metrics = influxdb.addDatabase('metrics', { writer: from('writer'), reader: from('reader') });
  new Telegraf(chart, 'telegraf', { database: metrics, watch: [mysql] });
}

const SERVICES = ['mysql', 'site', 'phpmyadmin', 'ftps', 'influxdb', 'telegraf'];

/** The Secrets, as somebody makes them who knows nothing of their characters. */
async function putSecrets(secrets: { [name: string]: { [key: string]: string } }): Promise<void> {
  const items = Object.entries(secrets).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: MARK },
    stringData,
  }));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(['apply', '--server-side', '-f', '-'], { input: list });
}

async function allReady(): Promise<void> {
  for (const service of SERVICES) {
    await readyPod(service, 150, MARK);
  }
}

async function over<T>(target: string, port: number, use: (port: number) => Promise<T>): Promise<T> {
  const forward = await Forward.open(target, port, MARK);
  try {
    return await use(forward.port);
  } finally {
    forward.close();
  }
}

describe.each(['first', 'second'])('odd secrets, the %s', (time) => {
  const namespace = () => MARK;
  const secrets = secretsOf(time);
  const value = (name: string, key = 'password') => secrets[name]?.[key] ?? '';
  setUp(async () => {
    if (time === 'first') {
      // the namespace first, so that the Secrets are there before who reads them
      await applyOwn(addNamespace);
      await putSecrets(secrets);
      await applyOwn(addServices);
    } else {
      await putSecrets(secrets);
      for (const kind of ['statefulsets', 'deployments']) {
        const { items } = await get([kind], MARK);
        const names = items.map(({ metadata }: any) => `${kind}/${metadata.name}`);
        await kubectl(['-n', MARK, 'rollout', 'restart', ...names]);
        for (const name of names) {
          await kubectl(['-n', MARK, 'rollout', 'status', name, '--timeout=150s'], { seconds: 160 });
        }
      }
    }
    await allReady();
  }, 300);
  afterAll(() => (time === 'second' ? removeOwn() : undefined), 120_000);

  const mysql = { of: ['mysql'], namespace };
  check('root of MySQL has its password whole, and no other one', mysql, async () => {
    const login = async (password: string) => {
      const mariadb = ['env', `MYSQL_PWD=${password}`, 'mariadb', '--user=root', '--batch', '--execute=SELECT 1'];
      return (await run('kubectl', ['-n', MARK, 'exec', 'mysql-0', '-c', 'mysql', '--', ...mariadb])).code;
    };
    expect([await login(value('root')), await login(value('root').slice(0, -1))]).toEqual([0, 1]);
  });

  check("phpMyAdmin logs the database's user in", { of: ['phpmyadmin', 'mysql'], namespace }, () =>
    over('deploy/phpmyadmin', 5000, async (port) => {
      const login = { user: value('owner', 'username'), password: value('owner') };
      const user = await PhpMyAdminUser.login(new Browser(`http://127.0.0.1:${port}`), '/', login);
      expect(await user.query('SHOW TABLES', 'site', '')).toContain('wp_users');
    }),
  );

  check('WordPress reaches its database, and its administrator logs in', { of: ['site', 'mysql'], namespace }, () =>
    over('deploy/site', 5050, async (port) => {
      const login = async (pwd: string) => {
        const browser = new Browser(`http://127.0.0.1:${port}`);
        return (await browser.post('/wp-login.php', { log: 'admin', pwd })).status;
      };
      const { admin = '' } = secrets.people ?? {};
      expect([await login(admin), await login(admin.slice(0, -1))]).toEqual([302, 200]);
    }),
  );

  check('an FTP client logs in', { of: ['ftps'], namespace }, () =>
    over('deploy/ftps', 2121, async (port) => {
      const login = async (password: string) =>
        (await curl(['--insecure', '--ssl-reqd', '--head', `ftp://127.0.0.1:${port}/`], { user: `ftp:${password}` }))
          .code;
      const { ftp: password = '' } = secrets.transfers ?? {};
      expect(await login(password)).toBe(0);
      expect(await login(password.slice(0, -1))).not.toBe(0);
    }),
  );

  for (const account of ['administrator', 'writer', 'reader']) {
    check(`the ${account} of InfluxDB logs in`, { of: ['influxdb'], namespace }, async () => {
      const client = await InfluxDbClient.open(account, MARK);
      try {
        const [user, password] = [value(account, 'username'), value(account)];
        const found = [await client.statusAs(user, password), await client.statusAs(user, password.slice(0, -1))];
        expect(found).toEqual([200, 401]);
      } finally {
        client.close();
      }
    });
  }

  check('Telegraf writes, and reads MySQL', { of: ['telegraf', 'influxdb'], namespace, seconds: 90 }, async () => {
    const client = await InfluxDbClient.open('reader', MARK);
    try {
      await waitUntil(
        'figures of the last half minute',
        async () => {
          const { results } = JSON.parse(
            (await client.ask('SELECT last(uptime) FROM mysql WHERE time > now() - 30s')).text,
          );
          return results[0].series !== undefined;
        },
        { seconds: 80, everyMs: 3000 },
      );
    } finally {
      client.close();
    }
  });

  if (time === 'second') {
    for (const [name, stringData, service, message] of REFUSED) {
      check(
        `${service} refuses what no client could send, and names the file`,
        { of: [service], namespace },
        async () => {
          await putSecrets({ [name]: stringData });
          const selector = ['-l', `app.kubernetes.io/instance=${service}`];
          await kubectl(['-n', MARK, 'delete', 'pods', ...selector, '--timeout=40s'], { seconds: 50 });
          await waitUntil(
            message,
            async () => {
              expect(await kubectl(['-n', MARK, 'logs', ...selector, '--tail=-1'])).toContain(message);
              return true;
            },
            { seconds: 50 },
          );
        },
      );
    }
  }

  check('no log has a part of them', { of: [], namespace }, async () => {
    for (const service of SERVICES) {
      const args = ['-n', MARK, 'logs', '-l', `app.kubernetes.io/instance=${service}`, '--all-containers', '--tail=-1'];
      expect((await kubectl(args)).includes('${HOME}$(id)')).toBe(false);
    }
  });
});
