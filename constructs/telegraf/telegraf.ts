import { type ApiObject, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset } from '../asset';
import { TimeSeriesDatabase } from '../database';
import type { Address } from '../endpoint';
import { imageOf } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { Config } from '../private/config';
import { type Connection, connect, type Place } from '../private/connection';
import { shortHash } from '../private/hash';
import { Isolation } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import { http, tcpSocket } from '../private/probe';
import { problem } from '../private/problems';
import { API_TOKEN, ServiceAccount } from '../private/service-account';
import type { Mount } from '../private/volume';
import { podField, Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { configFile, HEALTH_PORT, type WatchedInput } from './config-file';

/** What Telegraf can be told. */
export interface TelegrafProps extends ServiceProps {
  /** Where the figures go: `influxdb.addDatabase('metrics')`. Telegraf gets the user who only writes. */
  readonly database: TimeSeriesDatabase;

  /**
   * The services whose own figures are read. Those of all containers of the namespace are read in any case.
   * @default - none
   */
  readonly watch?: IMonitored[];

  /**
   * The time between two readings.
   * @default Duration.seconds(10)
   */
  readonly interval?: Duration;
}

/**
 * Telegraf: processor, memory, network, disk, processes, state and restarts of every container of the namespace, from
 * the kubelets and the API, and the own figures of the services that it watches, written to InfluxDB.
 */
export class Telegraf extends Construct implements IMonitored {
  /** The Deployment. */
  public readonly workload: ApiObject;
  /** The ConfigMap with `telegraf.conf`. */
  public readonly config: ApiObject;

  private readonly instance: Instance;
  private readonly watched = new Set<IMonitored>();
  private readonly inputs: WatchedInput[] = [];
  private readonly isolation: Isolation;

  /**
   * @param scope A chart, or a construct in one.
   * @param id Its name.
   * @param props Where figures go, and where they come from.
   */
  public constructor(scope: Construct, id: string, props: TelegrafProps) {
    super(scope, id);
    props ??= {} as TelegrafProps;
    const database = TimeSeriesDatabase._required(this, props.database);
    this.instance = instanceOf(this, 'telegraf', 'monitoring');
    const { instance } = this;
    const interval = props.interval ?? Duration.seconds(10);
    const milliseconds = interval.toMilliseconds();
    if (milliseconds < 1000 || milliseconds % 1000 !== 0) {
      problem(this, `'interval' is ${milliseconds} ms; use whole seconds, one or more`);
    }
    const seconds = Math.ceil(milliseconds / 1000);
    this.isolation = new Isolation(this, instance);
    this.isolation.allowToApiServer();
    this.isolation.allowToKubelets();
    const server = database._connectWriter(this, this.isolation, placeOf);
    const { inputs } = this;
    const mounts = (): Mount[] => {
      const used = [server.login, ...inputs.flatMap(({ login }) => login ?? [])];
      return [...new Map(used.map(({ secretName, mount }) => [secretName, mount])).values()];
    };
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'telegraf.conf': () => configFile({ database: database.name, server, inputs, seconds }),
      },
    });
    const workload = new Workload(this, 'Workload', {
      isolation: this.isolation,
      extras: props,
      serviceAccountName: this.kubeletReader(props.image === undefined),
      recreate: true,
      containers: [
        {
          name: 'telegraf',
          image: imageOf(this, 'telegraf', props.image),
          env: { POD_NAMESPACE: podField('metadata.namespace') },
          ports: { health: HEALTH_PORT },
          mounts: () => [config.at('/etc/telegraf'), API_TOKEN, ...mounts()],
          resources: requirements(
            this,
            { cpu: 0.02, memory: Size.mebibytes(48), memoryLimit: Size.mebibytes(192) },
            props.resources,
          ),
          probes: { ready: http('health', '/'), alive: tcpSocket('health') },
        },
      ],
    });
    for (const service of props.watch ?? []) {
      this.watch(service);
    }
    this.workload = workload.object;
    this.config = config.object;
  }

  /**
   * Reads the own figures of one more service, such as a Grafana that is made after Telegraf because it shows it.
   *
   * @param service The service. It is read once, however often it is given.
   */
  public watch(service: IMonitored): void {
    if (this.watched.has(service)) {
      return;
    }
    this.watched.add(service);
    const { name, inputs = [] } = service.monitoring();
    for (const { props } of inputs) {
      const { plugin, options, credentials } = props;
      const { endpoint } = props.endpoint;
      const server: Address & Partial<Connection> = credentials
        ? connect(this, this.isolation, { endpoint, credentials }, placeOf)
        : endpoint._connect(this.isolation);
      this.inputs.push({ plugin, options, service: name, ...server });
    }
  }

  /** What Telegraf reads of itself: points gathered, written and lost. */
  public monitoring(): Monitoring {
    return { name: this.instance.name, dashboard: asset('telegraf', 'dashboard.json') };
  }

  /**
   * An account that may read the kubelets' figures, and the state of its own namespace's pods and workloads. Telegraf as
   * others build it lists the kubelets' pods too, and for that may do what the kubelets can.
   */
  private kubeletReader(ownImage: boolean): string {
    const account = new ServiceAccount(this, 'ServiceAccount', this.instance);
    account.grantInCluster(
      { apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
      { apiGroups: [''], resources: ownImage ? ['nodes/stats'] : ['nodes/stats', 'nodes/proxy'], verbs: ['get'] },
    );
    account.grant(
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['list'] },
    );
    return account.name;
  }
}

/** Each login that Telegraf uses is in a folder of its own. */
function placeOf(secretName: string): Place {
  return { folder: `/run/secrets/${secretName}`, volume: `login-${shortHash([secretName])}` };
}
