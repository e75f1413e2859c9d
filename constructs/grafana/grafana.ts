import { type ApiObject, type Duration, Size, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import { asset } from '../asset';
import type { BoundCertificate } from '../certificate';
import { Credentials } from '../credentials';
import { TimeSeriesDatabase } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import type { ExposedPort } from '../exposure/exposed-port';
import { imageOf } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { Config } from '../private/config';
import type { Connection } from '../private/connection';
import { Isolation } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import { LASTING_PASSWORD, text } from '../private/secret-source';
import { scratch } from '../private/volume';
import { Where } from '../private/where';
import { Workload } from '../private/workload';
import { requirements } from '../resources';
import { Storage } from '../storage';
import { seconds, TLS_FOLDER } from '../web/tls';
import { WebFront } from '../web/web-front';
import type { WebProps } from '../web-props';
import type { ContactPoint } from './contact-point';
import { ALERTING, fits, Provisioning } from './provisioning';
import { secretReference, secretVariable } from './secret-variable';

const PORT = 3000;

/** What Grafana can be told. */
export interface GrafanaProps extends WebProps {
  /** Where the figures are: `influxdb.addDatabase('metrics')`. Grafana gets the user who only reads. */
  readonly database: TimeSeriesDatabase;

  /**
   * The services that have a dashboard each, and alert rules of their own. There is an overview of all in any case, a
   * dashboard of Grafana itself, and rules for what can go wrong with any pod.
   * @default - none
   */
  readonly dashboards?: IMonitored[];

  /**
   * Whom Grafana tells of alerts.
   * @default - nobody: alerts are to be seen in Grafana
   */
  readonly contactPoint?: ContactPoint;

  /**
   * The `uid` of each alert rule that was provisioned once and is no more, such as 'down-mysql' of a server that is gone:
   * Grafana keeps it in its own database until it is told. One that is not there any more does no harm.
   * @default - none
   */
  readonly deletedAlerts?: string[];

  /**
   * A Secret with the administrator's name and password, and `secret-key`, with which Grafana encrypts what it stores.
   * @default - the user 'admin' with a generated password, in the Secret of the server's name
   */
  readonly adminCredentials?: Credentials;

  /**
   * Where users, and dashboards that people make by hand, are kept. The provisioned ones need no storage.
   * @default - a claim of 1 GiB for one node
   */
  readonly storage?: Storage;
}

/**
 * Grafana on port 3000, which speaks TLS if it has a `certificate`, with its datasource, dashboards and alert rules provisioned
 * from files.
 */
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

  /** @internal */
  public readonly _exposed: ExposedPort;

  private readonly instance: Instance;
  private readonly front: WebFront;

  /**
   * @param scope A chart, or a construct in one.
   * @param id Its name.
   * @param props Figures and dashboards.
   */
  public constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id);
    props ??= {} as GrafanaProps;
    const database = TimeSeriesDatabase._required(this, props.database);
    this.instance = instanceOf(this, 'grafana', 'monitoring');
    const { instance } = this;
    this.adminCredentials = Credentials._given(this, new Where('adminCredentials'), props.adminCredentials, () => {
      const values = { username: text('admin'), password: LASTING_PASSWORD, 'secret-key': LASTING_PASSWORD };
      return Credentials._generated(this, instance, instance.name, values);
    });
    const admin = this.adminCredentials._at('/run/secrets/grafana', 'admin', ['username', 'password', 'secret-key']);
    const isolation = new Isolation(this, instance);
    const server = database._connectReader(this, isolation);
    const { contactPoint } = props;
    const told = contactPoint?._connect(isolation);
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'grafana.ini': asset('grafana', 'grafana.ini'),
        'datasource.yaml': datasource(database.name, server),
        'dashboards.yaml': asset('grafana', 'dashboards.yaml'),
        ...(contactPoint && { 'contact-point.yaml': contactPoint._file }),
      },
    });
    this.front = new WebFront(this, { instance, port: PORT, web: props });
    const provisioning = new Provisioning(this, instance);
    for (const service of new Set([...(props.dashboards ?? []), ...(fits(instance.name) ? [this] : [])])) {
      provisioning.add(service);
    }
    provisioning.deleteAlerts(props.deletedAlerts ?? []);
    const dashboards = provisioning.mounts(database._hasMeans);
    const data = (props.storage ?? Storage.claim())._claim(this, {
      instance,
      path: '/var/lib/grafana',
      size: Size.gibibytes(1),
    });
    const workload = new Workload(this, 'Workload', {
      isolation,
      extras: props,
      recreate: true,
      containers: [
        {
          name: 'grafana',
          image: imageOf(this, 'grafana', props.image),
          env: {
            ...secretVariable('ADMIN_USERNAME', admin.path('username')),
            ...secretVariable('ADMIN_PASSWORD', admin.path('password')),
            ...secretVariable('SECRET_KEY', admin.path('secret-key')),
            ...secretVariable('READER_USERNAME', server.login.path('username')),
            ...secretVariable('READER_PASSWORD', server.login.path('password')),
            ...tlsVariables(this.front.certificate, props.hsts),
            ...told?.env,
          },
          ports: { http: PORT },
          mounts: () => [
            data,
            config.fileAt('grafana.ini', '/etc/grafana/grafana.ini'),
            config.fileAt('datasource.yaml', '/etc/grafana/provisioning/datasources/influxdb.yaml'),
            config.fileAt('dashboards.yaml', '/etc/grafana/provisioning/dashboards/services.yaml'),
            ...dashboards,
            ...(told ? [config.fileAt('contact-point.yaml', `${ALERTING}/contact-point.yaml`), ...told.mounts] : []),
            admin.mount,
            server.login.mount,
            ...this.front.mounts,
            scratch('tmp', '/tmp'),
          ],
          resources: requirements(this, { cpu: 0.05, memory: Size.mebibytes(192) }, props.resources),
          probes: { ready: this.front.probe('/api/health'), alive: this.front.probe('/healthz') },
        },
      ],
    });
    this._exposed = this.front.expose(workload);
    this.workload = workload.object;
    this.service = this._exposed.service.object;
    this.config = config.object;
    this.endpoint = this._exposed.endpoint;
  }

  /** When its certificate ends, if it has one, and the figures of its container. */
  public monitoring(): Monitoring {
    return {
      name: this.instance.name,
      inputs: this.front.inputs(this),
      dashboard: asset('grafana', 'dashboard.json'),
    };
  }
}

