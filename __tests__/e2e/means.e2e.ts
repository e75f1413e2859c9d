/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 6
 */
import { type App, Chart, Duration } from 'cdk8s';
import { Downsampling, InfluxDb, RestrictedNamespace } from '../../constructs';
import { InfluxDbClient } from './clients/influxdb';
import { kubectl, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { waitUntil } from './runner/wait';

/** More than `max-select-series` of influxdb.conf lets a query read. */
const TOO_MANY = 3001;
/** Names that InfluxDB takes, as line protocol and as it tells them. */
const NAMES: { [written: string]: string } = {
  calm: 'calm',
  'a\\ "b\\,\\ c\\\\d\'e': 'a "b, c\\\\d\'e',
  'ünï;x--/*y': 'ünï;x--/*y',
  'means\\ of\\ x': 'means of x',
  '123': '123',
};

describe('means', () => {
  const about = { of: ['influxdb'], namespace: () => MARK, seconds: 240 };
  let administrator: InfluxDbClient;
  setUp(async () => {
    await applyOwn((app: App) => {
      new RestrictedNamespace(new Chart(app, 'namespace'), MARK);
      const influxdb = new InfluxDb(new Chart(app, 'services', { namespace: MARK }), 'influxdb');
      influxdb.addDatabase('metrics', { downsampling: Downsampling.means({ interval: Duration.minutes(1) }) });
    });
    await readyPod('influxdb', 90, MARK);
    administrator = await InfluxDbClient.open('influxdb', MARK);
  }, 120);
  afterAll(async () => {
    administrator?.close();
    await removeOwn();
  }, 120_000);

  check('a measurement that cannot be computed costs its own means only', about, async () => {
    const busy = Array.from({ length: TOO_MANY }, (_, index) => `busy,id=s${index} v=${index}`);
    const others = Object.keys(NAMES).map((name) => `${name} v=2`);
    expect((await administrator.write([...busy, ...others].join('\n'))).status).toBe(204);
    await waitUntil(
      'means of every other measurement',
      async () => {
        const { series = [] } = JSON.parse((await administrator.ask('SELECT mean_v FROM means./.*/')).text).results[0];
        const found = series.map(({ name, values }: any) => ({ name, mean: values[0][1] }));
        expect(found).toEqual(
          Object.values(NAMES)
            .sort()
            .map((name) => ({ name, mean: 2 })),
        );
        return true;
      },
      { seconds: 200, everyMs: 3000 },
    );
  });

  check('it is said which one that is, as an error', about, async () => {
    const logs = await kubectl(['-n', MARK, 'logs', 'influxdb-0']);
    const said = logs.split('\n').filter((line) => line.includes('Error executing query'));
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter((line) => !/^ts=\S+ lvl=error .*means of busy.*max-select-series/.test(line))).toEqual([]);
  });

  check('means go on after a new start, and no older query for all is left', about, async () => {
    const all =
      'CREATE CONTINUOUS QUERY "means" ON metrics BEGIN SELECT mean(*) INTO means.old FROM calm GROUP BY time(1m) END';
    expect((await administrator.ask(all, 'metrics', 'POST')).status).toBe(200);
    administrator.close();
    await kubectl(['-n', MARK, 'delete', 'pod', 'influxdb-0', '--timeout=60s'], { seconds: 70 });
    await readyPod('influxdb', 90, MARK);
    administrator = await InfluxDbClient.open('influxdb', MARK);
    await waitUntil(
      'a query for each measurement',
      async () => {
        const { series } = JSON.parse((await administrator.ask('SHOW CONTINUOUS QUERIES')).text).results[0];
        const names = series.find(({ name }: any) => name === 'metrics').values.map(([name]: [string]) => name);
        expect(names.sort()).toEqual(['busy', ...Object.values(NAMES)].map((name) => `means of ${name}`).sort());
        return true;
      },
      { seconds: 90 },
    );
  });
});
