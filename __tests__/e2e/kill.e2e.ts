/**
 * @lane core
 * @needs system
 * @disturbs nginx ssh wordpress phpmyadmin ftps mysql influxdb telegraf grafana
 * @minutes 8
 */
import { InfluxDbClient } from './clients/influxdb';
import { NAMESPACE, readyPod } from './cluster/kubectl';
import { Belongings } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { run } from './runner/run';
import { succeeds, waitUntil } from './runner/wait';

/** Every process of every container: the workload, the container, the process, and what must work again. */
const PROCESSES: { workload: string; container: string; process: string; works?: string[]; skip?: string }[] = [
  { workload: 'deploy/nginx', container: 'nginx', process: 'nginx' },
  { workload: 'deploy/nginx', container: 'ssh', process: 'sshd', works: ['ssh'] },
  { workload: 'deploy/wordpress', container: 'wordpress', process: 'nginx' },
  { workload: 'deploy/phpmyadmin', container: 'phpmyadmin', process: 'nginx' },
  { workload: 'deploy/ftps', container: 'ftps', process: 'pure-ftpd' },
  { workload: 'statefulset/mysql', container: 'mysql', process: 'mysqld' },
  { workload: 'deploy/wordpress', container: 'wordpress', process: 'php-fpm' },
  { workload: 'statefulset/influxdb', container: 'influxdb', process: 'influxd' },
  { workload: 'deploy/phpmyadmin', container: 'phpmyadmin', process: 'php-fpm' },
  { workload: 'deploy/telegraf', container: 'telegraf', process: 'telegraf' },
  { workload: 'deploy/grafana', container: 'grafana', process: 'grafana', skip: FACTS.grafanaMissing },
];

describe('kill', () => {
  let had: Belongings;
  /** From the end of InfluxDB to when it worked again. */
  let away: number[] = [];
  setUp(async () => {
    had = await Belongings.leave();
  });
  afterAll(() => had?.remove());

  for (const { workload, container, process, works, skip } of PROCESSES) {
    const service = workload.split('/')[1] ?? '';
    const name = `${process} in ${service}${container === service ? '' : `'s ${container}`}`;
    const seconds = 120;
    check(`after pkill of ${name}, all works again within 60 s`, { of: [service], skip, seconds }, async () => {
      const before = await readyPod(service);
      const restarts = before.containers[container]?.restarts ?? 0;
      const moment = Date.now();
      const pkill = await run('kubectl', ['-n', NAMESPACE, 'exec', workload, '-c', container, '--', 'pkill', process]);
      // the end of the container may end the connection first
      if (pkill.code !== 0 && !/137|143|EOF|closed|not found|terminated/.test(pkill.stderr) && pkill.stderr !== '') {
        throw new Error(`expected pkill to find ${process}, got ${pkill.code}: ${pkill.stderr}`);
      }
      await waitUntil(
        `${container} to have been started again`,
        async () => {
          const pod = await readyPod(service, 1);
          const now = pod.containers[container]?.restarts;
          if (now !== restarts + 1 || pod.uid !== before.uid) {
            throw new Error(`expected ${restarts + 1} restarts of the same pod, got ${now}`);
          }
          return true;
        },
        { seconds: 60 },
      );
      const left = 60 - (Date.now() - moment) / 1000;
      for (const what of works ?? [service]) {
        await succeeds(`${what} to work as before`, () => had.complete(what, moment), {
          seconds: left,
        });
      }
      if (process === 'influxd') {
        away = [moment, Date.now()];
      }
    });
  }

  check('no reading of Telegraf was lost while InfluxDB was away', { of: ['telegraf', 'influxdb'] }, async () => {
    const [from = 0, to = 0] = away;
    expect(from).toBeGreaterThan(0);
    const gaps = await InfluxDbClient.use((influxdb) => influxdb.gaps(from - 30_000, to));
    expect(gaps).toEqual([]);
  });
});
