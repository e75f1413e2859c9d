import { stringify } from 'smol-toml';
import type { Credentials } from '../credentials';
import type { TimeSeriesDatabase } from '../database';
import type { TelegrafInputProps } from '../monitoring';

/** What is read from a service. */
export interface WatchedInput extends TelegrafInputProps {
  readonly service: string;
}

export interface ConfigFileProps {
  readonly namespace?: string;
  readonly database: TimeSeriesDatabase;
  readonly writer: Credentials;
  readonly inputs: WatchedInput[];
  readonly seconds: number;
}

type Options = { [option: string]: unknown };

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Points that are kept while the database is away: about ten minutes of a small stack. */
const BUFFER_LIMIT = 20000;
/** Would make new series of what a new image runs. */
const IMAGE = ['image', 'version'];
const OWN_NAMESPACE = '${POD_NAMESPACE}';

/** `telegraf.conf`. Passwords are not in it: it refers to the files in which they are mounted. */
export function configFile({ namespace, database, writer, inputs: watched, seconds }: ConfigFileProps): string {
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
    const options = fill(input.options, replacements(input, namespace)) as Options;
    inputs[input.plugin] ??= [];
    inputs[input.plugin]?.push({ alias: input.service, ...options, tags: { service: input.service } });
  }
  const stores = new Set(
    [writer, ...watched.flatMap((input) => input.credentials ?? [])].map((used) => used.secretName),
  );
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
      docker: [...stores].map((secret) => ({ id: storeId(secret), path: `/run/secrets/${secret}`, dynamic: true })),
    },
    inputs,
    outputs: {
      influxdb: [
        {
          urls: [`http://${database.endpoint._hostFrom(namespace)}:${database.endpoint.port}`],
          database: database.name,
          skip_database_creation: true,
          username: reference(writer.secretName, 'username'),
          password: reference(writer.secretName, 'password'),
        },
      ],
      // unhealthy while three quarters of the buffer wait for the database; the option takes no whole number
      health: [
        {
          service_address: 'http://:8888',
          namepass: ['internal_write'],
          tagpass: { output: ['influxdb'] },
          compares: [{ field: 'buffer_size', lt: BUFFER_LIMIT * 0.75 - 0.5 }],
        },
      ],
    },
  });
}

function replacements(input: WatchedInput, namespace: string | undefined): { [name: string]: string } {
  const { endpoint } = input.endpoint;
  const secret = input.credentials?.secretName;
  return {
    host: endpoint._hostFrom(namespace),
    port: `${endpoint.port}`,
    ...(secret && { username: reference(secret, 'username'), password: reference(secret, 'password') }),
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

function reference(secret: string, key: string): string {
  return `@{${storeId(secret)}:${key}}`;
}

/** Telegraf takes word characters only. */
function storeId(secret: string): string {
  return secret.replaceAll('.', '__').replaceAll('-', '_');
}
