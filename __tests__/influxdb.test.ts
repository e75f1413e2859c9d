import { type Chart, Duration, Size } from 'cdk8s';
import {
  Credentials,
  Downsampling,
  Grafana,
  InfluxDb,
  type InfluxDbProps,
  Storage,
  Telegraf,
  type TimeSeriesDatabaseProps,
} from '../constructs';
import { find, problems, synth, testChart } from './support/app';
import { extras } from './support/extras';
import { chartBeside, pods, policy, tcp } from './support/network';
import { contentHash, madeSecrets, secretData, secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

function databaseLines(...retentions: Duration[]): string[] {
  const chart = testChart();
  const influxdb = new InfluxDb(chart, 'influxdb');
  for (const [index, retention] of retentions.entries()) {
    influxdb.addDatabase(`d${index}`, { retention, downsampling: Downsampling.none() });
  }
  return find(synth(chart), 'ConfigMap', 'influxdb').data.databases.trimEnd().split('\n');
}

function meansLine(props: TimeSeriesDatabaseProps = {}): string {
  const chart = testChart();
  new InfluxDb(chart, 'influxdb').addDatabase('metrics', props);
  return find(synth(chart), 'ConfigMap', 'influxdb').data.databases.trimEnd();
}

function databaseProblems(name: string, props: TimeSeriesDatabaseProps): string[] {
  const chart = testChart();
  new InfluxDb(chart, 'influxdb').addDatabase(name, props);
  return problems(chart);
}

describe('InfluxDb', () => {
  it('needs nothing', () => {
    const chart = testChart();
    const influxdb = new InfluxDb(chart, 'influxdb');
    expect(yamlOf(influxdb)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<InfluxDbProps> = {
      image: 'registry.example.org/other/influxdb:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      storage: Storage.claim({ size: Size.gibibytes(20), storageClass: 'fast' }),
      adminCredentials: Credentials.fromSecret('admin', { username: 'name', password: 'pw' }),
    };
    const database: Required<TimeSeriesDatabaseProps> = {
      retention: Duration.days(30),
      downsampling: Downsampling.means({ interval: Duration.hours(1), retention: Duration.days(365) }),
      writer: Credentials.fromSecret('writer'),
      reader: Credentials.fromSecret('reader'),
    };
    const influxdb = new InfluxDb(chart, 'influxdb', props);
    influxdb.addDatabase('metrics', database);
    influxdb.addDatabase('Web_hits');
    expect(yamlOf(influxdb)).toMatchSnapshot();
  });

  it('gives each database a user who only writes and one who only reads, each in a Secret of its own', () => {
    const chart = testChart();
    const { reader, writer } = new InfluxDb(chart, 'influxdb').addDatabase('Web_hits');
    expect(find(synth(chart), 'ConfigMap', 'influxdb').data.accounts).toBe(
      'web-hits-reader\tWeb_hits\tREAD\nweb-hits-writer\tWeb_hits\tWRITE\n',
    );
    for (const [user, role] of [[writer, 'writer'] as const, [reader, 'reader'] as const]) {
      expect(user.secretName).toBe(`influxdb-web-hits-${role}`);
      const { username } = secretData(find(secrets(chart), 'Secret', user.secretName));
      expect(username).toBe(`Web_hits-${role}`);
    }
  });

  it('takes the users of a database from Secrets that exist, and makes none', () => {
    const chart = testChart();
    const users = { writer: Credentials.fromSecret('w'), reader: Credentials.fromSecret('r', { password: 'pw' }) };
    expect(new InfluxDb(chart, 'influxdb').addDatabase('metrics', users)).toMatchObject(users);
    synth(chart);
    expect(secrets(chart).map(({ metadata }) => metadata.name)).toEqual(['influxdb']);
  });

  it('keeps points for a week, unless told otherwise, in shards that fit', () => {
    const chart = testChart();
    new InfluxDb(chart, 'influxdb').addDatabase('metrics');
    const [name, ...times] = find(synth(chart), 'ConfigMap', 'influxdb').data.databases.split(/\s/);
    expect([name, times.slice(0, 2)]).toEqual(['metrics', ['604800s', '1d']]);
    const retentions = [
      Duration.hours(1),
      Duration.minutes(90),
      Duration.days(2),
      Duration.days(181),
      Duration.days(0),
    ];
    expect(databaseLines(...retentions)).toEqual([
      'd0\t3600s\t1h',
      'd1\t5400s\t1h',
      'd2\t172800s\t1d',
      'd3\t15638400s\t7d',
      'd4\tINF\t7d',
    ]);
  });

  it('keeps points for whole seconds, and no less than it was told', () => {
    expect(databaseLines(Duration.millis(3_600_001))).toEqual(['d0\t3601s\t1h']);
  });

  it('keeps five-minute means for 90 days, unless told otherwise, in few shards, and computes them thrice', () => {
    expect(meansLine()).toBe('metrics\t604800s\t1d\t7776000s\t7d\t300s\t900s');
    const [interval, retention] = [Duration.minutes(1), Duration.days(10)];
    expect(meansLine({ downsampling: Downsampling.means({ interval, retention }) })).toBe(
      'metrics\t604800s\t1d\t864000s\t1d\t60s\t180s',
    );
    expect(meansLine({ downsampling: Downsampling.means({ retention: Duration.days(0) }) })).toBe(
      'metrics\t604800s\t1d\tINF\t7d\t300s\t900s',
    );
  });

  it.each([0, 90, 365])('keeps no means of points that it keeps for %d days, unless told to', (days) => {
    expect(meansLine({ retention: Duration.days(days) }).split('\t')).toHaveLength(3);
  });

  it('is ready when it answers a ping and alive by its own check', () => {
    const chart = testChart();
    new InfluxDb(chart, 'influxdb');
    const [container] = find(synth(chart), 'StatefulSet', 'influxdb').spec.template.spec.containers;
    expect(container.readinessProbe).toMatchObject({ httpGet: { port: 'http', path: '/ping' } });
    expect(container.livenessProbe).toMatchObject({ exec: { command: ['/usr/local/bin/healthcheck'] } });
  });

  it('is opened to those who write and read, wherever they live, and to nobody else', () => {
    const chart = testChart();
    const influxdb = new InfluxDb(chart, 'influxdb');
    const users = { writer: Credentials.fromSecret('w'), reader: Credentials.fromSecret('r') };
    const database = influxdb.addDatabase('metrics', users);
    expect(policy(synth(chart), 'influxdb')).toMatchObject({ ingress: [], egress: [] });
    new Telegraf(chart, 'telegraf', { database, watch: [influxdb] });
    new Grafana(chartBeside(chart, 'office'), 'grafana', { database });
    expect(policy(synth(chart), 'influxdb')).toMatchObject({
      ingress: [
        { from: [pods('telegraf', 'telegraf')], ports: tcp(8086) },
        { from: [pods('grafana', 'grafana', 'office')], ports: tcp(8086) },
      ],
      egress: [],
    });
  });

  it('rolls when databases or passwords change, and not otherwise', () => {
    const workload = 'StatefulSet/influxdb';
    const build = (retention?: Duration, props?: InfluxDbProps) => (chart: Chart) => {
      new InfluxDb(chart, 'influxdb', props).addDatabase('metrics', { retention });
    };
    const hashes = [
      contentHash(workload, build()),
      contentHash(workload, build(Duration.days(1))),
      contentHash(workload, build(), 'influxdb password'),
      contentHash(workload, build(), 'influxdb-metrics-writer password'),
      contentHash(workload, build(), 'influxdb-metrics-reader password'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(workload, build(Duration.days(7), { resources: { cpu: 1 } }))).toBe(hashes[0]);
  });

  it.each(['web_hits', 'Web_Hits', 'web-hits'])(
    'refuses a database %j beside web_hits, whose accounts it would share',
    (name) => {
      const chart = testChart();
      const influxdb = new InfluxDb(chart, 'influxdb');
      influxdb.addDatabase('web_hits');
      influxdb.addDatabase(name);
      expect(problems(chart)).toEqual([
        expect.stringMatching(
          `^\\[shop/influxdb\\] database 'name' is '${name}', but the server already has one .*; use another name$`,
        ),
      ]);
    },
  );

  it('does not start anew when the lines of a program change places', () => {
    const server = (first: string, second: string) => {
      const chart = testChart();
      const influxdb = new InfluxDb(chart, 'influxdb');
      influxdb.addDatabase(first);
      influxdb.addDatabase(second);
      return [find(synth(chart), 'StatefulSet', 'influxdb'), find(synth(chart), 'ConfigMap', 'influxdb')];
    };
    expect(server('metrics', 'hits')).toEqual(server('hits', 'metrics'));
  });

  it.each(['m', 'Web_hits-2', 'x'.repeat(48)])('takes %j as the name of a database', (name) => {
    const chart = testChart();
    new InfluxDb(chart, 'influxdb').addDatabase(name);
    const { volumes } = find(synth(chart), 'StatefulSet', 'influxdb').spec.template.spec;
    for (const volume of volumes) {
      expect(volume.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }
  });

  it.each(['', 'a.b', 'my metrics', '_internal', '1st', 'hits_', 'hits-', 'x'.repeat(49)])(
    'refuses %j as the name of a database',
    (name) => {
      const chart = testChart();
      new InfluxDb(chart, 'influxdb').addDatabase(name);
      expect(madeSecrets(chart)).toEqual(['influxdb']);
      expect(problems(chart)).toEqual([
        `[shop/influxdb] database 'name' is '${name}'; use up to 48 letters, digits, '_' and '-', a letter first, a letter or digit last`,
      ]);
    },
  );

  it('refuses to keep points for less than an hour', () => {
    expect(databaseProblems('metrics', { retention: Duration.minutes(59) })).toEqual([
      "[shop/influxdb] 'retention' of database 'metrics' is 3540 s; use an hour or more, or Duration.days(0) for ever",
    ]);
  });

  it.each([
    [
      { downsampling: Downsampling.means({ interval: Duration.seconds(59) }) },
      "has an 'interval' of 59 s; use whole seconds, 60 or more",
    ],
    [
      { downsampling: Downsampling.means({ interval: Duration.millis(60_500) }) },
      "has an 'interval' of 60.5 s; use whole seconds, 60 or more",
    ],
    [
      { downsampling: Downsampling.means({ interval: Duration.days(3) }) },
      "has an 'interval' of 259200 s, but points are kept for 604800 s; use a third of that at most",
    ],
    [
      { downsampling: Downsampling.means({ retention: Duration.days(7) }) },
      'keeps means for 604800 s, but points are kept for 604800 s; use a longer retention for them, or Downsampling.none()',
    ],
    [
      { retention: Duration.days(0), downsampling: Downsampling.means() },
      'keeps means for 7776000 s, but points are kept for ever; use a longer retention for them, or Downsampling.none()',
    ],
  ])('refuses means that make no sense, as in %j', (props, reason) => {
    expect(databaseProblems('metrics', props)).toEqual([
      `[shop/influxdb] 'downsampling' of database 'metrics' ${reason}`,
    ]);
  });

  it('refuses passwords in place of credentials, without repeating them, and reports all in one run', () => {
    const chart = testChart();
    const password = 's3cret' as unknown as Credentials;
    const influxdb = new InfluxDb(chart, 'influxdb', { adminCredentials: password });
    influxdb.addDatabase('metrics', { writer: password, reader: password, retention: Duration.seconds(1) });
    const remedy = "put it into a Secret and pass Credentials.fromSecret('…')";
    expect(problems(chart)).toEqual([
      `[shop/influxdb] 'adminCredentials' is a string, not credentials; ${remedy}`,
      "[shop/influxdb] 'retention' of database 'metrics' is 1 s; use an hour or more, or Duration.days(0) for ever",
      `[shop/influxdb] 'writer' of database 'metrics' is a string, not credentials; ${remedy}`,
      `[shop/influxdb] 'reader' of database 'metrics' is a string, not credentials; ${remedy}`,
    ]);
  });
});
