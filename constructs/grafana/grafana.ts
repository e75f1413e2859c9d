import { type ApiObject, Size, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import { asset } from '../asset';
import { Config } from '../config';
import { Credentials, PASSWORD, text } from '../credentials';
import { TimeSeriesDatabase } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import { ExposedService, type Exposure, type IExposed, type OutsidePort } from '../exposure';
import { Images } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { type Instance, instanceOf } from '../names';
import { problem, required } from '../problems';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { scratch } from '../volume';
import { http, Workload } from '../workload';

/** What Grafana can be told. */
export interface GrafanaProps extends ServiceProps {
  /** Where the figures are: `influxdb.addDatabase('metrics')`. Grafana gets the user who only reads. */
  readonly database: TimeSeriesDatabase;

  /**
   * The services that have a dashboard each.
   * @default - none
   */
  readonly dashboards?: IMonitored[];

  /**
   * A Secret with the administrator's name and password, and `secret-key`, with which Grafana encrypts what it stores.
   * @default - the user 'admin' with a generated password, in the Secret of the server's name
   */
  readonly adminCredentials?: Credentials;

  /**
   * How it is reached on port 3000.
   * @default Exposure.clusterIp()
   */
  readonly exposure?: Exposure;

  /**
   * Where users, and dashboards that people make by hand, are kept. The provisioned ones need no storage.
   * @default - a claim of 1 GiB for one node
   */
  readonly storage?: Storage;
}

/** Grafana on port 3000, with its datasource and dashboards provisioned from files. */
export class Grafana extends Construct implements IReachable, IExposed, IMonitored {
  /** The Deployment. */
  public readonly workload: ApiObject;
  /** The Service. */
  public readonly service: ApiObject;
  /** The ConfigMap with `grafana.ini` and the provisioning. */
  public readonly config: ApiObject;
  /** The administrator's name and password. */
  public readonly adminCredentials: Credentials;
  /** Where it listens in the cluster. */
  public readonly endpoint: Endpoint;

  private readonly instance: Instance;
  private readonly exposed: ExposedService;

  /**
   * @param scope A chart, or a construct in one.
   * @param id Its name.
   * @param props Figures and dashboards.
   */
  public constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id);
    const remedy = "pass influxdb.addDatabase('…') or TimeSeriesDatabase.external(…)";
    const database = required(this, 'database', props?.database, remedy, TimeSeriesDatabase._missing);
    this.instance = instanceOf(this, 'grafana', 'monitoring');
    const { instance } = this;
    this.adminCredentials = Credentials._given(this, 'adminCredentials', props.adminCredentials, () => {
      const values = { username: text('admin'), password: PASSWORD, 'secret-key': PASSWORD };
      return Credentials._generated(this, instance, instance.name, values);
    });
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'grafana.ini': asset('grafana', 'grafana.ini'),
        'datasource.yaml': datasource(database, instance.namespace),
        'dashboards.yaml': asset('grafana', 'dashboards.yaml'),
      },
    });
    const dashboards = new Config(this, 'Dashboards', {
      instance,
      suffix: 'dashboards',
      files: this.dashboardFiles(props.dashboards ?? []),
    });
    const data = (props.storage ?? Storage.claim())._claim(this, {
      instance,
      path: '/var/lib/grafana',
      size: Size.gibibytes(1),
    });
    const workload = new Workload(this, 'Workload', {
      instance,
      recreate: true,
      containers: [
        {
          name: 'grafana',
          image: Images.of(this)._container('grafana', props.image),
          env: {
            GF_SECURITY_ADMIN_USER__FILE: '/run/secrets/grafana/username',
            GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/secrets/grafana/password',
            GF_SECURITY_SECRET_KEY__FILE: '/run/secrets/grafana/secret-key',
          },
          ports: { http: 3000 },
          mounts: () => [
            data,
            config.fileAt('grafana.ini', '/etc/grafana/grafana.ini'),
            config.fileAt('datasource.yaml', '/etc/grafana/provisioning/datasources/influxdb.yaml'),
            config.fileAt('dashboards.yaml', '/etc/grafana/provisioning/dashboards/services.yaml'),
            dashboards.at('/etc/grafana/dashboards'),
            this.adminCredentials._at('/run/secrets/grafana', 'admin', ['username', 'password', 'secret-key']),
            database.reader._login('/run/secrets/database', 'database'),
            scratch('tmp', '/tmp'),
          ],
          resources: requirements({ cpu: 0.05, memory: Size.mebibytes(192) }, props.resources),
          probes: { ready: http('http', '/api/health'), alive: http('http', '/healthz') },
        },
      ],
    });
    database.endpoint._openTo(workload.isolation);
    this.exposed = new ExposedService(this, 'Service', {
      instance,
      workload,
      exposure: props.exposure,
      ports: [{ name: 'http', port: 3000, target: 3000, scheme: 'http' }],
    });
    this.workload = workload.object;
    this.service = this.exposed.object;
    this.config = config.object;
    this.endpoint = this.exposed.endpoint('http');
  }

  /** The figures of its container. */
  public monitoring(): Monitoring {
    return { name: this.instance.name, dashboard: asset('grafana', 'dashboard.json') };
  }

  /** @internal */
  public get _outside(): OutsidePort {
    return this.exposed.outside('http');
  }

  private dashboardFiles(services: IMonitored[]): { [file: string]: string } {
    const files: { [file: string]: string } = {};
    for (const { name, dashboard } of services.map((service) => service.monitoring())) {
      if (files[`${name}.json`] !== undefined) {
        problem(this, `'dashboards' has two services called '${name}'; rename one of them`);
      }
      if (dashboard !== undefined) {
        files[`${name}.json`] = dashboard.replaceAll('${service}', name);
      }
    }
    return files;
  }
}

/** The datasource, whose user and password Grafana reads from their files. */
function datasource(database: TimeSeriesDatabase, namespace: string | undefined): string {
  return Yaml.stringify({
    apiVersion: 1,
    datasources: [
      {
        name: 'InfluxDB',
        uid: 'influxdb',
        type: 'influxdb',
        access: 'proxy',
        url: `http://${database.endpoint._hostFrom(namespace)}:${database.endpoint.port}`,
        user: '$__file{/run/secrets/database/username}',
        jsonData: { dbName: database.name, httpMode: 'POST' },
        secureJsonData: { password: '$__file{/run/secrets/database/password}' },
        isDefault: true,
        editable: false,
      },
    ],
  });
}
