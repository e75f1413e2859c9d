import { type ApiObject, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { asset, assets } from '../asset';
import { Certificate } from '../certificate';
import { Credentials } from '../credentials';
import type { Address, Endpoint, IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import type { ExposedPort } from '../exposure/exposed-port';
import type { OutsidePort, ServicePort } from '../exposure/service-port';
import { imageOf } from '../images';
import type { IMonitored, Monitoring } from '../monitoring';
import { Config } from '../private/config';
import { Isolation } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import type { ContainerProps } from '../private/pod';
import { command, http, tcpSocket } from '../private/probe';
import { problem } from '../private/problems';
import { scaleOf } from '../private/replicas';
import { text } from '../private/secret-source';
import { type Mount, scratch } from '../private/volume';
import { Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ScalableProps } from '../scalable-props';
import { StatusPort } from '../web/status-port';
import { hstsFile, tlsFile } from '../web/tls';
import { WebFront } from '../web/web-front';
import type { WebProps } from '../web-props';
import type { Route } from './route';
import { authorityFolder, redirectFile, routesFile } from './server-config';

const HTTP_PORT = 8080;
const HTTPS_PORT = 8443;
const SSH_PORT = 2222;
/** The user of the SSH container: not nginx's, so that it cannot read the key of the certificate. */
const SSH_USER = 10002;
/** For how long a pod that ends still serves, until every node has taken it out of the Service. */
const DRAIN_SECONDS = 10;
/** The kinds that sshd_config accepts. */
const PUBLIC_KEY =
  /^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/]{40,}={0,3}( .*)?$/;

/** Logins by SSH. */
export interface SshProps {
  /**
   * The public keys that may log in as user 'ssh', as lines of an `authorized_keys` file.
   * @default - one generated key; its private half is `login-key` in the Secret '<nginx>-ssh', and in no pod
   */
  readonly authorizedKeys?: string[];
}

/** What nginx can be told. */
export interface NginxProps extends WebProps, ScalableProps {
  /**
   * What it does with which path. `/` is a page of welcome unless a route takes it.
   * @default - no routes
   */
  readonly routes?: Route[];

  /**
   * Logins by SSH on port 22, with keys only, into a container beside nginx.
   * @default - none
   */
  readonly ssh?: SshProps;
}

/** nginx as the entry point, on ports 80 and 443, and 22 for SSH: plain HTTP is redirected to TLS, and routes lead to other services. */
export class Nginx extends Construct implements IReachable, IExposed, IMonitored {
  /** The Deployment. */
  public readonly workload: ApiObject;
  /** The Service. */
  public readonly service: ApiObject;
  /** The ConfigMap with nginx's and sshd's configuration. */
  public readonly config: ApiObject;
  /** Where it listens in the cluster, with TLS. */
  public readonly endpoint: Endpoint;

  /** @internal */
  public readonly _exposed: ExposedPort;

  private readonly instance: Instance;
  private readonly front: WebFront;
  private readonly status: StatusPort;

  /**
   * @param scope A chart, or a construct in one.
   * @param id Its name.
   * @param props Routes and certificate.
   */
  public constructor(scope: Construct, id: string, props: NginxProps = {}) {
    super(scope, id);
    this.instance = instanceOf(this, 'nginx', 'web');
    const { instance } = this;
    const routes = props.routes ?? [];
    const scale = scaleOf(this, props);
    const isolation = new Isolation(this, instance);
    const upstreams = new Map<Route, Address>();
    for (const route of routes) {
      if (route._proxied) {
        upstreams.set(route, route._proxied.endpoint._connect(isolation));
      }
    }
    const serverConfig = () => ({
      routes,
      upstreams,
      http: this._exposed.service.outside('http'),
      https: this._exposed.outside,
    });
    const config = new Config(this, 'Config', {
      instance,
      files: {
        ...assets('nginx', 'nginx.conf', 'index.html'),
        'routes.conf': () => routesFile(serverConfig()),
        'redirect.conf': () => redirectFile(serverConfig()),
        ...tlsFile(),
        ...hstsFile(props.hsts),
      },
    });
    const certificate = props.certificate ?? Certificate.selfSigned();
    this.front = new WebFront(this, { instance, port: HTTPS_PORT, web: { ...props, certificate } });
    const image = imageOf(this, 'nginx', props.image);
    const workload = new Workload(this, 'Workload', {
      isolation,
      extras: props,
      scale,
      containers: [
        {
          name: 'nginx',
          image,
          ports: { http: HTTP_PORT, https: HTTPS_PORT, status: StatusPort.NUMBER },
          mounts: () => [
            config.at('/etc/nginx-config'),
            ...this.front.mounts,
            ...authoritiesOf(routes),
            scratch('tmp', '/tmp', Size.mebibytes(128)),
          ],
          resources: requirements(
            this,
            { cpu: 0.02, memory: Size.mebibytes(16), memoryLimit: Size.mebibytes(128) },
            props.resources,
          ),
          probes: { ready: tcpSocket('https'), alive: http('status', '/healthz') },
          drainSeconds: DRAIN_SECONDS,
        },
        ...(props.ssh ? [this.sshContainer(props.ssh, image)] : []),
      ],
    });
    const ports: ServicePort[] = [
      { name: 'http', port: 80, target: HTTP_PORT, scheme: 'http' },
      { name: 'https', port: 443, target: HTTPS_PORT, scheme: 'https', certificate: this.front.certificate },
      ...(props.ssh ? [{ name: 'ssh', port: 22, target: SSH_PORT, scheme: 'ssh' }] : []),
    ];
    this._exposed = this.front.exposePorts(workload, ports, 'https');
    this.status = new StatusPort(this, 'Status', { instance, workload });
    this.checkRoutes(routes);
    this.workload = workload.object;
    this.service = this._exposed.service.object;
    this.config = config.object;
    this.endpoint = this._exposed.endpoint;
  }

  /** Requests, connections, and when the certificate ends. */
  public monitoring(): Monitoring {
    return {
      name: this.instance.name,
      inputs: [this.status.nginx(), ...this.front.inputs(this)],
      dashboard: asset('nginx', 'dashboard.json'),
    };
  }

  private sshContainer(ssh: SshProps, image: ContainerProps['image']): ContainerProps {
    const { instance } = this;
    if (ssh.authorizedKeys?.length === 0) {
      problem(this, "'authorizedKeys' is empty, so that nobody could log in; name a key, or leave it out");
    }
    const wrong = (ssh.authorizedKeys ?? []).findIndex((key) => !PUBLIC_KEY.test(key));
    if (wrong !== -1) {
      problem(
        this,
        `'authorizedKeys' has in place ${wrong + 1} what is no public key that sshd takes; ` +
          'use lines that begin with ssh-ed25519, sk-ssh-ed25519@openssh.com, ecdsa-sha2-nistp256 or ssh-rsa',
      );
    }
    const secret = Credentials._generated(this, instance, `${instance.name}-ssh`, {
      'host-key': { kind: 'ssh-private-key', lasting: true },
      ...(ssh.authorizedKeys
        ? { 'authorized-keys': text(ssh.authorizedKeys.map((key) => `${key}\n`).join('')) }
        : { 'login-key': { kind: 'ssh-private-key' }, 'authorized-keys': { kind: 'ssh-public-key', of: 'login-key' } }),
    });
    const config = new Config(this, 'SshConfig', {
      instance,
      suffix: 'ssh',
      files: assets('nginx', 'sshd_config'),
    });
    const mounts: Mount[] = [
      config.at('/etc/ssh-config'),
      secret._at('/run/secrets/ssh', 'ssh-keys', ['host-key', 'authorized-keys']).mount,
      scratch('ssh-tmp', '/tmp', Size.mebibytes(16)),
    ];
    return {
      name: 'ssh',
      image,
      args: ['sshd'],
      user: SSH_USER,
      ports: { ssh: SSH_PORT },
      mounts: () => mounts,
      resources: requirements(this, {
        cpu: 0.01,
        memory: Size.mebibytes(8),
        memoryLimit: Size.mebibytes(64),
        ephemeralStorage: Size.mebibytes(64),
      }),
      probes: { ready: command('/usr/local/bin/healthcheck'), alive: command('pgrep', 'sshd') },
      drainSeconds: DRAIN_SECONDS,
    };
  }

  private checkRoutes(routes: Route[]): void {
    const seen = new Set<string>();
    for (const { path, _redirected: redirected, _proxied: proxied } of routes) {
      if (!/^\/([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?$/.test(path)) {
        problem(this, `'routes' has the path '${path}'; use one such as '/blog', without a slash at its end`);
      } else if (seen.has(path)) {
        problem(this, `'routes' has the path '${path}' twice; remove one of them`);
      }
      seen.add(path);
      if (proxied) {
        this.checkSpeech(path, proxied.endpoint);
        this.checkCertificate(path, proxied.endpoint);
      }
      if (redirected && !leadsTo(this._exposed.outside, redirected._exposed.outside)) {
        problem(
          this,
          `'routes' redirects '${path}' to a service that is not exposed where this one is; give it such an exposure, or use Route.proxy`,
        );
      }
    }
  }

  private checkSpeech(path: string, { host, _speaks: speaks = 'http' }: Endpoint): void {
    if (!speaks.startsWith('http')) {
      problem(this, `'routes' proxies '${path}' to '${host}', which speaks ${speaks} and no HTTP; name a web service`);
    }
  }

  private checkCertificate(path: string, endpoint: Endpoint): void {
    const certificate = endpoint._certificate;
    if (certificate && !endpoint._isIn(this.instance.namespace)) {
      problem(
        this,
        `'routes' proxies '${path}' to a service with a 'certificate' in another namespace, whose authority cannot be ` +
          'mounted here; put both into one namespace, or leave that certificate out',
      );
    } else if (certificate && !certificate.canBeChecked) {
      problem(
        this,
        `'routes' proxies '${path}' to a service whose 'certificate' cannot be checked: its authority or its host ` +
          'names are not known here; use Certificate.selfSigned(), or Certificate.certManager({…}) with names, of an ' +
          'issuer that writes its authority (writesAuthority: true)',
      );
    }
  }
}

/** The authorities of what is proxied by TLS, each in a folder of its own. */
function authoritiesOf(routes: Route[]): Mount[] {
  const mounts = routes.flatMap(({ _proxied: proxied }): [string, Mount][] => {
    const certificate = proxied?.endpoint._certificate;
    if (!proxied || !certificate) {
      return [];
    }
    const { secretName } = certificate;
    return [[secretName, certificate.authorityAt(authorityFolder(proxied.endpoint), `ca-of-${secretName}`)]];
  });
  return [...new Map(mounts).values()];
}

/** Whether a browser that found `from` finds `to` as well: by its own host name, or at the address where it is. */
function leadsTo(from: OutsidePort, to: OutsidePort): boolean {
  const exposed = [from.url, from.port, from.nodePort].some((place) => place !== undefined);
  return (
    to.url !== undefined ||
    (from.port !== undefined && to.port !== undefined) ||
    (from.nodePort !== undefined && to.nodePort !== undefined) ||
    (!exposed && (to.port ?? to.nodePort) !== undefined)
  );
}
