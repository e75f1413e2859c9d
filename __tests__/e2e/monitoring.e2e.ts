/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 4
 */
import type { Reply } from './clients/http';
import { InfluxDbClient } from './clients/influxdb';
import { get, LABEL } from './cluster/kubectl';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { waitUntil } from './runner/wait';

/** As influxdb.conf limits them. */
const VALUES_PER_TAG = 10_000;

/** What is known of every container, or of its pod: the measurement and a field. */
const OF_EACH: { [figure: string]: [string, string] } = {
  processor: ['kubernetes_pod_container', 'cpu_usage_nanocores'],
  'working set': ['kubernetes_pod_container', 'memory_working_set_bytes'],
  files: ['kubernetes_pod_container', 'rootfs_used_bytes'],
  logs: ['kubernetes_pod_container', 'logsfs_used_bytes'],
  restarts: ['kubernetes_pod_container', 'restarts_total'],
  state: ['kubernetes_pod_container', 'state_code'],
  network: ['kubernetes_pod_network', 'rx_bytes'],
  processes: ['kubernetes_pod_process', 'process_count'],
};

describe('monitoring', () => {
  const of = ['telegraf', 'influxdb'];
  let reader: InfluxDbClient;
  setUp(async () => {
    reader = await InfluxDbClient.open();
  });
  afterAll(async () => {
    reader?.close();
    const drop = 'DROP MEASUREMENT e2e';
    await InfluxDbClient.use((administrator) => administrator.ask(drop, 'metrics', 'POST'), 'influxdb');
  });

  for (const [figure, [measurement, field]] of Object.entries(OF_EACH)) {
    check(`every container has figures of its ${figure} of the last minute`, { of }, async () => {
      const running = await runningContainers();
      expect(running.length).toBeGreaterThan(7);
      await waitUntil(
        'figures of every container',
        async () => {
          const select = `SELECT last(${field}) FROM ${measurement} WHERE time > now() - 60s`;
          const found = await reader.query(`${select} GROUP BY pod_name, container_name`);
          // what the kubelet tells of pods alone has no name of a container
          const seen = found.map(({ tags }) => `${tags?.pod_name}/${tags?.container_name ?? ''}`);
          const missing = running.filter((container) => !seen.some((name) => container.startsWith(name)));
          if (missing.length > 0) {
            throw new Error(`none of ${missing.join(', ')}`);
          }
          return true;
        },
        { seconds: 45, everyMs: 3000 },
      );
    });
  }

  check("a container's figures are its own, not the node's", { of }, async () => {
    const found = await reader.query(
      'SELECT last(cpu_usage_core_nanoseconds) FROM kubernetes_pod_container WHERE time > now() - 2m GROUP BY container_name',
    );
    const values = found.map(({ values }) => values[0]?.[1]);
    expect(values.length).toBeGreaterThan(7);
    expect(new Set(values).size).toBe(values.length);
  });

  const OWN: { [what: string]: string[] } = {
    nginx: ['nginx', 'wordpress', 'phpmyadmin'],
    phpfpm: ['wordpress', 'phpmyadmin'],
    mysql: ['mysql'],
    net_response: ['ftps'],
    influxdb: ['influxdb'],
  };
  for (const [measurement, services] of Object.entries(OWN)) {
    check(`the own figures of ${services.join(', ')} (${measurement}) are of the last minute`, { of }, async () => {
      await waitUntil(
        `points of ${services.join(', ')}`,
        async () => {
          const found = await reader.query(
            `SELECT * FROM ${measurement} WHERE time > now() - 60s GROUP BY service LIMIT 1`,
          );
          const seen = found.map(({ tags }) => tags?.service);
          const missing = services.filter((service) => !seen.includes(service));
          if (missing.length > 0) {
            throw new Error(`none of ${missing.join(', ')}`);
          }
          return true;
        },
        { seconds: 45, everyMs: 3000 },
      );
    });
  }

  check('FTPS is seen to answer', { of: [...of, 'ftps'] }, async () => {
    const [series] = await reader.query("SELECT last(result_code) FROM net_response WHERE service = 'ftps'");
    expect(series?.values[0]?.[1]).toBe(0);
  });

  check('Telegraf loses nothing of what it gathers', { of }, async () => {
    const [series] = await reader.query(
      "SELECT metrics_dropped, metrics_rejected, errors FROM internal_write WHERE output = 'influxdb' ORDER BY time DESC LIMIT 1",
    );
    const [, dropped, rejected] = series?.values[0] ?? [];
    expect({ dropped, rejected }).toEqual({ dropped: 0, rejected: 0 });
  });

  check('Telegraf gathers without errors', { of, seconds: 100 }, async () => {
    const rise =
      'SELECT max(errors) - min(errors) AS rise FROM internal_gather WHERE time > now() - 45s GROUP BY input, alias';
    const withoutErrors = async () => {
      const found = await reader.query(rise);
      expect(found.length).toBeGreaterThan(5);
      const failing = found.filter(({ values }) => values[0]?.[1] !== 0).map(({ tags }) => [tags?.input, tags?.alias]);
      const expected = FACTS.grafanaMissing ? ['x509_cert', 'grafana'] : [];
      expect(failing.filter((input) => input.join() !== expected.join())).toEqual([]);
      return true;
    };
    // a service that was away a moment ago is not what is meant
    await waitUntil('45 s without errors', withoutErrors, { seconds: 90, everyMs: 5000 });
  });

  check('a database takes no more series than it may, and goes on with those that it has', { of }, async () => {
    const database = 'e2e_series';
    await InfluxDbClient.use(async (administrator) => {
      const write = async (...values: number[]): Promise<Reply> =>
        administrator.write(values.map((value) => `e2e,tag=${value} value=1`).join('\n'), database);
      await administrator.ask(`CREATE DATABASE ${database}`, database, 'POST');
      try {
        expect((await write(...Array(VALUES_PER_TAG).keys())).status).toBe(204);
        const { status, text } = await write(VALUES_PER_TAG);
        expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining('max-values-per-tag limit') });
        expect((await write(0, 1)).status).toBe(204);
      } finally {
        await administrator.ask(`DROP DATABASE ${database}`, database, 'POST');
      }
    }, 'influxdb');
  });

  check('the account that writes cannot read', { of }, async () => {
    await InfluxDbClient.use(async (writer) => {
      const written = await writer.write('e2e value=1');
      expect({ status: written.status, says: written.text }).toEqual({ status: 204, says: '' });
      const { status, text } = await writer.ask('SELECT * FROM e2e');
      expect({ refused: status === 403 || /not authorized/.test(text), text }).toMatchObject({ refused: true });
    }, 'influxdb-metrics-writer');
  });

  check('the account that reads cannot write, nor drop', { of }, async () => {
    expect((await reader.write('e2e value=1')).status).toBe(403);
    for (const query of ['DROP MEASUREMENT e2e', 'CREATE DATABASE e2e', 'SHOW USERS']) {
      const { status, text } = await reader.ask(query);
      expect({ query, refused: status >= 400 || /error/.test(text) }).toEqual({ query, refused: true });
    }
  });

  check('nobody reads or writes without an account', { of }, async () => {
    const { status } = await reader.anonymously('SHOW DATABASES');
    expect(status).toBe(401);
  });
});

async function runningContainers(): Promise<string[]> {
  const { items } = await get(['pods', '-l', `!${LABEL}`]);
  return items.flatMap((pod: any) =>
    (pod.status.containerStatuses ?? [])
      .filter((status: any) => status.state.running)
      .map((status: any) => `${pod.metadata.name}/${status.name}`),
  );
}