/** With 'https' Grafana would take RSA key exchanges; 'h2' is TLS as well, and takes none (its http_server.go). */
function tlsVariables(certificate?: BoundCertificate, hsts?: Duration): { [name: string]: string } {
  return {
    ...(certificate && {
      GF_SERVER_PROTOCOL: 'h2',
      GF_SERVER_ROOT_URL: 'https://%(domain)s:%(http_port)s/',
      GF_SERVER_CERT_FILE: `${TLS_FOLDER}/tls.crt`,
      GF_SERVER_CERT_KEY: `${TLS_FOLDER}/tls.key`,
      GF_SERVER_CERTS_WATCH_INTERVAL: '10s',
      GF_SECURITY_COOKIE_SECURE: 'true',
    }),
    ...(hsts && {
      GF_SECURITY_STRICT_TRANSPORT_SECURITY: 'true',
      GF_SECURITY_STRICT_TRANSPORT_SECURITY_MAX_AGE_SECONDS: `${seconds(hsts)}`,
    }),
  };
}

/** The datasource, whose user and password Grafana reads from their files when it starts. */
function datasource(dbName: string, { address }: Connection): string {
  return Yaml.stringify({
    apiVersion: 1,
    datasources: [
      {
        name: 'InfluxDB',
        uid: 'influxdb',
        type: 'influxdb',
        access: 'proxy',
        url: `http://${address}`,
        user: secretReference('READER_USERNAME'),
        jsonData: { dbName, httpMode: 'POST' },
        secureJsonData: { password: secretReference('READER_PASSWORD') },
        isDefault: true,
        editable: false,
      },
    ],
  });
}
