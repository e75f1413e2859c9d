import { type ApiObject, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset } from '../asset';
import { BackedUp, type IBackedUp } from '../backed-up';
import { Credentials } from '../credentials';
import { Database } from '../database';
import { Endpoint, type IReachable } from '../endpoint';
import { ExposedService } from '../exposure/exposed-service';
import { imageOf } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { type Account, Accounts, accountName } from '../private/accounts';
import { Config } from '../private/config';
import { type Instance, instanceOf } from '../private/names';
import type { ContainerProps } from '../private/pod';
import { problem } from '../private/problems';
import { PASSWORD, text } from '../private/secret-source';
import { scratch } from '../private/volume';
import { Where } from '../private/where';
import type { Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { configFile } from './config-file';
import { mistakeIn } from './database-name';
import { figures, figuresOfOneOfSeveral } from './figures';
import { EXCHANGE, FOLLOW, OWNER, READ_ALL, WATCH, WATCH_REPLICAS } from './privileges';
import { type Replication, replication } from './replication';
import { PORT, server } from './server';
import { Topology } from './topology';

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

  /**
   * Servers beside the primary that hold a copy and answer reads (`readOnly`), up to 8. Each has a pod and a volume of
   * its own. They replicate asynchronously, within moments: a write that the primary has accepted can be missing in all
   * of them when the primary is lost.
   * @default 0
   */
  readonly readReplicas?: number;

  /**
   * The number of the server that takes writes, from 0 to `readReplicas`. Change it to switch over, and to fail over
   * when the primary is lost. Writes fail until the new primary has caught up with every server that answers.
   * @default 0
   */
  readonly primary?: number;
}

/** Who owns a new database. */
export interface DatabaseProps {
  /**
   * A Secret with the name and password of the database's user.
   * @default - a user of the database's name with a generated password, in the Secret '<server>-<database>'
   */
  readonly credentials?: Credentials;
}

/**
 * A MariaDB server, which speaks MySQL's protocol on port 3306 inside the cluster and never outside; with `readReplicas`, a
 * primary and servers that follow it.
 */
export class MySql extends Construct implements IReachable, IMonitored, IBackedUp {
  /** The StatefulSet, of the first server where there are several. */
  public readonly workload: ApiObject;
  /** The headless Service that gives the server its name, and leads to the primary where there are several. */
  public readonly service: ApiObject;
  /** The ConfigMap with `my.cnf`. */
  public readonly config: ApiObject;
  /** Root's password. */
  public readonly rootCredentials: Credentials;
  /** Where the server listens, or the primary. */
  public readonly endpoint: Endpoint;

