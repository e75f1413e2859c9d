import type {
  BackupProps,
  ClusterNetwork,
  FtpsProps,
  GrafanaProps,
  Images,
  InfluxDbProps,
  MySqlProps,
  NginxProps,
  PhpMyAdminProps,
  Platform,
  Resources,
  Storage,
  TelegrafProps,
  WordPressProps,
} from '../constructs';

/** What differs between the places where the program runs. What is connected to what is in `main.ts`. */
export interface Environment {
  readonly namespace: string;
  readonly images: Images;
  /**
   * The file that keeps its passwords, keys and certificates, for places that are not to have the same.
   * @default '.credentials.json'
   */
  readonly credentials?: string;

  /**
   * Where the API server, the nodes and the resolvers are, for network policies.
   * @default - API server and nodes at any address, and the resolvers of usual clusters
   */
  readonly network?: ClusterNetwork;

  /**
   * Who chooses the users of pods.
   * @default Platform.kubernetes()
   */
  readonly platform?: Platform;

  /** What each service asks for and may use. */
  readonly resources: Resources;
  /** Where each service keeps its data, unless it says something else: one pod at a time uses it. */
  readonly storage: Storage;

  readonly nginx: Omit<NginxProps, 'routes' | 'ssh'>;
  readonly wordpress: Omit<WordPressProps, 'database' | 'title' | 'users'>;
  readonly phpmyadmin: Omit<PhpMyAdminProps, 'server'>;
  readonly ftps: FtpsProps;
  readonly grafana: Omit<GrafanaProps, 'database' | 'dashboards'>;
  readonly mysql?: MySqlProps;
  readonly influxdb?: InfluxDbProps;
  readonly telegraf?: Omit<TelegrafProps, 'database' | 'watch'>;

  /**
   * Backups of MySQL, WordPress and InfluxDB.
   * @default - none
   */
  readonly backup?: Omit<BackupProps, 'of'>;
}
