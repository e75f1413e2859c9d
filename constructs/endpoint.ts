import type { BoundCertificate } from './certificate';
import type { Isolation } from './private/isolation';
import type { Instance } from './private/names';
import { checkNetworks } from './private/networks';
import { isText } from './private/problems';

/** Something that listens: one of the services here, or `Endpoint.external(...)`. */
export interface IReachable {
  /** Where it listens. */
  readonly endpoint: Endpoint;
}

/** Where something outside this app listens. */
export interface ExternalEndpointProps {
  /** Its host name or address. */
  readonly host: string;

  /** Its TCP port, from 1 to 65535. */
  readonly port: number;

  /**
   * The networks in which it is, such as `['10.20.0.0/16']`: then the pods that use it reach its port there only.
   * @default - any address, because a network policy cannot name a host
   */
  readonly networks?: string[];
}

/** A host and a port. Whoever is given what listens there can reach it: the network policies of both sides follow. */
export class Endpoint {
  /**
   * Something that runs outside this app, such as a managed database.
   *
   * @param props Host and port.
   * @throws If the port is not a whole number from 1 to 65535, the host is empty, or a network is none.
   */
  public static external(props: ExternalEndpointProps): IReachable {
    if (!Number.isInteger(props.port) || props.port < 1 || props.port > 65535) {
      throw new Error(`Endpoint.external: 'port' is ${props.port}; use a whole number from 1 to 65535`);
    }
    if (!isText(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, props.host)) {
      throw new Error(
        `Endpoint.external: 'host' is '${props.host}'; use a host name or an IPv4 address, without a port`,
      );
    }
    checkNetworks('Endpoint.external', 'networks', props.networks);
    return { endpoint: new Endpoint(props.host, props.port, undefined, props.networks) };
  }

  /**
   * What stands in for one that was left out, so that the app's other mistakes are found in the same run.
   * @internal
   */
  public static _missing(): IReachable {
    return Endpoint.external({ host: 'missing', port: 1 });
  }

  /**
   * A port of a Service of this app.
   * @internal
   */
  public static _of({ name: service, namespace }: Instance, port: number, listener: Listener): Endpoint {
    const host = namespace ? `${service}.${namespace}` : service;
    return new Endpoint(host, port, { service, namespace, ...listener });
  }

  private constructor(
    /** The host name, as pods of any namespace of the cluster resolve it. */
    public readonly host: string,
    /** The TCP port. */
    public readonly port: number,
    private readonly own?: OwnEndpoint,
    private readonly networks?: string[],
  ) {}

  /**
   * The certificate that it presents, where it speaks TLS.
   * @internal
   */
  public get _certificate(): BoundCertificate | undefined {
    return this.own?.certificate;
  }

  /**
   * What it speaks, where that is known: 'http' (or 'https'), 'mysql', 'ftp'.
   * @internal
   */
  public get _speaks(): string | undefined {
    return this.own?.speaks;
  }

  /**
   * Whether it is a Service of this app in that namespace.
   * @internal
   */
  public _isIn(namespace: string | undefined): boolean {
    return this.own !== undefined && this.own.namespace === namespace;
  }

  /**
   * True for a Service of this app.
   * @internal
   */
  public get _inCluster(): boolean {
    return this.own !== undefined;
  }

  /**
   * Lets the pods of `client` connect to it, and says where it is for them: by the shortest host name that they resolve.
   * @internal
   */
  public _connect(client: Isolation): Address {
    if (this.own) {
      for (const server of this.own.isolations) {
        client.connect(server, this.own.target);
      }
    } else {
      client.allowToOutside([this.port], this.networks);
    }
    const { port } = this;
    const host = this.own && this._isIn(client.instance.namespace) ? this.own.service : this.host;
    return { host, port, address: `${host}:${port}` };
  }
}

/** Where clients of one namespace find a server. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Both, with a colon between. */
  readonly address: string;
}

/** The pods behind a port of a Service, and those that a switch may put there. */
interface Listener {
  readonly isolations: readonly Isolation[];
  readonly target: number;
  readonly certificate?: BoundCertificate;
  /** The port's name, which says what it speaks. */
  readonly speaks: string;
}

interface OwnEndpoint extends Listener {
  readonly service: string;
  readonly namespace?: string;
}
