import { type ApiObject, Size } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { asset } from '../asset';
import { Certificate } from '../certificate';
import { Credentials } from '../credentials';
import type { Endpoint, IReachable } from '../endpoint';
import { ExposedService } from '../exposure/exposed-service';
import { type Exposure, hostsOf } from '../exposure/exposure';
import { FIRST_NODE_PORT, LAST_NODE_PORT } from '../exposure/node-ports';
import { imageOf } from '../images';
import { type IMonitored, type Monitoring, TelegrafInput } from '../monitoring';
import { Isolation } from '../private/isolation';
import { type Instance, instanceOf } from '../private/names';
import { command } from '../private/probe';
import { isText, problem } from '../private/problems';
import { PASSWORD } from '../private/secret-source';
import { API_TOKEN, ServiceAccount } from '../private/service-account';
import { scratch } from '../private/volume';
import { Where } from '../private/where';
import { podField, Workload } from '../private/workload';
import { requirements } from '../resources';
import type { ServiceProps } from '../service-props';
import { Storage } from '../storage';
import { StatusPort } from '../web/status-port';
import { TLS_FOLDER } from '../web/tls';

/** One EndpointSlice holds 100 ports (Kubernetes API reference, "EndpointSlice"), and port 21 is one of them. */
const MOST_PASSIVE_PORTS = 99;
/** Pure-FTPd lets in half as many clients as there are passive ports. */
const FEWEST_PASSIVE_PORTS = 2;
const CONTROL_PORT = 2121;
const DEFAULT_PASSIVE_PORTS = { first: 30000, last: 30009 };
const USER_NAME = /^[a-z][a-z0-9._-]{0,31}$/;

/** Ports from the first to the last. */
export interface PortRange {
  /** The first port. */
  readonly first: number;
  /** The last port, which belongs to the range. */
  readonly last: number;
}

/** What an FTPS server can be told. */
export interface FtpsProps extends ServiceProps {
  /**
   * Who may log in. Each has a home of its own, and sees nothing else.
   * @default - one user, 'ftp'
   */
  readonly users?: string[];

  /**
   * The passwords, each under its user's name.
   * @default - generated ones, in the Secret '<server>-users'
   */
  readonly userPasswords?: Credentials;

  /**
   * The ports of data connections: on the daemon, the Service, the network policy and, from 30000 to 32767, the node.
   * Half as many clients as ports are served at a time. At most 99.
   * @default - 30000 to 30009
   */
  readonly passivePorts?: PortRange;

  /**
   * The address that clients are told to open data connections to.
   * @default - where the exposure is a load balancer, the address that it gets, found at start; else the node's
   */
  readonly address?: string;

  /**
   * The certificate, for control and data connections alike.
   * @default Certificate.selfSigned()
   */
  readonly certificate?: Certificate;

  /**
   * How it is reached on port 21 and on the passive ports.
   * @default Exposure.clusterIp()
   */
  readonly exposure?: Exposure;

  /**
   * Where the homes are kept.
   * @default - a claim of 5 GiB for one node
   */
  readonly storage?: Storage;
}

/** Pure-FTPd, which takes nothing but TLS on control and data connections. */
export class Ftps extends Construct implements IReachable, IMonitored {
  /** The Deployment. */
  public readonly workload: ApiObject;
  /** The Service. */
  public readonly service: ApiObject;
  /** The passwords, each under its user's name. */
  public readonly userPasswords: Credentials;
  /** Where it listens in the cluster. */
  public readonly endpoint: Endpoint;

  private readonly instance: Instance;
  private readonly status: StatusPort;

  /**
   * @param scope A chart, or a construct in one.
   * @param id Its name.
   * @param props Users and ports.
   */
  public constructor(scope: Construct, id: string, props: FtpsProps = {}) {
    super(scope, id);
    this.instance = instanceOf(this, 'ftps', 'files');
    const { instance } = this;
    const users = props.users ?? ['ftp'];
    this.checkUsers(users);
    const passive = this.checkedPassivePorts(props.passivePorts ?? DEFAULT_PASSIVE_PORTS, props.exposure);
    if (props.address !== undefined && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(props.address)) {
      problem(this, `'address' is '${props.address}'; use a host name or an IPv4 address`);
    }
    const passwords = Object.fromEntries(
      users.filter((user) => isText(USER_NAME, user)).map((user) => [user, PASSWORD]),
    );
    this.userPasswords = Credentials._given(this, new Where('userPasswords'), props.userPasswords, () =>
      Credentials._generated(this, instance, `${instance.name}-users`, passwords),
    );
    const certificate = (props.certificate ?? Certificate.selfSigned())._bind(this, {
      instance,
      secretName: `${instance.name}-tls`,
      hosts: [...hostsOf(props.exposure), ...(props.address === undefined ? [] : [props.address])],
    });
    const data = (props.storage ?? Storage.claim())._claim(this, {
      instance,
      path: '/srv/ftp',
      size: Size.gibibytes(5),
    });
    const asksForAddress = props.address === undefined && props.exposure?._type === 'LoadBalancer';
    const isolation = new Isolation(this, instance);
    if (asksForAddress) {
      isolation.allowToApiServer();
    }
    const workload = new Workload(this, 'Workload', {
      isolation,
      extras: props,
      recreate: true,
      serviceAccountName: asksForAddress ? this.serviceReader() : undefined,
      containers: [
        {
          name: 'ftps',
          image: imageOf(this, 'ftps', props.image),
          env: { FTPS_PASSIVE_PORTS: `${passive.first}:${passive.last}`, ...this.addressVariables(props) },
          ports: { ftp: CONTROL_PORT, status: StatusPort.NUMBER },
          mounts: () => [
            data,
            this.userPasswords._at('/run/secrets/users', 'users').mount,
            certificate.at(TLS_FOLDER),
            ...(asksForAddress ? [API_TOKEN] : []),
            scratch('tmp', '/tmp', Size.mebibytes(16)),
          ],
          resources: requirements(
            this,
            { cpu: 0.02, memory: Size.mebibytes(24), memoryLimit: Size.mebibytes(128) },
            props.resources,
          ),
          probes: { ready: command('/usr/local/bin/healthcheck'), alive: command('pgrep', 'pure-ftpd') },
        },
      ],
    });
    const service = new ExposedService(this, 'Service', {
      instance,
      workload,
      exposure: props.exposure,
      sticky: true,
      ports: [
        { name: 'ftp', port: 21, target: CONTROL_PORT, scheme: 'ftp' },
        { name: 'passive', port: passive.first, last: passive.last, target: passive.first },
      ],
    });
    this.status = new StatusPort(this, 'Status', { instance, workload });
    this.workload = workload.object;
    this.service = service.object;
    this.endpoint = service.endpoint('ftp');
  }

