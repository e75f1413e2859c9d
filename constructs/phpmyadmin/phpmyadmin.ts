import { type ApiObject, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset, assets } from '../asset';
import { Credentials } from '../credentials';
import { Endpoint, type IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import type { ExposedPort } from '../exposure/exposed-port';
import { imageOf } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { Config } from '../private/config';
import { Isolation } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import { problem, required } from '../private/problems';
import { scaleOf } from '../private/replicas';
import { PASSWORD } from '../private/secret-source';
import { scratch } from '../private/volume';
import { Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ScalableProps } from '../scalable-props';
import type { Storage } from '../storage';
import { StatusPort } from '../web/status-port';
import { WebFront } from '../web/web-front';
import type { WebProps } from '../web-props';

const PORT = 5000;
const SESSIONS = '/var/lib/sessions';

/** What phpMyAdmin can be told. */
export interface PhpMyAdminProps extends WebProps, ScalableProps {
  /** The server that it administers: a `MySql`, or `Endpoint.external(...)`. */
  readonly server: IReachable;

  /**
   * Lets root log in, where the server lets root in over the network. Everybody else can anyway.
   * @default false
   */
  readonly allowRoot?: boolean;

  /**
   * Where it keeps who has logged in, so that a login outlives its pod: `Storage.claim()`, or `Storage.shared()` for more
   * than one pod.
   * @default - in the pod
   */
  readonly sessions?: Storage;
}

/**
 * phpMyAdmin with its own nginx, on port 5000, which speaks TLS if it has a `certificate`. It works at `/`, and behind a proxy
 * under any path.
 */
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
  public readonly _exposed: ExposedPort;

  private readonly instance: Instance;
  private readonly front: WebFront;
  private readonly status: StatusPort;

  /**
   * @param scope A chart, or a construct in one.
   * @param id Its name.
   * @param props The server that it administers.
   */
  public constructor(scope: Construct, id: string, props: PhpMyAdminProps) {
    super(scope, id);
    props ??= {} as PhpMyAdminProps;
    const endpoint = required(
      this,
      'server',
      props.server,
      'pass a MySql or Endpoint.external(…)',
      Endpoint._missing,
    ).endpoint;
    const { host, _speaks: speaks = 'mysql' } = endpoint;
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
    const cookies = secret._at('/run/secrets/phpmyadmin', 'cookies', ['blowfish-secret']);
    this.front = new WebFront(this, { instance, port: PORT, web: props });
    const isolation = new Isolation(this, instance);
    const server = endpoint._connect(isolation);
    const config = new Config(this, 'Config', {
      instance,
      files: {
        ...assets('phpmyadmin', 'nginx.conf', 'php-fpm.conf', 'php.ini', 'config.inc.php'),
        ...this.front.files,
      },
    });
    const workload = new Workload(this, 'Workload', {
      isolation,
      extras: props,
      scale,
      stayOnNode: props.sessions?._singleNode,
      containers: [
        {
          name: 'phpmyadmin',
          image: imageOf(this, 'phpmyadmin', props.image),
          env: {
            PMA_HOST: server.host,
            PMA_PORT: `${server.port}`,
            PMA_BLOWFISH_SECRET_FILE: cookies.path('blowfish-secret'),
            PMA_ALLOW_ROOT: `${props.allowRoot ?? false}`,
            ...(sessions && { PMA_SESSIONS: sessions.path }),
          },
          ports: { http: PORT, status: StatusPort.NUMBER },
          mounts: () => [
            config.at('/etc/pma'),
            cookies.mount,
            ...this.front.mounts,
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
          probes: { ready: this.front.probe('/fpm-ping'), alive: this.front.probe('/healthz') },
          drainSeconds: 10,
        },
      ],
    });
    this._exposed = this.front.expose(workload);
    this.status = new StatusPort(this, 'Status', { instance, workload });
    this.workload = workload.object;
    this.service = this._exposed.service.object;
    this.config = config.object;
    this.endpoint = this._exposed.endpoint;
  }

  /** Requests, connections and PHP's processes, and when a certificate ends. */
  public monitoring(): Monitoring {
    const inputs = [this.status.nginx(), this.status.phpFpm(), ...this.front.inputs(this)];
    return { name: this.instance.name, inputs, dashboard: asset('phpmyadmin', 'dashboard.json') };
  }
}
