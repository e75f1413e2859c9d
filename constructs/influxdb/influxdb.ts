import { type ApiObject, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset } from '../asset';
import { BackedUp, type IBackedUp } from '../backed-up';
import { Credentials } from '../credentials';
import { TimeSeriesDatabase } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import { ExposedService } from '../exposure/exposed-service';
import { imageOf } from '../images';
import { type IMonitored, type Monitoring, TelegrafInput } from '../monitoring';
import { Accounts, accountName } from '../private/accounts';
import { Config } from '../private/config';
import { Isolation } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import type { ContainerProps } from '../private/pod';
import { command, http } from '../private/probe';
import { isText, problem } from '../private/problems';
import { PASSWORD, text } from '../private/secret-source';
import { scratch } from '../private/volume';
import { Where } from '../private/where';
import { Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { Downsampling, type MeansProps } from './downsampling';

/** For how many intervals back means are computed again: points come late, and the server may have been down. */
const RECOMPUTED = 3;
const PORT = 8086;

/** What an InfluxDB server can be told. */
export interface InfluxDbProps extends ServiceProps {
  /**
   * Where the data is kept.
   * @default - a claim of 5 GiB for one node
   */
  readonly storage?: Storage;

  /**
   * A Secret with the administrator's name and password.
   * @default - the user 'admin' with a generated password, in the Secret of the server's name
   */
  readonly adminCredentials?: Credentials;
}

/** How long a database keeps what it is given, and who uses it. */
export interface TimeSeriesDatabaseProps {
  /**
   * How long points are kept; `Duration.days(0)` is forever. At least an hour (InfluxDB 1.x, "Database management").
   * @default Duration.days(7)
   */
  readonly retention?: Duration;

  /**
   * What is kept for longer than the points.
   * @default Downsampling.means(), or none where the points are kept as long as these would be
   */
  readonly downsampling?: Downsampling;

  /**
   * A Secret with the name and password of the user who may only write.
   * @default - '<database>-writer' with a generated password
   */
  readonly writer?: Credentials;

  /**
   * A Secret with the name and password of the user who may only read.
   * @default - '<database>-reader' with a generated password
   */
  readonly reader?: Credentials;
}

/** An InfluxDB 1.x server on port 8086, with authentication on, inside the cluster and never outside. */
export class InfluxDb extends Construct implements IReachable, IMonitored, IBackedUp {
  /** The StatefulSet. */
  public readonly workload: ApiObject;
  /** The headless Service that gives the server its name. */
  public readonly service: ApiObject;
  /** The ConfigMap with `influxdb.conf`. */
  public readonly config: ApiObject;
  /** The administrator's name and password. */
  public readonly adminCredentials: Credentials;
  /** Where the server listens. */
  public readonly endpoint: Endpoint;

  private readonly instance: Instance;
  private readonly accounts = new Accounts();
  private readonly databases: string[] = [];
  private readonly image: ContainerProps['image'];
  private readonly configVolume: Config;

  /**
   * @param scope A chart, or a construct in one.
   * @param id The server's name, which is its host name too.
   * @param props Storage and administrator.
   */
  public constructor(scope: Construct, id: string, props: InfluxDbProps = {}) {
    super(scope, id);
    this.instance = instanceOf(this, 'influxdb', 'database');
    const { instance } = this;
    const storage = props.storage ?? Storage.claim();
    const data = storage._template(this, { instance, path: '/var/lib/influxdb', size: Size.gibibytes(5) });
    this.adminCredentials = Credentials._given(this, new Where('adminCredentials'), props.adminCredentials, () =>
      Credentials._generated(this, instance, instance.name, { username: text('admin'), password: PASSWORD }),
    );
    this.checkUsername(new Where('adminCredentials'), this.adminCredentials);
    this.image = imageOf(this, 'influxdb', props.image);
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'influxdb.conf': asset('influxdb', 'influxdb.conf'),
        databases: () => [...this.databases].sort().join(''),
        accounts: () => this.accounts.render(),
      },
    });
    const admin = this.adminCredentials._login('/run/secrets/influxdb', 'admin');
    const workload = new Workload(this, 'Workload', {
      isolation: new Isolation(this, instance),
      extras: props,
      stateful: data,
      graceSeconds: 60,
      containers: [
        {
          name: 'influxdb',
          image: this.image,
          env: {
            INFLUXDB_ADMIN_USERNAME_FILE: admin.path('username'),
            INFLUXDB_ADMIN_PASSWORD_FILE: admin.path('password'),
          },
          ports: { http: PORT },
          mounts: () => [
            data.mount,
            config.at('/etc/influxdb'),
            admin.mount,
            ...this.accounts.mounts(),
            scratch('tmp', '/tmp'),
          ],
          resources: requirements(this, { cpu: 0.05, memory: Size.mebibytes(256) }, props.resources),
          probes: { ready: http('http', '/ping'), alive: command('/usr/local/bin/healthcheck') },
        },
      ],
    });
    const service = new ExposedService(this, 'Service', {
      instance,
      workload,
      headless: true,
      ports: [{ name: 'http', port: PORT, target: PORT }],
    });
    this.workload = workload.object;
    this.service = service.object;
    this.config = config.object;
    this.configVolume = config;
    this.endpoint = service.endpoint('http');
  }

  /**
   * Adds a database, with a user who only writes and a user who only reads it.
   *
   * @param name The database's name: letters, digits, `_` and `-`, 48 at most, a letter first.
   * @param props Retention, downsampling and users.
   */
  public addDatabase(name: string, props: TimeSeriesDatabaseProps = {}): TimeSeriesDatabase {
    const retention = props.retention ?? Duration.days(7);
    if (!isText(/^[A-Za-z]([A-Za-z0-9_-]{0,46}[A-Za-z0-9])?$/, name)) {
      const allowed = "up to 48 letters, digits, '_' and '-', a letter first, a letter or digit last";
      problem(this, `database 'name' is '${name}'; use ${allowed}`);
      return TimeSeriesDatabase._missing();
    }
    if (this.accounts.has(`${accountName(name)}-writer`)) {
      const same = "one of that name, or one that differs only in case or by '_' for '-'";
      problem(this, `database 'name' is '${name}', but the server already has ${same}; use another name`);
      return TimeSeriesDatabase._missing();
    }
    const seconds = secondsOf(retention);
    if (seconds !== 0 && seconds < 3600) {
      problem(
        this,
        `'retention' of database '${name}' is ${seconds} s; use an hour or more, or Duration.days(0) for ever`,
      );
    }
    const { _means: means } = props.downsampling ?? defaultDownsampling(retention);
    if (means && props.downsampling) {
      this.checkMeans(name, seconds, means);
    }
    this.databases.push(databaseLine(name, retention, means));
    const writer = this.addUser(name, 'writer', 'WRITE', props.writer);
    const reader = this.addUser(name, 'reader', 'READ', props.reader);
    return TimeSeriesDatabase._of({ name, endpoint: this.endpoint, writer, reader, means: means !== undefined });
  }

  /** Series, writes and queries, from the server's own figures. */
  public monitoring(): Monitoring {
    const input = new TelegrafInput({
      plugin: 'influxdb',
      options: {
        urls: ['http://${host}:${port}/debug/vars'],
        timeout: '5s',
        namedrop: ['influxdb_cmdline', 'influxdb_memstats', 'influxdb_runtime', 'influxdb_subscriber'],
      },
      endpoint: this,
    });
    return {
      name: this.instance.name,
      inputs: [input],
      dashboard: asset('influxdb', 'dashboard.json'),
      alerts: asset('influxdb', 'alerts.json'),
    };
  }

  /**
   * The points of each database, through the users who may only read and only write it. Restoring them adds what is
   * missing, and takes nothing that came since.
   */
  public backup(): BackedUp {
    const privileges = { dump: 'READ', verify: undefined, restore: 'WRITE' };
    return BackedUp._by({
      instance: this.instance,
      image: this.image,
      endpoint: this.endpoint,
      resources: { cpu: 0.05, memory: Size.mebibytes(64), memoryLimit: Size.mebibytes(512) },
      mounts: (step) => [
        this.configVolume.at('/etc/influxdb'),
        ...this.accounts.mounts((account) => account.privileges === privileges[step]),
      ],
    });
  }

  private addUser(database: string, role: string, privileges: string, given?: Credentials): Credentials {
    const account = `${accountName(database)}-${role}`;
    const secretName = `${this.instance.name}-${account}`;
    const where = new Where(role, `database '${database}'`);
    const credentials = Credentials._given(this, where, given, () => {
      const values = { username: text(`${database}-${role}`), password: PASSWORD };
      return Credentials._generated(this, this.instance, secretName, values);
    });
    this.checkUsername(where, credentials);
    this.accounts.add(account, database, privileges, credentials);
    return credentials;
  }

  /** Clients log in by HTTP Basic, where a name ends at a colon. The Secret may be written after this. */
  private checkUsername(where: Where, credentials: Credentials): void {
    this.node.addValidation({
      validate: () => {
        const name = credentials._writtenUsername(this.node.root, this.instance.namespace);
        return `${name ?? ''}`.includes(':')
          ? [
              `${where} has the user name '${name}', and HTTP Basic ends a name at ':', so that nobody could log in; use one without`,
            ]
          : [];
      },
    });
  }

  private checkMeans(database: string, seconds: number, means: Required<MeansProps>): void {
    const where = new Where('downsampling', `database '${database}'`);
    const [interval, retention] = [means.interval.toMilliseconds() / 1000, secondsOf(means.retention)];
    if (!Number.isInteger(interval) || interval < 60) {
      problem(this, `${where} has an 'interval' of ${interval} s; use whole seconds, 60 or more`);
    } else if (seconds !== 0 && interval * RECOMPUTED > seconds) {
      problem(
        this,
        `${where} has an 'interval' of ${interval} s, but points are kept for ${seconds} s; use a third of that at most`,
      );
    }
    if (seconds === 0 || (retention !== 0 && retention <= seconds)) {
      const kept = (time: number) => (time === 0 ? 'for ever' : `for ${time} s`);
      const remedy = 'use a longer retention for them, or Downsampling.none()';
      problem(this, `${where} keeps means ${kept(retention)}, but points are kept ${kept(seconds)}; ${remedy}`);
    }
  }
}

