import { isKind } from '../../constructs/manifest/kinds';
import { instanceOf, type KubernetesObject } from '../cluster/object';
import { table } from '../terminal/table';
import type { Address } from './addresses';
import type { Answer } from './probe';

/** An address with what it answers. */
export interface Probed extends Address {
  readonly answer?: Answer;
}

interface Secret extends KubernetesObject {
  readonly type?: string;
  readonly data?: { readonly [key: string]: string };
}

/** What a run ends with: where the services are, whether they answer, and where their credentials are. */
export function summary(
  addresses: readonly Probed[],
  objects: readonly KubernetesObject[],
  profile: string,
  minikube = true,
): string {
  const secrets = credentialsIn(objects);
  const parts = [addressTable(addresses), ...(minikube ? hints(addresses, profile) : [])];
  if (secrets.length > 0) {
    parts.push(secretTable(secrets), `show one with:\n  ${showSecret(secrets, addresses, profile)}`);
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

export function addressTable(addresses: readonly Probed[]): string {
  if (addresses.length === 0) {
    return '';
  }
  const rows = addresses.map(({ service, url, pending, answer }, index) => [
    addresses[index - 1]?.service === service ? '' : service,
    url ?? pending ?? '',
    answer ? `${answer.ok ? 'ok' : '--'}  ${answer.text}` : '--  no load balancer yet',
  ]);
  return table([['service', 'url', 'answers'], ...rows]);
}

function hints(addresses: readonly Probed[], profile: string): string[] {
  const pending = addresses.some(({ pending }) => pending !== undefined);
  const lost = addresses.filter(({ service }) =>
    addresses.every(
      (other) => other.service !== service || !(other.answer?.ok || other.answer?.unknownHost !== undefined),
    ),
  );
  return [
    ...(pending ? [`for an address on the usual ports, in another terminal: minikube -p ${profile} tunnel`] : []),
    ...(lost.length > 0
      ? [
          `${[...new Set(lost.map(({ service }) => service))].join(', ')}: no address answers from here; ` +
            `if minikube's node has none that this machine reaches: minikube -p ${profile} tunnel`,
        ]
      : []),
  ];
}

/** The Secrets that people read: those of services, and none that holds a certificate. */
function credentialsIn(objects: readonly KubernetesObject[]): Secret[] {
  const found = (objects as readonly Secret[]).filter(
    (object) => isKind(object, 'Secret') && (object.type ?? 'Opaque') === 'Opaque' && instanceOf(object) !== undefined,
  );
  const services = [...new Set(found.map(instanceOf))];
  return services.flatMap((service) => found.filter((secret) => instanceOf(secret) === service));
}

function secretTable(secrets: readonly Secret[]): string {
  const rows = secrets.map((secret, index) => {
    const service = instanceOf(secret) ?? '';
    const before = secrets[index - 1];
    return [
      before && instanceOf(before) === service ? '' : service,
      secret.metadata.name,
      Object.keys(secret.data ?? {}).join(', '),
    ];
  });
  return table([['credentials of', 'Secret', 'keys'], ...rows]);
}

/** The command for a Secret of a service that has an address: the one with the most in it, as those of its users have. */
function showSecret(secrets: readonly Secret[], addresses: readonly Address[], profile: string): string {
  const reached = secrets.filter((secret) => addresses.some(({ service }) => service === instanceOf(secret)));
  const keys = ({ data = {} }: Secret) => Object.keys(data).length;
  const [wanted] = [...(reached.length > 0 ? reached : secrets)].sort((a, b) => keys(b) - keys(a));
  const { name = '', namespace = 'default' } = wanted?.metadata ?? {};
  const template = '{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\\n"}}{{end}}';
  return `kubectl --context ${profile} -n ${namespace} get secret ${name} -o go-template='${template}'`;
}
