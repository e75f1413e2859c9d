import { type ApiObject, type Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset, assets } from '../asset';
import type { Autoscaling } from '../autoscaling';
import type { Certificate } from '../certificate';
import { Credentials } from '../credentials';
import { Endpoint, type IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import { ExposedService } from '../exposure/exposed-service';
import { type Exposure, hostsOf } from '../exposure/exposure';
import type { OutsidePort } from '../exposure/service-port';
import { imageOf } from '../images';
import { type IMonitored, type Monitoring, servedCertificate } from '../monitoring';
import { Config } from '../private/config';
import { type Instance, instanceOf } from '../private/names';
import { problem, required } from '../private/problems';
import { scaleOf } from '../private/replicas';
import { PASSWORD } from '../private/secret-source';
import { scratch } from '../private/volume';
import { http, Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import type { Storage } from '../storage';
import { StatusPort } from '../web/status-port';
import { checkHsts, hstsFile, listenFiles, TLS_FOLDER } from '../web/tls';

const SESSIONS = '/var/lib/sessions';

/** What phpMyAdmin can be told. */
export interface PhpMyAdminProps extends ServiceProps {
  /** The server that it administers: a `MySql`, or `Endpoint.external(...)`. */
  readonly server: IReachable;

  /**
   * Lets root log in, where the server lets root in over the network. Everybody else can anyway.
   * @default false
   */
  readonly allowRoot?: boolean;

  /**
   * The certificate with which port 5000 speaks TLS. Plain HTTP that comes there is redirected to it.
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
   * How it is reached on port 5000.
   * @default Exposure.clusterIp()
   */
  readonly exposure?: Exposure;

  /**
   * Where it keeps who has logged in, so that a login outlives its pod: `Storage.claim()`, or `Storage.shared()` for more
   * than one pod.
   * @default - in the pod
   */
  readonly sessions?: Storage;

  /**
   * How many pods serve it. More than one needs `sessions: Storage.shared()`.
   * @default 1
   */
  readonly replicas?: number;

  /**
   * A number of pods that follows the load, in place of `replicas`. More than one needs `sessions: Storage.shared()`.
   * @default - always as many as `replicas`
   */
  readonly autoscaling?: Autoscaling;
}

/** phpMyAdmin with its own nginx, on port 5000. It works at `/`, and behind a proxy under any path. */
export class PhpMyAdmin extends Construct implements IReachable, IExposed, IMonitored {
  /** The Deployment. */
  public readonly workload: ApiObject;
  /** The Service. */
  public readonly service: ApiObject;
  /** The ConfigMap with the configuration of nginx, PHP and phpMyAdmin. */
  public readonly config: ApiObject;
  /** Where it listens in the cluster. */
  public readonly endpoint: Endpoint;

  /** @internal */
  public readonly _exposed: ExposedService;

  private readonly instance: Instance;
  private readonly status: StatusPort;

  /**
   * @param scope A chart, or a construct in one.
   * @param id Its name.
   * @param props The server that it administers.
   */
  public constructor(scope: Construct, id: string, props: PhpMyAdminProps) {
    super(scope, id);
    props ??= {} as PhpMyAdminProps;
    const server = required(
      this,
      'server',
      props.server,
      'pass a MySql or Endpoint.external(…)',
      Endpoint._missing,
    ).endpoint;
    const { host, _speaks: speaks = 'mysql' } = server;
    if (speaks !== 'mysql') {
      problem(this, `'server' is '${host}', which speaks ${speaks} and not MySQL's protocol; pass a MySql`);
    }
    this.instance = instanceOf(this, 'phpmyadmin', 'web');
    const { instance } = this;
    const scale = scaleOf(this, props, props.sessions);
    if (scale.most > 1 && !props.sessions) {
      problem(
        this,
        `there may be ${scale.most} pods, but a login is known to the pod alone that it was made at; ` +
          'add sessions: Storage.shared(), or have one pod',
      );
    }
    const sessions = props.sessions?._claim(this, { instance, path: SESSIONS, size: Size.gibibytes(1) });
    const secret = Credentials._generated(this, instance, instance.name, { 'blowfish-secret': PASSWORD });
    const certificate = props.certificate?._bind(this, {
      instance,
      secretName: `${instance.name}-tls`,
      hosts: hostsOf(props.exposure),
    });
    checkHsts(this, { ...props, speaksTls: certificate !== undefined });
    const config = new Config(this, 'Config', {
      instance,
      files: {
        ...assets('phpmyadmin', 'nginx.conf', 'php-fpm.conf', 'php.ini', 'config.inc.php'),
        ...listenFiles(5000, certificate),
        ...hstsFile(props.hsts),
      },
    });
    const scheme = certificate && 'HTTPS';
    const workload = new Workload(this, 'Workload', {
      instance,
      extras: props,
      scale,
      stayOnNode: props.sessions?._singleNode,
      containers: [
        {
          name: 'phpmyadmin',
          image: imageOf(this, 'phpmyadmin', props.image),
          env: {
            PMA_HOST: server._hostFrom(instance.namespace),
            PMA_PORT: `${server.port}`,
            PMA_BLOWFISH_SECRET_FILE: '/run/secrets/phpmyadmin/blowfish-secret',
            PMA_ALLOW_ROOT: `${props.allowRoot ?? false}`,
            ...(sessions && { PMA_SESSIONS: sessions.path }),
          },
          ports: { http: 5000, status: StatusPort.NUMBER },
          mounts: () => [
            config.at('/etc/pma'),
            secret._at('/run/secrets/phpmyadmin', 'cookies', ['blowfish-secret']),
            ...(certificate ? [certificate.at(TLS_FOLDER)] : []),
            ...(sessions ? [sessions] : []),
            scratch('tmp', '/tmp', Size.mebibytes(256)),
          ],
          resources: requirements(
            this,
            {
              cpu: 0.05,
              memory: Size.mebibytes(64),
              memoryLimit: Size.mebibytes(384),
              ephemeralStorage: Size.mebibytes(512),
            },
            props.resources,
          ),
          probes: { ready: http('http', '/fpm-ping', scheme), alive: http('http', '/healthz', scheme) },
          drainSeconds: 10,
        },
      ],
    });
    server._openTo(workload.isolation);
    this._exposed = new ExposedService(this, 'Service', {
      instance,
      workload,
      exposure: props.exposure,
      ports: [{ name: 'http', port: 5000, target: 5000, scheme: certificate ? 'https' : 'http', certificate }],
    });
    this.status = new StatusPort(this, 'Status', { instance, workload });
    this.workload = workload.object;
    this.service = this._exposed.object;
    this.config = config.object;
    this.endpoint = this._exposed.endpoint('http');
  }

  /** Requests, connections and PHP's processes, and when a certificate ends. */
  public monitoring(): Monitoring {
    const certificate = this.endpoint._certificate ? [servedCertificate(this)] : [];
    const inputs = [this.status.nginx(), this.status.phpFpm(), ...certificate];
    return { name: this.instance.name, inputs, dashboard: asset('phpmyadmin', 'dashboard.json') };
  }

  /** @internal */
  public get _outside(): OutsidePort {
    return this._exposed.outside('http');
  }
}
