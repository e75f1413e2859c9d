import { stringify } from 'smol-toml';
import type { Address } from '../endpoint';
import type { TelegrafInputProps } from '../monitoring';
import type { Connection } from '../private/connection';
import type { Login } from '../private/secret-files';

/** What is read from a service, and where Telegraf finds it. */
export interface WatchedInput extends Pick<TelegrafInputProps, 'plugin' | 'options'>, Address {
  readonly service: string;
  readonly login?: Login;
}

export interface ConfigFileProps {
  /** The name of the database. */
  readonly database: string;
  readonly server: Connection;
  readonly inputs: WatchedInput[];
  readonly seconds: number;
}

type Options = { [option: string]: unknown };

/** Where Telegraf tells whether it is well. */
export const HEALTH_PORT = 8888;
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Points that are kept while the database is away: about ten minutes of a small stack. */
const BUFFER_LIMIT = 20000;
/** Tags that are left out: with them each new image would start new series. */
const IMAGE = ['image', 'version'];
const OWN_NAMESPACE = '${POD_NAMESPACE}';

/** `telegraf.conf`. Passwords are not in it: it refers to the files in which they are mounted. */
export function configFile({ database, server, inputs: watched, seconds }: ConfigFileProps): string {
  const inputs: { [plugin: string]: Options[] } = {
    internal: [{ collect_memstats: false }],
    kubernetes: [
      {
        // every node's kubelet, found through the API; its certificate is signed by the node itself on many clusters
        url: '',
        bearer_token: `${SERVICE_ACCOUNT}/token`,
        insecure_skip_verify: true,
        tagpass: { namespace: [OWN_NAMESPACE] },
        tagexclude: IMAGE,
      },
    ],
    kube_inventory: [
      {
        url: 'https://kubernetes.default.svc',
        bearer_token: `${SERVICE_ACCOUNT}/token`,
        tls_ca: `${SERVICE_ACCOUNT}/ca.crt`,
        namespace: OWN_NAMESPACE,
        resource_include: ['pods', 'deployments', 'statefulsets'],
        selector_exclude: ['*'],
        // of the conditions, Ready alone
        tagdrop: { condition: ['[!R]*'] },
        tagexclude: IMAGE,
      },
    ],
  };
  for (const input of watched) {
    const options = fill(input.options, replacements(input)) as Options;
    inputs[input.plugin] ??= [];
    inputs[input.plugin]?.push({ alias: input.service, ...options, tags: { service: input.service } });
  }
  const logins = [server.login, ...watched.flatMap(({ login }) => login ?? [])];
  const stores = new Map(logins.map(({ secretName, mount }) => [secretName, mount.path]));
  return stringify({
    global_tags: { namespace: OWN_NAMESPACE },
    agent: {
      interval: `${seconds}s`,
      flush_interval: `${seconds}s`,
      flush_jitter: '1s',
      metric_buffer_limit: BUFFER_LIMIT,
      omit_hostname: true,
      skip_processors_after_aggregators: true,
    },
    secretstores: {
      docker: [...stores].map(([secret, path]) => ({ id: storeId(secret), path, dynamic: true })),
    },
    inputs,
    outputs: {
      influxdb: [
        {
          urls: [`http://${server.address}`],
          database,
          skip_database_creation: true,
          username: reference(server.login, 'username'),
          password: reference(server.login, 'password'),
        },
      ],
      // unhealthy while three quarters of the buffer wait for the database; the option takes no whole number
      health: [
        {
          service_address: `http://:${HEALTH_PORT}`,
          namepass: ['internal_write'],
          tagpass: { output: ['influxdb'] },
          compares: [{ field: 'buffer_size', lt: BUFFER_LIMIT * 0.75 - 0.5 }],
        },
      ],
    },
  });
}

function replacements({ host, port, login }: WatchedInput): { [name: string]: string } {
  return {
    host,
    port: `${port}`,
    ...(login && { username: reference(login, 'username'), password: reference(login, 'password') }),
  };
}

function fill(value: unknown, names: { [name: string]: string }): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
  }
  if (Array.isArray(value)) {
    return value.map((item) => fill(item, names));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, names)]));
  }
  return value;
}

function reference({ secretName }: Login, key: 'username' | 'password'): string {
  return `@{${storeId(secretName)}:${key}}`;
}

/** Telegraf takes word characters only. */
function storeId(secret: string): string {
  return secret.replaceAll('.', '__').replaceAll('-', '_');
}
