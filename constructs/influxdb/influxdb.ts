import { type ApiObject, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { Accounts, accountName } from '../accounts';
import { asset } from '../asset';
import { Config } from '../config';
import { Credentials, PASSWORD, text } from '../credentials';
import { TimeSeriesDatabase } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import { ExposedService } from '../exposure';
import { imageOf } from '../images';
import { type IMonitored, type Monitoring, TelegrafInput } from '../monitoring';
import { type Instance, instanceOf } from '../names';
import { problem } from '../problems';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { scratch } from '../volume';
import { command, http, Workload } from '../workload';

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
export class InfluxDb extends Construct implements IReachable, IMonitored {
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
  private readonly retentions = new Map<string, Duration>();

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
    const data = storage._template({ instance, path: '/var/lib/influxdb', size: Size.gibibytes(5) });
    this.adminCredentials = Credentials._given(this, 'adminCredentials', props.adminCredentials, () =>
      Credentials._generated(this, instance, instance.name, { username: text('admin'), password: PASSWORD }),
    );
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'influxdb.conf': asset('influxdb', 'influxdb.conf'),
        databases: () => this.renderDatabases(),
        accounts: () => this.accounts.render(),
      },
    });
    const workload = new Workload(this, 'Workload', {
      instance,
      stateful: data,
      graceSeconds: 60,
      containers: [
        {
          name: 'influxdb',
          image: imageOf(this, 'influxdb', props.image),
          env: {
            INFLUXDB_ADMIN_USERNAME_FILE: '/run/secrets/influxdb/username',
            INFLUXDB_ADMIN_PASSWORD_FILE: '/run/secrets/influxdb/password',
          },
          ports: { http: 8086 },
          mounts: () => [
            data.mount,
            config.at('/etc/influxdb'),
            this.adminCredentials._login('/run/secrets/influxdb', 'admin'),
            ...this.accounts.mounts(),
            scratch('tmp', '/tmp'),
          ],
          resources: requirements(this, { cpu: 0.1, memory: Size.mebibytes(256) }, props.resources),
          probes: { ready: http('http', '/ping'), alive: command('/usr/local/bin/healthcheck') },
        },
      ],
    });
    const service = new ExposedService(this, 'Service', {
      instance,
      workload,
      headless: true,
      ports: [{ name: 'http', port: 8086, target: 8086 }],
    });
    this.workload = workload.object;
    this.service = service.object;
    this.config = config.object;
    this.endpoint = service.endpoint('http');
  }

  /**
   * Adds a database, with a user who only writes and a user who only reads it.
   *
   * @param name The database's name: letters, digits, `_` and `-`, 48 at most, a letter first.
   * @param props Retention and users.
   */
  public addDatabase(name: string, props: TimeSeriesDatabaseProps = {}): TimeSeriesDatabase {
    const retention = props.retention ?? Duration.days(7);
    if (!/^[A-Za-z]([A-Za-z0-9_-]{0,46}[A-Za-z0-9])?$/.test(name)) {
      const allowed = "up to 48 letters, digits, '_' and '-', a letter first, a letter or digit last";
      problem(this, `database 'name' is '${name}'; use ${allowed}`);
      return TimeSeriesDatabase._missing();
    }
    if (this.accounts.has(`${accountName(name)}-writer`)) {
      const same = "one of that name, or one that differs only in case or by '_' for '-'";
      problem(this, `database 'name' is '${name}', but the server already has ${same}; use another name`);
      return TimeSeriesDatabase._missing();
    }
    const seconds = Math.ceil(retention.toMilliseconds() / 1000);
    if (seconds !== 0 && seconds < 3600) {
      problem(
        this,
        `'retention' of database '${name}' is ${seconds} s; use an hour or more, or Duration.days(0) for ever`,
      );
    }
    const writer = this.addUser(name, 'writer', 'WRITE', props.writer);
    const reader = this.addUser(name, 'reader', 'READ', props.reader);
    this.retentions.set(name, retention);
    return TimeSeriesDatabase._of(name, this.endpoint, writer, reader);
  }

  private addUser(database: string, role: string, privileges: string, given?: Credentials): Credentials {
    const account = `${accountName(database)}-${role}`;
    const secretName = `${this.instance.name}-${account}`;
    const credentials = Credentials._given(this, `${role}' of database '${database}`, given, () => {
      const values = { username: text(`${database}-${role}`), password: PASSWORD };
      return Credentials._generated(this, this.instance, secretName, values);
    });
    this.accounts.add(account, database, privileges, credentials);
    return credentials;
  }

  /** Series, writes and queries, from the server's own figures. */
  public monitoring(): Monitoring {
    const input = new TelegrafInput({
      plugin: 'influxdb',
      options: { urls: ['http://${host}:${port}/debug/vars'], timeout: '5s' },
      endpoint: this,
    });
    return { name: this.instance.name, inputs: [input], dashboard: asset('influxdb', 'dashboard.json') };
  }

  /** Database, retention and the time that one shard spans, as InfluxDB chooses it for such a retention. */
  private renderDatabases(): string {
    return [...this.retentions]
      .map(([name, retention]) => {
        const seconds = Math.ceil(retention.toMilliseconds() / 1000);
        const hours = seconds / 3600;
        const shard = hours === 0 || hours > 180 * 24 ? '7d' : hours < 48 ? '1h' : '1d';
        return `${name}\t${hours === 0 ? 'INF' : `${seconds}s`}\t${shard}\n`;
      })
      .join('');
  }
}
