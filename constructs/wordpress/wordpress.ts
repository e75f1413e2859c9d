import { type ApiObject, type Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset, assets } from '../asset';
import type { Autoscaling } from '../autoscaling';
import { BackedUp, type IBackedUp } from '../backed-up';
import type { Certificate } from '../certificate';
import type { Credentials } from '../credentials';
import { Database } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import { ExposedService } from '../exposure/exposed-service';
import { type Exposure, hostsOf } from '../exposure/exposure';
import type { OutsidePort } from '../exposure/service-port';
import { imageOf } from '../images';
import { type IMonitored, type Monitoring, servedCertificate } from '../monitoring';
import { Config } from '../private/config';
import { type Instance, instanceOf } from '../private/names';
import type { ContainerProps } from '../private/pod';
import { isText, problem, required } from '../private/problems';
import { scaleOf } from '../private/replicas';
import { scratch } from '../private/volume';
import { http, Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { StatusPort } from '../web/status-port';
import { checkHsts, hstsFile, listenFiles, TLS_FOLDER } from '../web/tls';
import { siteOf } from './site';
import { siteFile } from './site-file';
import { hostOf, urlOf } from './url';
import { checkUsers, LOGIN, type WordPressUser } from './user';

/** What a WordPress site can be told. */
export interface WordPressProps extends ServiceProps {
  /** Where posts, comments and users are kept: `mysql.addDatabase('blog')`, or `Database.external(...)`. */
  readonly database: Database;

  /**
   * The site of which this is one version: its Secrets and its claim have that name, and versions that name the same site
   * share them (see `BlueGreen`). They need the same `database` and `users`.
   * @default - the site has one version, and its name
   */
  readonly site?: string;

  /**
   * The site's title, at its first start. From then on it is changed in WordPress.
   * @default - the site's name
   */
  readonly title?: string;

  /**
   * The administrator, made at the first start.
   * @default - a user 'admin'
   */
  readonly admin?: WordPressUser;

  /**
   * More users, each made at the first start that finds it missing.
   * @default - none
   */
  readonly users?: WordPressUser[];

  /**
   * The passwords of all users, each under its login.
   * @default - generated ones, in the Secret '<site>-users'
   */
  readonly userPasswords?: Credentials;

  /**
   * The one address of the site, such as `https://blog.example.org`.
   * @default - the host of an ingress or gateway exposure; else whatever address a request came by, so that a new one breaks nothing
   */
  readonly url?: string;

  /**
   * The certificate with which port 5050 speaks TLS. Plain HTTP that comes there is redirected to it.
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
   * How the site is reached on port 5050.
   * @default Exposure.clusterIp()
   */
  readonly exposure?: Exposure;

  /**
   * Where uploads, and themes and plugins that were installed by hand, are kept. WordPress itself is in the image.
   * @default - a claim of 5 GiB for one node
   */
  readonly storage?: Storage;

  /**
   * How many pods serve the site. More than one needs `Storage.shared(...)`.
   * @default 1
   */
  readonly replicas?: number;

  /**
   * A number of pods that follows the load, in place of `replicas`. More than one needs `Storage.shared(...)`.
   * @default - always as many as `replicas`
   */
  readonly autoscaling?: Autoscaling;
}

/** A WordPress site: php-fpm and its own nginx, on port 5050. */
export class WordPress extends Construct implements IReachable, IExposed, IMonitored, IBackedUp {
  /** The Deployment. */
  public readonly workload: ApiObject;
  /** The Service. */
  public readonly service: ApiObject;
  /** The ConfigMap with the configuration of nginx, PHP and the site. */
  public readonly config: ApiObject;
  /** The passwords of all users, each under its login. */
  public readonly userPasswords: Credentials;
  /** Where the site listens in the cluster. */
  public readonly endpoint: Endpoint;

  /** @internal */
  public readonly _exposed: ExposedService;

  private readonly instance: Instance;
  private readonly backedUp: BackedUp;
  private readonly status: StatusPort;

  /**
   * @param scope A chart, or a construct in one.
   * @param id The site's name.
   * @param props The database, and what the site is like.
   */
  public constructor(scope: Construct, id: string, props: WordPressProps) {
    super(scope, id);
    props ??= {} as WordPressProps;
    const remedy = "pass mysql.addDatabase('…') or Database.external(…)";
    const database = required(this, 'database', props.database, remedy, Database._missing, Database);
    this.instance = instanceOf(this, 'wordpress', 'web');
    const { instance } = this;
    const storage = props.storage ?? Storage.claim();
    const scale = scaleOf(this, props, storage);
    const admin = { login: 'admin', ...props.admin };
    const users = props.users ?? [];
    checkUsers(this, admin, users);
    if (props.title !== undefined && typeof props.title !== 'string') {
      problem(this, "'title' is no text; pass one that is known now");
    }
    const url = urlOf(this, props);

    const databaseLogin = database.credentials._for(this, instance);
    const shared = siteOf(this, instance, {
      name: props.site,
      database,
      logins: [admin, ...users].map(({ login }) => login).filter((login) => isText(LOGIN, login)),
      userPasswords: props.userPasswords,
    });
    this.userPasswords = shared.users;
    const certificate = props.certificate?._bind(this, {
      instance,
      secretName: `${instance.name}-tls`,
      hosts: [...hostsOf(props.exposure), ...(props.url === undefined ? [] : [hostOf(props.url)])],
    });
    const config = new Config(this, 'Config', {
      instance,
      files: {
        ...assets('wordpress', 'nginx.conf', 'php-fpm.conf', 'php.ini', 'wp-config.php'),
        ...listenFiles(5050, certificate),
        ...hstsFile(props.hsts),
        'site.json': siteFile(props.title ?? props.site ?? id, admin, users),
      },
    });
    const data = storage._claim(this, {
      instance: shared.instance,
      isMade: shared.isMade,
      path: '/var/lib/wp-content',
      size: Size.gibibytes(5),
    });
    const image = imageOf(this, 'wordpress', props.image);
    this.backedUp = BackedUp._by({
      // the data is the site's, whichever version saves it
      instance: { ...instance, name: shared.instance.name },
      image,
      resources: { cpu: 0.05, memory: Size.mebibytes(32), memoryLimit: Size.mebibytes(256) },
      mounts: (step) => (step === 'verify' ? [] : [{ ...data, writable: step === 'restore' }]),
      onItsNode: storage._singleNode,
    });
    const speaksTls = certificate !== undefined || props.url?.startsWith('https:') === true;
    checkHsts(this, { ...props, speaksTls });
    const base: Omit<ContainerProps, 'name' | 'resources'> = {
      image,
      env: {
        WORDPRESS_DB_HOST: `${database.endpoint._hostFrom(instance.namespace)}:${database.endpoint.port}`,
        WORDPRESS_DB_NAME: database.name,
        WORDPRESS_DB_USER_FILE: '/run/secrets/database/username',
        WORDPRESS_DB_PASSWORD_FILE: '/run/secrets/database/password',
        WORDPRESS_SECRET_KEY_FILE: '/run/secrets/wordpress/secret-key',
        ...(url !== undefined && { WORDPRESS_HOST: url }),
      },
      mounts: () => [
        data,
        config.at('/etc/wordpress'),
        shared.key._at('/run/secrets/wordpress', 'site', ['secret-key']),
        databaseLogin._login('/run/secrets/database', 'database'),
        scratch('tmp', '/tmp', Size.mebibytes(256)),
      ],
    };
    const scheme = certificate && 'HTTPS';
    const workload = new Workload(this, 'Workload', {
      instance,
      extras: props,
      scale,
      stayOnNode: storage._singleNode,
      initContainers: [
        {
          ...base,
          name: 'setup',
          args: ['wordpress-setup'],
          env: { ...base.env, WORDPRESS_USERS_DIR: '/run/secrets/users' },
          mounts: () => [...base.mounts(), this.userPasswords._at('/run/secrets/users', 'users')],
          resources: requirements(this, { cpu: 0.1, memory: Size.mebibytes(128) }),
        },
      ],
      containers: [
        {
          ...base,
          name: 'wordpress',
          ports: { http: 5050, status: StatusPort.NUMBER },
          mounts: () => [...base.mounts(), ...(certificate ? [certificate.at(TLS_FOLDER)] : [])],
          resources: requirements(
            this,
            {
              cpu: 0.1,
              memory: Size.mebibytes(128),
              memoryLimit: Size.mebibytes(512),
              ephemeralStorage: Size.mebibytes(512),
            },
            props.resources,
          ),
          probes: { ready: http('http', '/fpm-ping', scheme), alive: http('http', '/healthz', scheme) },
          drainSeconds: 10,
        },
      ],
    });
    database.endpoint._openTo(workload.isolation);
    this._exposed = new ExposedService(this, 'Service', {
      instance,
      workload,
      exposure: props.exposure,
      ports: [{ name: 'http', port: 5050, target: 5050, scheme: certificate ? 'https' : 'http', certificate }],
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
    return { name: this.instance.name, inputs, dashboard: asset('wordpress', 'dashboard.json') };
  }

  /** Uploads, themes and plugins. Posts and users are in the database. */
  public backup(): BackedUp {
    return this.backedUp;
  }

  /** @internal */
  public get _outside(): OutsidePort {
    return this._exposed.outside('http');
  }
}