  /** Logins and transfers, as the server counts them itself; whether it answers, and how fast. */
  public monitoring(): Monitoring {
    const answers = new TelegrafInput({
      plugin: 'net_response',
      options: { protocol: 'tcp', address: '${host}:${port}', expect: '220' },
      endpoint: this,
    });
    return {
      name: this.instance.name,
      inputs: [answers, this.status.figures()],
      dashboard: asset('ftps', 'dashboard.json'),
    };
  }

  private addressVariables(props: FtpsProps): { [name: string]: string | k8s.EnvVarSource } {
    if (props.address !== undefined) {
      return { FTPS_ADDRESS: props.address };
    }
    switch (props.exposure?._type) {
      case 'LoadBalancer':
        return {
          FTPS_SERVICE: this.instance.name,
          FTPS_NAMESPACE: podField('metadata.namespace'),
          FTPS_FALLBACK_ADDRESS: podField('status.hostIP'),
        };
      case 'NodePort':
        return { FTPS_ADDRESS: podField('status.hostIP') };
      default:
        return { FTPS_ADDRESS: podField('status.podIP') };
    }
  }

  /** An account that may read the server's own Service, which tells the address of the load balancer. */
  private serviceReader(): string {
    const account = new ServiceAccount(this, 'ServiceAccount', this.instance);
    account.grant({ apiGroups: [''], resources: ['services'], resourceNames: [this.instance.name], verbs: ['get'] });
    return account.name;
  }

  private checkUsers(users: string[]): void {
    if (users.length === 0) {
      problem(this, "'users' is empty; name at least one");
    }
    for (const [index, user] of users.entries()) {
      if (!isText(USER_NAME, user)) {
        problem(this, `'users' has '${user}'; use up to 32 of a-z, 0-9, '-', '_' and '.', beginning with a letter`);
      } else if (users.indexOf(user) !== index) {
        problem(this, `'users' has '${user}' twice; remove one of them`);
      }
    }
  }

  /** The range if it is one that can be served; else the default, so that the app's other mistakes are found too. */
  private checkedPassivePorts(range: PortRange, exposure: Exposure | undefined): PortRange {
    const mistake = mistakeIn(range, exposure);
    if (mistake !== undefined) {
      problem(this, mistake);
    }
    return mistake === undefined ? range : DEFAULT_PASSIVE_PORTS;
  }
}

function mistakeIn({ first, last }: PortRange, exposure: Exposure | undefined): string | undefined {
  const said = `'passivePorts' is ${first} to ${last}`;
  const count = last - first + 1;
  if (![first, last].every((port) => Number.isInteger(port) && port >= 1024 && port <= 65535)) {
    return `${said}; use whole numbers from 1024 to 65535`;
  }
  if (first > last) {
    return `${said}; use a first port that is below the last`;
  }
  if (count < FEWEST_PASSIVE_PORTS || count > MOST_PASSIVE_PORTS) {
    const allowed = `${FEWEST_PASSIVE_PORTS} to ${MOST_PASSIVE_PORTS} ports, two for each client`;
    return `${said}, which is ${count} in all; use from ${allowed}`;
  }
  const taken = [CONTROL_PORT, StatusPort.NUMBER].find((port) => first <= port && port <= last);
  if (taken !== undefined) {
    return `${said}, which overlaps port ${taken} of the server itself; use another range, such as 30000 to 30009`;
  }
  return exposure?._type === 'NodePort' && (first < FIRST_NODE_PORT || last > LAST_NODE_PORT)
    ? `${said}, but a node has ${FIRST_NODE_PORT} to ${LAST_NODE_PORT} to give; use a range in these`
    : undefined;
}
