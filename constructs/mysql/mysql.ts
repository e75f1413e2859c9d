import { type ApiObject, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { Accounts, accountName } from '../accounts';
import { asset } from '../asset';
import { BackedUp, type IBackedUp } from '../backed-up';
import { Config } from '../config';
import { Credentials, PASSWORD, text } from '../credentials';
import { Database } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import { ExposedService } from '../exposure';
import { imageOf } from '../images';
import { type IMonitored, type Monitoring, TelegrafInput } from '../monitoring';
import { type Instance, instanceOf } from '../names';
import type { ContainerProps } from '../pod';
import { problem } from '../problems';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { scratch } from '../volume';
import { command, Workload } from '../workload';

/** What a MySQL server can be told. */
export interface MySqlProps extends ServiceProps {
  /**
   * Where the data is kept.
   * @default - a claim of 5 GiB for one node
   */
  readonly storage?: Storage;

  /**
   * A Secret with root's password under `password`. Root logs in from inside the container only.
   * @default - a generated password, in the Secret of the server's name
   */
  readonly rootCredentials?: Credentials;

  /**
   * Server variables, by their names in MariaDB's documentation ("Server System Variables"), over those of `my.cnf`.
   * @default - none
   */
  readonly settings?: { readonly [variable: string]: string };
}

/** Who owns a new database. */
export interface DatabaseProps {
  /**
   * A Secret with the name and password of the database's user.
   * @default - a user of the database's name with a generated password, in the Secret '<server>-<database>'
   */
  readonly credentials?: Credentials;
}

const RESERVED = ['mysql', 'information_schema', 'performance_schema', 'sys', 'root', 'monitor', 'backup', 'restore'];
const OWNER = 'ALL PRIVILEGES';
/** What reading everything of a database takes; EXECUTE for views that call functions. */
const READ_ALL = 'SELECT, SHOW VIEW, EVENT, TRIGGER, SHOW CREATE ROUTINE, EXECUTE';
/** What exchanging its tables takes. */
const EXCHANGE = 'SELECT, INSERT, CREATE, ALTER, DROP';

/** Of the server's 500 status variables, those by which one sees how it fares. */
const FIGURES = [
  'aborted_*',
  'access_denied_errors',
  'bytes_*',
  'com_delete',
  'com_insert',
  'com_select',
  'com_update',
  'connection*',
  'created_tmp_*',
  'innodb_buffer_pool_*',
  'innodb_data_*',
  'innodb_deadlocks',
  'innodb_row_lock_*',
  'max_used_connections',
  'open_files',
  'open_tables',
  'queries',
  'questions',
  'rows_*',
  'select_*',
  'slow_queries',
  'sort_*',
  'table_locks_*',
  'threads_*',
  'uptime',
];

/** A MariaDB server, which speaks MySQL's protocol on port 3306 inside the cluster and never outside. */
export class MySql extends Construct implements IReachable, IMonitored, IBackedUp {
  /** The StatefulSet. */
  public readonly workload: ApiObject;
  /** The headless Service that gives the server its name. */
  public readonly service: ApiObject;
  /** The ConfigMap with `my.cnf`. */
  public readonly config: ApiObject;
  /** Root's password. */
  public readonly rootCredentials: Credentials;
  /** Where the server listens. */
  public readonly endpoint: Endpoint;

  private readonly instance: Instance;
  private readonly accounts = new Accounts();
  private readonly image: ContainerProps['image'];
  private readonly configVolume: Config;
  private readonly databases: string[] = [];
  private backupUsers?: BackupUsers;
  private monitorCredentials?: Credentials;

  /**
   * @param scope A chart, or a construct in one.
   * @param id The server's name, which is its host name too.
   * @param props Storage and settings.
   */
  public constructor(scope: Construct, id: string, props: MySqlProps = {}) {
    super(scope, id);
    this.instance = instanceOf(this, 'mysql', 'database');
    const { instance } = this;
    const storage = props.storage ?? Storage.claim();
    const data = storage._template({ instance, path: '/var/lib/mysql', size: Size.gibibytes(5) });
    this.rootCredentials = Credentials._given(this, 'rootCredentials', props.rootCredentials, () =>
      Credentials._generated(this, instance, instance.name, { password: PASSWORD }),
    );
    this.image = imageOf(this, 'mysql', props.image);
    const config = new Config(this, 'Config', {
      instance,
      files: { 'my.cnf': this.configFile(props.settings ?? {}), accounts: () => this.accounts.render() },
    });
    const workload = new Workload(this, 'Workload', {
      instance,
      extras: props,
      stateful: data,
      graceSeconds: 60,
      containers: [
        {
          name: 'mysql',
          image: this.image,
          env: { MYSQL_ROOT_PASSWORD_FILE: '/run/secrets/mysql/password' },
          ports: { mysql: 3306 },
          mounts: () => [
            data.mount,
            config.at('/etc/mysql'),
            this.rootCredentials._at('/run/secrets/mysql', 'root', ['password']),
            ...this.accounts.mounts(),
            scratch('tmp', '/tmp', Size.mebibytes(512)),
            scratch('run', '/run/mysqld', Size.mebibytes(1)),
          ],
          resources: requirements(
            this,
            {
              cpu: 0.1,
              memory: Size.mebibytes(160),
              memoryLimit: Size.mebibytes(512),
              ephemeralStorage: Size.gibibytes(1),
            },
            props.resources,
          ),
          probes: { ready: command('/usr/local/bin/healthcheck'), alive: command('pgrep', 'mysqld') },
        },
      ],
    });
    const service = new ExposedService(this, 'Service', {
      instance,
      workload,
      headless: true,
      ports: [{ name: 'mysql', port: 3306, target: 3306 }],
    });
    this.workload = workload.object;
    this.service = service.object;
    this.config = config.object;
    this.configVolume = config;
    this.endpoint = service.endpoint('mysql');
  }

  /**
   * Adds a database with a user of its own, who may do everything in it and nothing elsewhere. On a running server it
   * appears with the next start, and nothing in other databases changes.
   *
   * @param name The database's name: up to 48 letters, digits and `_`, a letter first.
   * @param props Who owns it.
   */
  public addDatabase(name: string, props: DatabaseProps = {}): Database {
    const account = accountName(name);
    const secretName = `${this.instance.name}-${account}`;
    const mistake = this.mistakeIn(name);
    if (mistake) {
      problem(this, `database 'name' is '${name}'${mistake}`);
      return Database._missing();
    }
    const credentials = Credentials._given(this, `credentials' of database '${name}`, props.credentials, () =>
      Credentials._generated(this, this.instance, secretName, { username: text(name), password: PASSWORD }),
    );
    this.accounts.add(account, name, OWNER, credentials);
    this.databases.push(name);
    if (this.backupUsers) {
      this.allowBackup(name, this.backupUsers);
    }
    return Database._of(name, this.endpoint, credentials);
  }

  /** Queries, connections, buffer pool and locks, read by a user who sees no data. */
  public monitoring(): Monitoring {
    const { name } = this.instance;
    const credentials = this.monitor();
    const input = new TelegrafInput({
      plugin: 'mysql',
      options: {
        servers: ['${username}:${password}@tcp(${host}:${port})/'],
        metric_version: 2,
        fieldinclude: FIGURES,
      },
      endpoint: this,
      credentials,
    });
    return {
      name,
      inputs: [input],
      dashboard: asset('mysql', 'dashboard.json'),
      alerts: asset('mysql', 'alerts.json'),
    };
  }

  /**
   * Each database as of one moment, with its views, triggers, events and routines, and without accounts. The user
   * 'backup' reads them; 'restore' exchanges their tables.
   */
  public backup(): BackedUp {
    if (!this.backupUsers) {
      const users = { backup: this.ownUser('backup'), restore: this.ownUser('restore') };
      this.backupUsers = users;
      this.accounts.add('restore', 'restore-%', OWNER, users.restore);
      for (const name of this.databases) {
        this.allowBackup(name, users);
      }
    }
    const accounts = { dump: [READ_ALL], verify: [], restore: [OWNER, EXCHANGE] };
    return BackedUp._by({
      instance: this.instance,
      image: this.image,
      endpoint: this.endpoint,
      resources: { cpu: 0.1, memory: Size.mebibytes(160), memoryLimit: Size.mebibytes(512) },
      mounts: (step) => [
        this.configVolume.at('/etc/mysql'),
        ...this.accounts.mounts(accounts[step]),
        scratch('run', '/run/mysqld', Size.mebibytes(1)),
      ],
    });
  }

  private allowBackup(database: string, { backup, restore }: BackupUsers): void {
    this.accounts.add('backup', database, READ_ALL, backup);
    this.accounts.add('restore', database, EXCHANGE, restore);
  }

  private mistakeIn(name: string): string | undefined {
    if (!/^[A-Za-z]([A-Za-z0-9_]{0,46}[A-Za-z0-9])?$/.test(name)) {
      return "; use up to 48 letters, digits and '_', a letter first and no '_' last";
    }
    if (RESERVED.includes(name.toLowerCase())) {
      return ', which the server keeps for itself; use another name';
    }
    return this.accounts.has(accountName(name))
      ? ', but the server already has one of that name, or one that differs only in case; use another name'
      : undefined;
  }

  private monitor(): Credentials {
    if (!this.monitorCredentials) {
      this.monitorCredentials = this.ownUser('monitor');
      this.accounts.add('monitor', '*', 'PROCESS', this.monitorCredentials);
    }
    return this.monitorCredentials;
  }

  private ownUser(name: string): Credentials {
    const values = { username: text(name), password: PASSWORD };
    return Credentials._generated(this, this.instance, `${this.instance.name}-${name}`, values);
  }

  private configFile(settings: { readonly [variable: string]: string }): string {
    const lines = Object.entries(settings).map(([variable, value]) => {
      if (!/^[a-z][a-z0-9_-]*$/.test(variable)) {
        problem(this, `'settings' has '${variable}', which is no server variable; use MariaDB's own names`);
      }
      if (/[\n\r]/.test(value)) {
        problem(this, `'settings' gives '${variable}' a value of several lines; use one`);
      }
      return `${variable} = ${value}\n`;
    });
    return asset('mysql', 'my.cnf') + (lines.length > 0 ? `\n[mariadbd]\n${lines.join('')}` : '');
  }
}

interface BackupUsers {
  readonly backup: Credentials;
  readonly restore: Credentials;
}
