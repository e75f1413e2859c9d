import type { Credentials } from './credentials';
import type { IReachable } from './endpoint';

/** A service that can be watched: it declares beside itself what Telegraf reads from it and what Grafana shows. */
export interface IMonitored {
  /** What there is to read and to show. */
  monitoring(): Monitoring;
}

/** What Telegraf reads from a service, what Grafana shows of it, and of what it warns. */
export interface Monitoring {
  /** The service's name: the value of the tag `service` of its measurements, and its container's name. */
  readonly name: string;

  /**
   * What Telegraf reads beside the figures of the containers, which it has from the kubelet.
   * @default - nothing
   */
  readonly inputs?: TelegrafInput[];

  /**
   * A Grafana dashboard as JSON. `${service}` in it becomes the service's name.
   * @default - no dashboard
   */
  readonly dashboard?: string;

  /**
   * Grafana's alert rules as JSON, as it exports them: `{"apiVersion": 1, "groups": […]}`. `${service}` in it becomes the
   * service's name.
   * @default - none but those for any pod
   */
  readonly alerts?: string;
}

/** An input plugin of Telegraf. */
export interface TelegrafInputProps {
  /** The plugin's name, such as `nginx`. */
  readonly plugin: string;

  /**
   * Its options, as Telegraf's documentation names them. `${host}` and `${port}` in a text become the endpoint's,
   * `${username}` and `${password}` references to the credentials, which are read from their files.
   */
  readonly options: { readonly [option: string]: unknown };

  /** What the plugin connects to: the network opens for it. */
  readonly endpoint: IReachable;

  /**
   * The user that the plugin logs in as.
   * @default - none
   */
  readonly credentials?: Credentials;
}

/** An input plugin of Telegraf with its options. */
export class TelegrafInput {
  /** The props that were given. */
  public readonly props: TelegrafInputProps;

  /**
   * @param props The plugin, and what it reads.
   * @throws If an option holds a password, token or secret itself: the configuration is no secret.
   */
  public constructor(props: TelegrafInputProps) {
    refuseSecrets(props.plugin, props.options);
    this.props = props;
  }
}

/** When the certificate ends that is served there, in TLS from the first byte. */
export function servedCertificate(endpoint: IReachable): TelegrafInput {
  const options = {
    sources: ['tcp://${host}:${port}'],
    exclude_root_certs: true,
    taginclude: ['namespace', 'service', 'type'],
    interval: '1m',
  };
  return new TelegrafInput({ plugin: 'x509_cert', options, endpoint });
}

/** A secret is a reference to the credentials, or the path of a file. */
function refuseSecrets(plugin: string, options: object, within = ''): void {
  for (const [key, value] of Object.entries(options)) {
    const option = Array.isArray(options) ? within : key;
    if (typeof value === 'object' && value !== null) {
      refuseSecrets(plugin, value, option);
    } else if (/password|token|secret/i.test(option) && typeof value === 'string' && !HARMLESS.test(value)) {
      throw new Error(
        `TelegrafInput '${plugin}': '${option}' is a secret itself; use '\${password}' and pass 'credentials'`,
      );
    }
  }
}

const HARMLESS = /^(\$\{(username|password)\}|\/.*|)$/;
