import type { IConstruct } from 'constructs';
import { Credentials } from './credentials';
import { Endpoint, type IReachable } from './endpoint';
import { type Connection, connect, type Place } from './private/connection';
import type { Isolation } from './private/isolation';
import { isText, required } from './private/problems';

/** A database that runs outside this app. */
export interface ExternalDatabaseProps {
  /** Its server. */
  readonly server: IReachable;

  /** The name of the database on the server. */
  readonly name: string;

  /** A Secret with a user who may do everything in that database. */
  readonly credentials: Credentials;
}

/** One SQL database on a server, and the user to whom it belongs. */
export class Database {
  /**
   * A database that exists on a server outside this app.
   *
   * @param props Server, name and user.
   * @throws If the name is empty, or the credentials are no `Credentials`, such as a password itself.
   */
  public static external(props: ExternalDatabaseProps): Database {
    checkDatabaseName('Database.external', props.name);
    Credentials._check('Database.external', 'credentials', props.credentials);
    return new Database(props.name, props.server.endpoint, props.credentials);
  }

  /** @internal */
  public static _of(name: string, endpoint: Endpoint, credentials: Credentials): Database {
    return new Database(name, endpoint, credentials);
  }

  /** @internal */
  public static _missing(): Database {
    return Database._of('missing', Endpoint._missing().endpoint, Credentials.fromSecret('missing'));
  }

  private constructor(
    /** The name of the database on its server. */
    public readonly name: string,
    /** The server. */
    public readonly endpoint: Endpoint,
    /** The user, who may do everything in this database and nothing elsewhere. */
    public readonly credentials: Credentials,
  ) {}

  /**
   * Lets the pods of `client` use the database.
   * @internal
   */
  public _connect(scope: IConstruct, client: Isolation): Connection {
    return connect(scope, client, this);
  }
}

/** Servers of others have names of any kind. */
function checkDatabaseName(where: string, name: string): void {
  if (!isText(/^[^\r\n]+$/, name)) {
    throw new Error(`${where}: 'name' is '${name}'; use the name that the database has on its server`);
  }
}

/** A database of time series that runs outside this app. */
export interface ExternalTimeSeriesDatabaseProps {
  /** Its server, which speaks InfluxDB's 1.x API. */
  readonly server: IReachable;

  /** The name of the database on the server. */
  readonly name: string;

  /** A Secret with a user who may write to it. */
  readonly writer: Credentials;

  /** A Secret with a user who may read from it. */
  readonly reader: Credentials;

  /**
   * Whether it keeps means as `Downsampling.means` makes them, for Grafana's dashboard of them.
   * @default false
   */
  readonly means?: boolean;
}

interface TimeSeriesDatabaseParts {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly writer: Credentials;
  readonly reader: Credentials;
  readonly means?: boolean;
}

/** One database of time series, with a user who only writes and one who only reads. */
export class TimeSeriesDatabase {
  /**
   * A database that exists on a server outside this app.
   *
   * @param props Server, name and users.
   * @throws If the name is empty, or a user's credentials are no `Credentials`, such as a password itself.
   */
  public static external(props: ExternalTimeSeriesDatabaseProps): TimeSeriesDatabase {
    checkDatabaseName('TimeSeriesDatabase.external', props.name);
    Credentials._check('TimeSeriesDatabase.external', 'writer', props.writer);
    Credentials._check('TimeSeriesDatabase.external', 'reader', props.reader);
    return TimeSeriesDatabase._of({ ...props, endpoint: props.server.endpoint });
  }

  /** @internal */
  public static _of(props: TimeSeriesDatabaseParts): TimeSeriesDatabase {
    return new TimeSeriesDatabase(props.name, props.endpoint, props.writer, props.reader, props.means ?? false);
  }

  /** @internal */
  public static _missing(): TimeSeriesDatabase {
    const user = Credentials.fromSecret('missing');
    return TimeSeriesDatabase._of({
      name: 'missing',
      endpoint: Endpoint._missing().endpoint,
      writer: user,
      reader: user,
    });
  }

  /** @internal */
  public static _required(scope: IConstruct, database: TimeSeriesDatabase | undefined): TimeSeriesDatabase {
    const remedy = "pass influxdb.addDatabase('…') or TimeSeriesDatabase.external(…)";
    return required(scope, 'database', database, remedy, TimeSeriesDatabase._missing, TimeSeriesDatabase);
  }

  private constructor(
    /** The name of the database on its server. */
    public readonly name: string,
    /** The server. */
    public readonly endpoint: Endpoint,
    /** The user who may only write. */
    public readonly writer: Credentials,
    /** The user who may only read. */
    public readonly reader: Credentials,
    /** @internal */
    public readonly _hasMeans: boolean,
  ) {}

  /**
   * Lets the pods of `client` read the database.
   * @internal
   */
  public _connectReader(scope: IConstruct, client: Isolation): Connection {
    return connect(scope, client, { endpoint: this.endpoint, credentials: this.reader });
  }

  /**
   * Lets the pods of `client` write to the database.
   * @internal
   */
  public _connectWriter(scope: IConstruct, client: Isolation, place: (secretName: string) => Place): Connection {
    return connect(scope, client, { endpoint: this.endpoint, credentials: this.writer }, place);
  }
}
