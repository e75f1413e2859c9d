import { Yaml } from 'cdk8s';
import { Credentials } from '../credentials';
import type { IReachable } from '../endpoint';
import type { Isolation } from '../private/isolation';
import type { Mount } from '../private/volume';
import { secretReference, secretVariable } from './secret-variable';

/** Something that is posted to. */
export interface WebhookProps {
  /**
   * The Secret that holds the URL under the key `url`: who knows the URL may post there.
   * `Credentials.fromSecret('alerts')`. Grafana reads it when it starts.
   */
  readonly url: Credentials;

  /**
   * The TCP port of the URL, which the network opens for Grafana.
   * @default 443
   */
  readonly port?: number;
}

/** Who gets mails, and which server sends them. */
export interface EmailProps {
  /** The addresses that get the mails. */
  readonly recipients: string[];

  /** The address that the mails come from. */
  readonly sender: string;

  /**
   * The mail server: `Endpoint.external({ host: 'smtp.example.org', port: 587 })`. On port 465 it is spoken to by TLS from
   * the beginning, on others from when the server offers it.
   */
  readonly server: IReachable;

  /**
   * The name and the password with which Grafana logs in there.
   * @default - it does not log in
   */
  readonly credentials?: Credentials;
}

/** Any of the other ways in which Grafana notifies. */
export interface IntegrationProps {
  /** Grafana's name for it, such as `pagerduty`, `teams`, `discord` or `telegram`. */
  readonly kind: string;

  /**
   * Its settings, as Grafana's documentation of file provisioning names them, but for the secret ones.
   * @default - none
   */
  readonly settings?: { readonly [setting: string]: unknown };

  /** The Secret that holds the secret settings, each under the key of its name. */
  readonly secret: Credentials;

  /** The names of the secret settings, such as `integrationKey`. */
  readonly secretSettings: string[];

  /**
   * The TCP port that it is reached on, which the network opens for Grafana.
   * @default 443
   */
  readonly port?: number;
}

const FOLDER = '/run/secrets/contact-point';
const VOLUME = 'contact-point';
const NAME = 'Services';
/** A name, '@' and a host, with nothing that Grafana would read as the end of an address or as a variable. */
const ADDRESS = /^[A-Za-z0-9._%+-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const SECRET = /token|password|secret|key|credential|^url$/i;

/** Whom Grafana tells of alerts. What is secret about it is in a Secret, from which Grafana reads it. */
export class ContactPoint {
  /**
   * Posts to a URL, in Grafana's own form.
   *
   * @param props The URL's Secret, and its port.
   * @throws If the port is not a whole number from 1 to 65535.
   */
  public static webhook(props: WebhookProps): ContactPoint {
    return ContactPoint.posting('webhook', props);
  }

  /**
   * Posts to a channel of Slack.
   *
   * @param props The Secret of the URL that Slack gives for an incoming webhook.
   * @throws If the port is not a whole number from 1 to 65535.
   */
  public static slack(props: WebhookProps): ContactPoint {
    return ContactPoint.posting('slack', props);
  }

  /**
   * Sends mails.
   *
   * @param props Addresses and server.
   * @throws If there is no address to send to, or one that is none.
   */
  public static email(props: EmailProps): ContactPoint {
    const { recipients, sender, credentials, server } = props;
    if (recipients.length === 0) {
      throw new Error("ContactPoint.email: 'recipients' is empty; name who gets the mails");
    }
    for (const [prop, address] of [['sender', sender], ...recipients.map((one) => ['recipients', one])]) {
      if (!ADDRESS.test(address ?? '')) {
        throw new Error(`ContactPoint.email: '${prop}' has '${address}'; use an address such as 'ops@example.org'`);
      }
    }
    if (credentials !== undefined) {
      Credentials._check('ContactPoint.email', 'credentials', credentials);
    }
    return new ContactPoint('email', { addresses: recipients.join(';') }, (isolation) => {
      const login = credentials?._login(FOLDER, VOLUME);
      return {
        mounts: login ? [login.mount] : [],
        env: {
          GF_SMTP_ENABLED: 'true',
          GF_SMTP_HOST: server.endpoint._connect(isolation).address,
          GF_SMTP_FROM_ADDRESS: sender,
          ...(login && {
            ...secretVariable('SMTP_USERNAME', login.path('username')),
            ...secretVariable('SMTP_PASSWORD', login.path('password')),
          }),
        },
      };
    });
  }

  /**
   * Any other of the ways that Grafana knows.
   *
   * @param props Its name and settings.
   * @throws If a setting holds a secret, or the port is not a whole number from 1 to 65535.
   */
  public static integration(props: IntegrationProps): ContactPoint {
    const { kind, settings = {}, secret, secretSettings, port = 443 } = props;
    const where = `ContactPoint '${kind}'`;
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw new Error(`${where}: 'port' is ${port}; use a whole number from 1 to 65535`);
    }
    const found = Object.keys(settings).find((setting) => SECRET.test(setting));
    if (found) {
      throw new Error(`${where}: the setting '${found}' is a secret; put it into the Secret and into 'secretSettings'`);
    }
    Credentials._check(where, 'secret', secret);
    const references = secretSettings.map((setting) => [setting, secretReference(variableOf(setting))]);
    const files = secret._at(FOLDER, VOLUME, secretSettings);
    const variables = secretSettings.map((setting) => secretVariable(variableOf(setting), files.path(setting)));
    return new ContactPoint(kind, { ...literal(settings), ...Object.fromEntries(references) }, (isolation) => {
      isolation.allowToOutside([port]);
      return { mounts: [files.mount], env: Object.assign({}, ...variables) };
    });
  }

  private static posting(kind: string, { url, port }: WebhookProps): ContactPoint {
    Credentials._check(`ContactPoint '${kind}'`, 'url', url);
    return ContactPoint.integration({ kind, secret: url, secretSettings: ['url'], port });
  }

  private constructor(
    private readonly kind: string,
    private readonly settings: { [setting: string]: unknown },
    /**
     * Lets Grafana's pods notify, and says what they need for it.
     * @internal
     */
    public readonly _connect: (isolation: Isolation) => Needs,
  ) {}

  /**
   * The provisioning file with the contact point, and the policy by which all alerts go there.
   * @internal
   */
  public get _file(): string {
    return Yaml.stringify({
      apiVersion: 1,
      contactPoints: [
        { orgId: 1, name: NAME, receivers: [{ uid: 'services', type: this.kind, settings: this.settings }] },
      ],
      policies: [{ orgId: 1, receiver: NAME, group_by: ['grafana_folder', 'alertname'] }],
    });
  }
}

interface Needs {
  readonly mounts: Mount[];
  readonly env: { readonly [name: string]: string };
}

/** The name of a setting's environment variable: no two settings have the same. */
function variableOf(setting: string): string {
  const escaped = setting.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0)}_`);
  return `CONTACT_POINT_${escaped}`;
}

/** The settings with each '$' doubled: Grafana would take a single one for the beginning of a variable. */
function literal(value: { [setting: string]: unknown }): { [setting: string]: unknown } {
  return JSON.parse(JSON.stringify(value).replaceAll('$', '$$$$'));
}
