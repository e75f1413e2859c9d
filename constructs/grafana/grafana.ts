import { type ApiObject, Size, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import { asset } from '../asset';
import { Config } from '../config';
import { Credentials, PASSWORD, text } from '../credentials';
import { TimeSeriesDatabase } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import { ExposedService, type Exposure, type IExposed, type OutsidePort } from '../exposure';
import { imageOf } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { type Instance, instanceOf } from '../names';
import { problem, required } from '../problems';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { type Mount, scratch } from '../volume';
import { http, Workload } from '../workload';

/** Grafana identifies a dashboard by at most 40 characters, of which 'service-' takes eight. */
const LONGEST_NAME = 32;

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
    props ??= {} as GrafanaProps;
    const remedy = "pass influxdb.addDatabase('…') or TimeSeriesDatabase.external(…)";
    const database = required(this, 'database', props.database, remedy, TimeSeriesDatabase._missing);
    this.instance = instanceOf(this, 'grafana', 'monitoring');
    const { instance } = this;
    this.adminCredentials = Credentials._given(this, 'adminCredentials', props.adminCredentials, () => {
      const values = { username: text('admin'), password: PASSWORD, 'secret-key': PASSWORD };
      return Credentials._generated(this, instance, instance.name, values);
    });
    const reader = database.reader._for(this, instance);
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'grafana.ini': asset('grafana', 'grafana.ini'),
        'datasource.yaml': datasource(database, instance.namespace),
        'dashboards.yaml': asset('grafana', 'dashboards.yaml'),
      },
    });
    const dashboards = this.dashboards(props.dashboards ?? []);
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
          image: imageOf(this, 'grafana', props.image),
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
            ...(dashboards.length > 0
              ? [config.fileAt('dashboards.yaml', '/etc/grafana/provisioning/dashboards/services.yaml'), ...dashboards]
              : []),
            this.adminCredentials._at('/run/secrets/grafana', 'admin', ['username', 'password', 'secret-key']),
            reader._login('/run/secrets/database', 'database'),
            scratch('tmp', '/tmp'),
          ],
          resources: requirements(this, { cpu: 0.05, memory: Size.mebibytes(192) }, props.resources),
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

  /** One ConfigMap a dashboard: what `kubectl apply` notes of a single one for all would soon be too long. */
  private dashboards(services: IMonitored[]): Mount[] {
    const names = new Set<string>();
    return [...new Set(services)].flatMap((service) => {
      const { name, dashboard } = service.monitoring();
      if (names.has(name)) {
        problem(this, `'dashboards' has two services called '${name}'; rename one of them`);
        return [];
      }
      names.add(name);
      if (dashboard === undefined) {
        return [];
      }
      const content = compact(dashboard.replaceAll('${service}', name));
      if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > LONGEST_NAME) {
        problem(this, `'dashboards' has a service called '${name}'; use up to ${LONGEST_NAME} of a-z, 0-9 and '-'`);
        return [];
      }
      if (content === undefined) {
        problem(this, `'dashboards' has one for '${name}' that is no JSON; pass a dashboard as Grafana exports it`);
        return [];
      }
      const file = `${name}.json`;
      const config = new Config(this, `Dashboard-${name}`, {
        instance: this.instance,
        suffix: `dashboard-${name}`,
        files: { [file]: content },
      });
      return [config.fileAt(file, `/etc/grafana/dashboards/${file}`)];
    });
  }
}

/** The same JSON on one line. */
function compact(json: string): string | undefined {
  try {
    return `${JSON.stringify(JSON.parse(json))}\n`;
  } catch {
    return undefined;
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