  private readonly instance: Instance;
  private readonly accounts = new Accounts();
  private readonly image: ContainerProps['image'];
  private readonly configVolume: Config;
  private readonly databases: string[] = [];
  private readonly servers: readonly Workload[];
  /** Where there are several servers. */
  private readonly replication?: Replication;
  private readonly replicationUser?: Credentials;
  /** The replicas; or what stands in for them, once their absence is reported. */
  private reads?: IReachable;
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
    const topology = new Topology(this, instance, props);
    if (topology.isReplicated && storage._isExisting) {
      problem(
        this,
        "'storage' is a claim that exists, but each server of 'readReplicas' needs its own; use Storage.claim(...)",
      );
    }
    const data = storage._template(this, { instance, path: '/var/lib/mysql', size: Size.gibibytes(5) });
    this.rootCredentials = Credentials._given(this, new Where('rootCredentials'), props.rootCredentials, () =>
      Credentials._generated(this, instance, instance.name, { password: PASSWORD }),
    );
    this.image = imageOf(this, 'mysql', props.image);
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'my.cnf': configFile(this, { settings: props.settings ?? {}, isReplicated: topology.isReplicated }),
        accounts: () => this.accounts.render(),
      },
    });
    const root = this.rootCredentials._at('/run/secrets/mysql', 'root', ['password']);
    const mounts = () => [
      data.mount,
      config.at('/etc/mysql'),
      root.mount,
      ...this.accounts.mounts(),
      scratch('tmp', '/tmp', Size.mebibytes(512)),
      scratch('run', '/run/mysqld', Size.mebibytes(1)),
    ];
    const resources = requirements(
      this,
      {
        cpu: 0.1,
        memory: Size.mebibytes(160),
        memoryLimit: Size.mebibytes(512),
        ephemeralStorage: Size.gibibytes(1),
      },
      props.resources,
    );
    this.servers = topology.servers.map((number) =>
      server(number === 0 ? this : new Construct(this, `Server${number}`), {
        number,
        topology,
        image: this.image,
        root,
        stateful: data,
        mounts,
        resources,
        extras: props,
      }),
    );
    const { servers } = this;
    const [workload] = servers as [Workload];
    const port = { name: 'mysql', port: PORT, target: PORT };
    const service = new ExposedService(this, 'Service', {
      instance: topology.isReplicated ? { ...instance, selector: topology.withRole('primary') } : instance,
      workload,
      others: servers,
      ports: [port],
      headless: true,
    });
    if (topology.isReplicated) {
      this.replication = replication(this, { instance, topology, servers, port });
      this.reads = { endpoint: this.replication.replicas };
      this.replicationUser = this.ownUser('replication');
      this.accounts.add('replication', '*', FOLLOW, this.replicationUser);
    }
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
    const mistake = mistakeIn(name, this.accounts);
    if (mistake) {
      problem(this, mistake);
      return Database._missing();
    }
    const account = accountName(name);
    const secretName = `${this.instance.name}-${account}`;
    const credentials = Credentials._given(
      this,
      new Where('credentials', `database '${name}'`),
      props.credentials,
      () => Credentials._generated(this, this.instance, secretName, { username: text(name), password: PASSWORD }),
    );
    this.accounts.add(account, name, OWNER, credentials);
    this.databases.push(name);
    if (this.replicationUser) {
      this.accounts.add('replication', name, READ_ALL, this.replicationUser);
    }
    if (this.backupUsers) {
      this.allowBackup(name, this.backupUsers);
    }
    return Database._of(name, this.endpoint, credentials);
  }

  /** The StatefulSets of all servers, by their numbers. */
  public get workloads(): ApiObject[] {
    return this.servers.map(({ object }) => object);
  }

  /**
   * The read replicas, each of which is up to a minute behind the primary; connections are shared out among them.
   * Clients that write need the server itself.
   */
  public get readOnly(): IReachable {
    if (!this.reads) {
      problem(this, "'readOnly' was asked for, but there is no read replica; set readReplicas: 1 or more");
      this.reads = Endpoint._missing();
    }
    return this.reads;
  }

  /** Queries, connections, buffer pool, locks and replication of each server, read by a user who sees no data. */
  public monitoring(): Monitoring {
    const { name } = this.instance;
    const credentials = this.monitor();
    return {
      name,
      inputs: this.replication
        ? this.replication.servers.map((endpoint) => figuresOfOneOfSeveral({ endpoint }, credentials))
        : [figures(this, credentials)],
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
    const accounts = {
      dump: ({ name }: Account) => name === 'backup',
      verify: () => false,
      restore: ({ privileges }: Account) => [OWNER, EXCHANGE].includes(privileges),
    };
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

  private monitor(): Credentials {
    if (!this.monitorCredentials) {
      this.monitorCredentials = this.ownUser('monitor');
      this.accounts.add('monitor', '*', this.replication ? WATCH_REPLICAS : WATCH, this.monitorCredentials);
    }
    return this.monitorCredentials;
  }

  private ownUser(name: string): Credentials {
    const values = { username: text(name), password: PASSWORD };
    return Credentials._generated(this, this.instance, `${this.instance.name}-${name}`, values);
  }
}

interface BackupUsers {
  readonly backup: Credentials;
  readonly restore: Credentials;
}
