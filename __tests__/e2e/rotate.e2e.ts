/**
 * @lane rest
 * @needs system
 * @disturbs mysql wordpress ftps influxdb telegraf
 * @minutes 8
 */
import { FtpClient } from './clients/ftps';
import { Browser } from './clients/http';
import { InfluxDbClient } from './clients/influxdb';
import { WordPressUser } from './clients/wordpress';
import { NAMESPACE, secret } from './cluster/kubectl';
import { Watch } from './cluster/outage';
import { check, setUp } from './runner/check';
import { FACTS, placeOf, url } from './runner/facts';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

/** How long what uses a password may not work while that is changed. */
const LONGEST_SECONDS = 30;
const SECRETS = ['mysql', 'mysql-wordpress', 'mysql-monitor', 'influxdb-metrics-writer', 'ftps-users'];
/** What Telegraf reads with a password, and what it writes with one. */
const READINGS = { internal_agent: 'metrics_gathered', mysql: 'threads_connected' };
const OF = ['mysql', 'wordpress', 'influxdb', 'telegraf', 'ftps'];

describe('rotate', () => {
  const before: { [name: string]: string } = {};
  let outage: { seconds: number; said: string };
  let gaps: { [measurement: string]: number };

  setUp(async () => {
    before.wordpress = await secret('mysql-wordpress', 'password');
    before.monitor = await secret('mysql-monitor', 'password');
    before.influxdb = await secret('influxdb-metrics-writer', 'password');
    before.ftps = await secret('ftps-users', 'ftp');
    const began = Date.now();
    const site = new Watch(uncachedPage);
    try {
      await rotate();
    } finally {
      outage = await site.stop();
    }
    const found = Object.entries(READINGS).map(async ([measurement, field]) => [
      measurement,
      await longestGap(measurement, field, began),
    ]);
    gaps = Object.fromEntries(await Promise.all(found));
  }, 240);

  check(`WordPress answers again within ${LONGEST_SECONDS} s`, { of: OF }, async () => {
    expect(outage.seconds).toBeLessThanOrEqual(LONGEST_SECONDS);
  });

  check('Telegraf goes on writing, and nothing that it has read is lost', { of: OF }, async () => {
    expect(gaps.internal_agent).toBeLessThanOrEqual(LONGEST_SECONDS);
  });

  check(`Telegraf reads MySQL again within ${LONGEST_SECONDS} s`, { of: OF }, async () => {
    expect(gaps.mysql).toBeLessThanOrEqual(LONGEST_SECONDS);
  });

  for (const user of ['wordpress', 'monitor']) {
    check(`MySQL takes the new password of ${user}, and the old one no more`, { of: ['mysql'] }, async () => {
      const after = await secret(`mysql-${user}`, 'password');
      expect({ old: await mysqlTakes(user, before[user] ?? ''), new: await mysqlTakes(user, after) }).toEqual({
        old: false,
        new: true,
      });
    });
  }

  check('InfluxDB takes the new password, and the old one no more', { of: ['influxdb'] }, async () => {
    const after = await secret('influxdb-metrics-writer', 'password');
    const statuses = await InfluxDbClient.use(async (client) => [
      await client.statusAs('metrics-writer', before.influxdb ?? ''),
      await client.statusAs('metrics-writer', after),
    ]);
    // who only writes may not ask for databases, but is known
    expect(statuses).toEqual([401, 200]);
  });

  check('FTPS takes the new password, and the old one no more', { of: ['ftps'] }, async () => {
    (await FtpClient.login()).close();
    const client = await FtpClient.connect(placeOf('ftps', 'ftp'));
    await client.secure();
    await client.send('USER', 'ftp');
    const { code } = await client.send('PASS', before.ftps);
    client.close();
    expect(code).toBe(530);
  });

  check('WordPress knows its users and lets them in', { of: ['wordpress'] }, async () => {
    await WordPressUser.login('editor');
  });
});

/** As its user does, without the services that do not run. */
async function rotate(): Promise<void> {
  const without = FACTS.grafanaMissing ? ['--without', 'grafana'] : [];
  const { code, stdout, stderr } = await run('node', ['lib/cli.js', 'rotate', ...SECRETS, ...without], {
    seconds: 200,
  });
  if (code !== 0) {
    throw new Error(`rotate ended with ${code}: ${stdout.slice(-1000)}\n${stderr}`);
  }
}

/** A page that is made from the database. */
async function uncachedPage(): Promise<void> {
  const { status } = await new Browser(url('https', placeOf('wordpress', 'http'))).get(`/?uncached=${Date.now()}`, {
    seconds: 5,
  });
  if (status !== 200) {
    throw new Error(`expected 200, got ${status}`);
  }
}

/** The longest time in seconds between two of Telegraf's readings that reached InfluxDB. */
async function longestGap(measurement: string, field: string, from: number): Promise<number> {
  return waitUntil(
    'readings after the rotation',
    () =>
      InfluxDbClient.use(async (client) => {
        const now = Date.now();
        const query = `SELECT ${field} FROM ${measurement} WHERE time >= ${from}ms`;
        const moments = ((await client.query(query))[0]?.values ?? []).map(([moment]) => Number(moment));
        if (now - (moments.at(-1) ?? 0) > 15_000) {
          return undefined;
        }
        return Math.max(...moments.map((moment, index) => moment - (moments[index - 1] ?? from))) / 1000;
      }),
    { seconds: 60, everyMs: 2000 },
  );
}

/** Whether MySQL lets a user in, by the network. */
async function mysqlTakes(user: string, password: string): Promise<boolean> {
  const login = ['--host=127.0.0.1', '--protocol=tcp', `--user=${user}`, '--execute=SELECT 1'];
  const client = ['mariadb', '--defaults-extra-file=/dev/stdin', ...login];
  const options = { input: `[client]\npassword=${password}\n` };
  const { code } = await run(
    'kubectl',
    ['-n', NAMESPACE, 'exec', '-i', 'mysql-0', '-c', 'mysql', '--', ...client],
    options,
  );
  return code === 0;
}
