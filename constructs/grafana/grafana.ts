import { type ApiObject, type Duration, Size, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import { asset } from '../asset';
import type { BoundCertificate, Certificate } from '../certificate';
import { Credentials } from '../credentials';
import { TimeSeriesDatabase } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import { ExposedService } from '../exposure/exposed-service';
import { type Exposure, hostsOf } from '../exposure/exposure';
import type { OutsidePort } from '../exposure/service-port';
import { imageOf } from '../images';
import { type IMonitored, type Monitoring, servedCertificate } from '../monitoring';
import { Config } from '../private/config';
import { type Instance, instanceOf } from '../private/names';
import { LASTING_PASSWORD, text } from '../private/secret-source';
import { scratch } from '../private/volume';
import { http, Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { checkHsts, seconds, TLS_FOLDER } from '../web/tls';
import type { ContactPoint } from './contact-point';
import { ALERTING, fits, provisioned } from './provisioning';
import { secretReference, secretVariable } from './secret-variable';

/** What Grafana can be told. */
export interface GrafanaProps extends ServiceProps {
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
   * The certificate with which port 3000 speaks TLS, and then nothing else.
   * @default - plain HTTP; TLS ends at an ingress, or at a proxy
   */
  readonly certificate?: Certificate;

  /**
   * For how long browsers shall come by TLS only (HSTS). They do so for every port of the host name, and nothing takes it
   * back from those that were told, but a visit with `Duration.seconds(0)` here. They ignore it for addresses.
   * @default - browsers are told nothing
   */
  readonly hsts?: Duration;

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

/** Grafana on port 3000, with its datasource, dashboards and alert rules provisioned from files. */
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
  public readonly _exposed: ExposedService;

  private readonly instance: Instance;
  private readonly speaksTls: boolean;

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
    this.adminCredentials = Credentials._given(this, 'adminCredentials', props.adminCredentials, () => {
      const values = { username: text('admin'), password: LASTING_PASSWORD, 'secret-key': LASTING_PASSWORD };
      return Credentials._generated(this, instance, instance.name, values);
    });
    const reader = database.reader._for(this, instance);
    const { contactPoint } = props;
    const config = new Config(this, 'Config', {
      instance,
      files: {
        'grafana.ini': asset('grafana', 'grafana.ini'),
        'datasource.yaml': datasource(database, instance.namespace),
        'dashboards.yaml': asset('grafana', 'dashboards.yaml'),
        ...(contactPoint && { 'contact-point.yaml': contactPoint._file }),
      },
    });
    const certificate = props.certificate?._bind(this, {
      instance,
      secretName: `${instance.name}-tls`,
      hosts: hostsOf(props.exposure),
    });
    this.speaksTls = certificate !== undefined;
    checkHsts(this, { ...props, speaksTls: this.speaksTls });
    const scheme = certificate && 'HTTPS';
    const services = [...(props.dashboards ?? []), ...(fits(instance.name) ? [this] : [])];
    const dashboards = provisioned(this, instance, {
      services,
      means: database._hasMeans,
      deletedAlerts: props.deletedAlerts ?? [],
    });
    const data = (props.storage ?? Storage.claim())._claim(this, {
      instance,
      path: '/var/lib/grafana',
      size: Size.gibibytes(1),
    });
    const workload = new Workload(this, 'Workload', {
      instance,
      extras: props,
      recreate: true,
      containers: [
        {
          name: 'grafana',
          image: imageOf(this, 'grafana', props.image),
          env: {
            ...secretVariable('ADMIN_USERNAME', '/run/secrets/grafana/username'),
            ...secretVariable('ADMIN_PASSWORD', '/run/secrets/grafana/password'),
            ...secretVariable('SECRET_KEY', '/run/secrets/grafana/secret-key'),
            ...secretVariable('READER_USERNAME', '/run/secrets/database/username'),
            ...secretVariable('READER_PASSWORD', '/run/secrets/database/password'),
            ...tlsVariables(certificate, props.hsts),
            ...contactPoint?._wiring.env(instance.namespace),
          },
          ports: { http: 3000 },
          mounts: () => [
            data,
            config.fileAt('grafana.ini', '/etc/grafana/grafana.ini'),
            config.fileAt('datasource.yaml', '/etc/grafana/provisioning/datasources/influxdb.yaml'),
            config.fileAt('dashboards.yaml', '/etc/grafana/provisioning/dashboards/services.yaml'),
            ...dashboards,
            ...(contactPoint
              ? [config.fileAt('contact-point.yaml', `${ALERTING}/contact-point.yaml`), ...contactPoint._wiring.mounts]
              : []),
            this.adminCredentials._at('/run/secrets/grafana', 'admin', ['username', 'password', 'secret-key']),
            reader._login('/run/secrets/database', 'database'),
            ...(certificate ? [certificate.at(TLS_FOLDER)] : []),
            scratch('tmp', '/tmp'),
          ],
          resources: requirements(this, { cpu: 0.05, memory: Size.mebibytes(192) }, props.resources),
          probes: { ready: http('http', '/api/health', scheme), alive: http('http', '/healthz', scheme) },
        },
      ],
    });
    database.endpoint._openTo(workload.isolation);
    contactPoint?._wiring.connect(workload.isolation);
    this._exposed = new ExposedService(this, 'Service', {
      instance,
      workload,
      exposure: props.exposure,
      ports: [{ name: 'http', port: 3000, target: 3000, scheme: certificate ? 'https' : 'http', certificate }],
    });
    this.workload = workload.object;
    this.service = this._exposed.object;
    this.config = config.object;
    this.endpoint = this._exposed.endpoint('http');
  }

  /** When its certificate ends, if it has one, and the figures of its container. */
  public monitoring(): Monitoring {
    return {
      name: this.instance.name,
      inputs: this.speaksTls ? [servedCertificate(this)] : [],
      dashboard: asset('grafana', 'dashboard.json'),
    };
  }

  /** @internal */
  public get _outside(): OutsidePort {
    return this._exposed.outside('http');
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
        user: secretReference('READER_USERNAME'),
        jsonData: { dbName: database.name, httpMode: 'POST' },
        secureJsonData: { password: secretReference('READER_PASSWORD') },
        isDefault: true,
        editable: false,
      },
    ],
  });
}