/**
 * The line that the image reads of a database: its name, retention and shard duration; then retention and shard
 * duration of its means, their interval, and for how long back they are computed again.
 */
function databaseLine(name: string, retention: Duration, means?: Required<MeansProps>): string {
  const times = [kept(retention), shardOf(retention)];
  if (means) {
    const interval = secondsOf(means.interval);
    times.push(kept(means.retention), sparseShardOf(means.retention), `${interval}s`, `${interval * RECOMPUTED}s`);
  }
  return `${[name, ...times].join('\t')}\n`;
}

function defaultDownsampling(retention: Duration): Downsampling {
  const means = Downsampling.means();
  const [points, longer] = [secondsOf(retention), secondsOf(means._means?.retention ?? retention)];
  return points === 0 || points >= longer ? Downsampling.none() : means;
}

function secondsOf(time: Duration): number {
  return Math.ceil(time.toMilliseconds() / 1000);
}

function kept(retention: Duration): string {
  return secondsOf(retention) === 0 ? 'INF' : `${secondsOf(retention)}s`;
}

/** The shard duration that InfluxDB itself chooses for such a retention. */
function shardOf(retention: Duration): string {
  const hours = secondsOf(retention) / 3600;
  return hours === 0 || hours > 180 * 24 ? '7d' : hours < 48 ? '1h' : '1d';
}

/** A longer shard duration for means, of which there are few: each shard takes memory. */
function sparseShardOf(retention: Duration): string {
  return secondsOf(retention) > 14 * 24 * 3600 ? '7d' : shardOf(retention);
}
