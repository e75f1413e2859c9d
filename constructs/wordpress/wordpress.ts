import { type ApiObject, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset, assets } from '../asset';
import { BackedUp, type IBackedUp } from '../backed-up';
import type { Credentials } from '../credentials';
import { Database } from '../database';
import type { Endpoint, IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import type { ExposedPort } from '../exposure/exposed-port';
import { imageOf } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { Config } from '../private/config';
import { Isolation } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import type { ContainerProps } from '../private/pod';
import { isText, problem, required } from '../private/problems';
import { scaleOf } from '../private/replicas';
import { scratch } from '../private/volume';
import { Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ScalableProps } from '../scalable-props';
import { Storage } from '../storage';
import { StatusPort } from '../web/status-port';
import { WebFront } from '../web/web-front';
import type { WebProps } from '../web-props';
import { siteOf } from './site';
import { siteFile } from './site-file';
import { hostOf, urlOf } from './url';
import { checkUsers, LOGIN, type WordPressUser } from './user';

const PORT = 5050;

/** What a WordPress site can be told. */
export interface WordPressProps extends WebProps, ScalableProps {
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
   * Where uploads, and themes and plugins that were installed by hand, are kept. WordPress itself is in the image. More than one
   * pod needs `Storage.shared(...)`.
   * @default - a claim of 5 GiB for one node
   */
  readonly storage?: Storage;
}

/** A WordPress site: php-fpm and its own nginx, on port 5050, which speaks TLS if it has a `certificate`. */
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
  public readonly _exposed: ExposedPort;

  private readonly instance: Instance;
  private readonly front: WebFront;
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

    const isolation = new Isolation(this, instance);
    const server = database._connect(this, isolation);
    const shared = siteOf(this, instance, {
      name: props.site,
      database,
      logins: [admin, ...users].map(({ login }) => login).filter((login) => isText(LOGIN, login)),
      userPasswords: props.userPasswords,
    });
    this.userPasswords = shared.users;
    this.front = new WebFront(this, {
      instance,
      port: PORT,
      web: props,
      hosts: props.url === undefined ? [] : [hostOf(props.url)],
      endsBefore: props.url?.startsWith('https:'),
    });
    const config = new Config(this, 'Config', {
      instance,
      files: {
        ...assets('wordpress', 'nginx.conf', 'php-fpm.conf', 'php.ini', 'wp-config.php'),
        ...this.front.files,
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
    const key = shared.key._at('/run/secrets/wordpress', 'site', ['secret-key']);
    const passwords = this.userPasswords._at('/run/secrets/users', 'users');
    const base: Omit<ContainerProps, 'name' | 'resources'> = {
      image,
      env: {
        WORDPRESS_DB_HOST: server.address,
        WORDPRESS_DB_NAME: database.name,
        WORDPRESS_DB_USER_FILE: server.login.path('username'),
        WORDPRESS_DB_PASSWORD_FILE: server.login.path('password'),
        WORDPRESS_SECRET_KEY_FILE: key.path('secret-key'),
        ...(url !== undefined && { WORDPRESS_HOST: url }),
      },
      mounts: () => [
        data,
        config.at('/etc/wordpress'),
        key.mount,
        server.login.mount,
        scratch('tmp', '/tmp', Size.mebibytes(256)),
      ],
    };
    const workload = new Workload(this, 'Workload', {
      isolation,
      extras: props,
      scale,
      stayOnNode: storage._singleNode,
      initContainers: [
        {
          ...base,
          name: 'setup',
          args: ['wordpress-setup'],
          env: { ...base.env, WORDPRESS_USERS_DIR: passwords.mount.path },
          mounts: () => [...base.mounts(), passwords.mount],
          resources: requirements(this, { cpu: 0.1, memory: Size.mebibytes(128) }),
        },
      ],
      containers: [
        {
          ...base,
          name: 'wordpress',
          ports: { http: PORT, status: StatusPort.NUMBER },
          mounts: () => [...base.mounts(), ...this.front.mounts],
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
    return { name: this.instance.name, inputs, dashboard: asset('wordpress', 'dashboard.json') };
  }

  /** Uploads, themes and plugins. Posts and users are in the database. */
  public backup(): BackedUp {
    return this.backedUp;
  }
}
