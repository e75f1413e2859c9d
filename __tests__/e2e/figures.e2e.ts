/**
 * @lane rest
 * @needs system
 * @disturbs phpmyadmin
 * @minutes 8
 */
import { randomBytes } from 'node:crypto';
import { FtpClient, LOGIN } from './clients/ftps';
import { Browser } from './clients/http';
import { InfluxDbClient } from './clients/influxdb';
import { kubectl, NAMESPACE, pods, readyPod } from './cluster/kubectl';
import { panelQuery } from './fixtures/panel';
import { check, setUp } from './runner/check';
import { placeOf, url } from './runner/facts';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

const BURN_SECONDS = 60;
/** What the kubelet has seen, Telegraf has read and InfluxDB has taken. */
const SEEN = { seconds: 50, everyMs: 3000 };
const UPLOAD = `e2e-figures-${randomBytes(4).toString('hex')}`;

describe('figures', () => {
  const of = ['telegraf', 'influxdb'];
  let reader: InfluxDbClient;
  setUp(async () => {
    reader = await InfluxDbClient.open();
  });
  afterAll(() => reader?.close());

  /** The largest value of each series, by the value of a tag. */
  async function largest(query: string, tag: string): Promise<{ [value: string]: number }> {
    const all = await reader.query(query);
    return Object.fromEntries(
      all.map(({ tags, values }) => [tags?.[tag], Math.max(...values.map(([, value]) => Number(value)))]),
    );
  }

  /** The newest values of fields of a service's own measurement. */
  async function own(measurement: string, service: string, fields: string[]): Promise<{ [field: string]: number }> {
    const columns = fields.map((field) => `last("${field}")`).join(', ');
    const [series] = await reader.query(`SELECT ${columns} FROM ${measurement} WHERE service = '${service}'`);
    return Object.fromEntries(fields.map((field, index) => [field, Number(series?.values[0]?.[index + 1])]));
  }

  /** How much each field rises while something happens, as soon as it is what is expected, or what it was at last. */
  async function rises(
    measurement: string,
    service: string,
    expected: { [field: string]: unknown },
    happens: () => Promise<unknown>,
  ): Promise<void> {
    const fields = Object.keys(expected);
    const before = await own(measurement, service, fields);
    await happens();
    const expectation = async () => {
      const after = await own(measurement, service, fields);
      const rise = Object.fromEntries(fields.map((field) => [field, (after[field] ?? 0) - (before[field] ?? 0)]));
      expect(rise).toEqual(expected);
      return true;
    };
    await waitUntil(`${measurement} of ${service} to show it`, expectation, SEEN);
  }

  const burn = { of: [...of, 'phpmyadmin'], seconds: BURN_SECONDS + 80 };
  check('a container that burns a core for a minute shows it, and its neighbours do not', burn, async () => {
    const since = Date.now();
    const loop = `while ((SECONDS < ${BURN_SECONDS})); do :; done; times`;
    const exec = ['-n', NAMESPACE, 'exec', 'deploy/phpmyadmin', '--', 'bash', '-c', loop];
    const [, minutes, seconds] = /^(\d+)m([\d.]+)s/.exec(await kubectl(exec, { seconds: BURN_SECONDS + 20 })) ?? [];
    // less than a core where others want the node's as well
    const burned = (Number(minutes) * 60 + Number(seconds)) / BURN_SECONDS;
    const cores: { [service: string]: number } = {};
    for (const service of ['phpmyadmin', 'wordpress', 'nginx', 'ftps', 'mysql', 'influxdb', 'telegraf']) {
      cores[service] = Math.max(...Object.values(await largest(panelQuery(service, 'CPU', since), 'pod_name')));
    }
    const { phpmyadmin, ...neighbours } = cores;
    expect(phpmyadmin).toBeGreaterThan(0.8 * burned);
    expect(phpmyadmin).toBeLessThan(1.2);
    expect(Object.entries(neighbours).filter(([, used]) => !(used < 0.4 * burned))).toEqual([]);
  });

  check('a container that is killed shows its restart, and its neighbours show none', burn, async () => {
    const since = Date.now() - 15_000;
    await run('kubectl', ['-n', NAMESPACE, 'exec', 'deploy/phpmyadmin', '--', 'pkill', 'php-fpm']);
    const restarts = async (service: string) => {
      const found = await reader.query(panelQuery(service, 'Restarts', since));
      return Math.max(0, ...found.flatMap(({ values }) => values.map(([, value]) => Number(value))));
    };
    await waitUntil('one restart', async () => (await restarts('phpmyadmin')) === 1, SEEN);
    expect({ wordpress: await restarts('wordpress'), mysql: await restarts('mysql') }).toEqual({
      wordpress: 0,
      mysql: 0,
    });
    await readyPod('phpmyadmin');
  });

  check('a pod that is deleted is followed by a new one, which is ready', burn, async () => {
    const { name } = await readyPod('phpmyadmin');
    await kubectl(['-n', NAMESPACE, 'delete', 'pod', name, '--wait=false']);
    const since = Date.now();
    await waitUntil(
      'a pod of another name, and ready',
      async () => {
        const found = await reader.query(panelQuery('phpmyadmin', 'Containers', since));
        return found.some(({ tags, values }) => tags?.pod_name !== name && values[0]?.[1] === 1);
      },
      { seconds: 80, everyMs: 3000 },
    );
  });

  check('each pod has as many processes as are counted in its containers', { of, seconds: 100 }, async () => {
    for (const service of ['nginx', 'wordpress', 'phpmyadmin', 'ftps', 'mysql', 'influxdb', 'telegraf']) {
      await waitUntil(
        `the processes of ${service}`,
        async () => {
          const counted = await processes(service);
          const told = await largest(panelQuery(service, 'Processes', Date.now() - 25_000), 'pod_name');
          expect({ service, told: Object.values(told) }).toEqual({ service, told: [counted] });
          return true;
        },
        SEEN,
      );
    }
  });

  check('FTPS tells of logins, failed logins, uploads and downloads', { of: [...of, 'ftps'] }, async () => {
    const file = randomBytes(300_000);
    const expected = {
      logins: 1,
      failed_logins: 1,
      uploads: 1,
      uploaded_bytes: file.length,
      downloads: 1,
      downloaded_bytes: file.length,
    };
    await rises('ftps', 'ftps', expected, async () => {
      const client = await FtpClient.login();
      await client.store(UPLOAD, file, await client.extendedPassive());
      await client.receive('RETR', UPLOAD, await client.extendedPassive());
      await client.expect(250, 'DELE', UPLOAD);
      client.close();
      const stranger = await FtpClient.connect(placeOf('ftps', 'ftp'));
      await stranger.secure();
      await stranger.expect(331, 'USER', LOGIN);
      await stranger.expect(530, 'PASS', 'wrong');
      stranger.close();
    });
  });

  check("a request to WordPress shows in nginx', PHP's and the database's figures", { of }, async () => {
    const site = new Browser(url('https', placeOf('wordpress', 'http')));
    const REQUESTS = 20;
    const requests = async () => {
      for (let turn = 0; turn < REQUESTS; turn++) {
        await site.get(`/?e2e-figures=${UPLOAD}-${turn}`);
      }
    };
    await rises('nginx', 'wordpress', { requests: atLeast(REQUESTS) }, requests);
    await rises('phpfpm', 'wordpress', { accepted_conn: atLeast(1) }, requests);
    await rises('mysql', 'mysql', { queries: atLeast(REQUESTS) }, requests);
  });

  check('MySQL and InfluxDB tell of threads, buffer pool, slow queries, series and writes', { of }, async () => {
    const fields = ['threads_connected', 'threads_running', 'innodb_buffer_pool_pages_data', 'slow_queries'];
    const mysql = await own('mysql', 'mysql', fields);
    expect(Object.entries(mysql).filter(([, value]) => Number.isNaN(value))).toEqual([]);
    expect((await own('influxdb_database', 'influxdb', ['numSeries'])).numSeries).toBeGreaterThan(100);
    await rises('influxdb_httpd', 'influxdb', { pointsWrittenOK: atLeast(100) }, async () => {});
  });

  check('certificates tell when they end', { of }, async () => {
    for (const service of ['nginx', 'ftps']) {
      const left = async () => (await own('x509_cert', service, ['expiry'])).expiry;
      await waitUntil(`days left of the certificate of ${service}`, async () => ((await left()) ?? 0) > 86_400, SEEN);
    }
  });
});

/** Without the shell that counts them. */
async function processes(service: string): Promise<number> {
  const [pod] = await pods(service);
  let sum = 0;
  for (const container of Object.keys(pod?.containers ?? {})) {
    const exec = ['-n', NAMESPACE, 'exec', pod?.name ?? '', '-c', container, '--'];
    sum += Number(await kubectl([...exec, 'sh', '-c', 'set -- /proc/[0-9]*; echo $#'])) - 1;
  }
  return sum;
}

function atLeast(least: number): unknown {
  return { asymmetricMatch: (value: number) => value >= least, toAsymmetricMatcher: () => `at least ${least}` };
}
