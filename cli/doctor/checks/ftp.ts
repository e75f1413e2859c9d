import { selects } from '../../../constructs/manifest/objects';
import { containersOf, type LiveObject, namespaceIn, ofKind, type Pods, type Program, podsOf } from '../../app/objects';
import { called } from '../../cluster/object';
import { type Check, type Finding, failed, some } from '../check';
import { NotChecked } from '../not-checked';
import { reaches } from './network';

const CONTROL = 21;

interface Settings {
  readonly address?: string;
  readonly first?: number;
  readonly last?: number;
}

/** Each data connection of FTP goes to the announced address, at a port of the passive range. */
export const ftp: Check = {
  name: 'ftp',
  async run(facts) {
    const program = await facts.program();
    const services = ofKind(program.objects, 'Service').filter((service) => portsOf(service).includes(CONTROL));
    if (services.length === 0) {
      return { text: 'the program has no FTP' };
    }
    const live = await facts.beside('services').catch((error) => {
      if (error instanceof NotChecked) {
        return [];
      }
      throw error;
    });
    const findings = await Promise.all(
      services.map(async (service) => {
        const pods = podsOf(program).filter(
          ({ namespace, labels }) =>
            namespace === namespaceIn(program, service) && selects({ matchLabels: service.spec?.selector }, labels),
        );
        const settings = pods.map((pod) => settingsOf(pod, program));
        const now = live.find(
          ({ metadata }) =>
            metadata.name === service.metadata.name && metadata.namespace === namespaceIn(program, service),
        );
        return [
          ...settings.flatMap((one) => closedPorts(service, one)),
          ...(await Promise.all(settings.map((one) => announced(service, one, now)))).flat(),
          ...pods.filter(({ replicas }) => replicas > 1).flatMap((pod) => spread(service, pod)),
        ];
      }),
    );
    return { text: 'the passive ports are open, and the announced address is its own', findings: findings.flat() };
  },
};

function closedPorts(service: LiveObject, { first, last }: Settings): Finding[] {
  if (first === undefined || last === undefined) {
    return [];
  }
  const open = portsOf(service);
  const closed = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
    (port) => !open.includes(port),
  );
  const what = `${called(service)} does not have port ${some(closed.map(String))} of the passive range ${first} to ${last}`;
  const why = `one data connection in ${Math.round((last - first + 1) / closed.length)} hangs`;
  return closed.length > 0
    ? [failed(what, why, "list each of them in the Service, or make the server's range smaller")]
    : [];
}

async function announced(service: LiveObject, { address }: Settings, live?: LiveObject): Promise<Finding[]> {
  if (address === undefined) {
    return [];
  }
  const given = ((live?.status?.loadBalancer?.ingress ?? []) as { ip?: string; hostname?: string }[]).flatMap(
    ({ ip, hostname }) => ip ?? hostname ?? [],
  );
  if (given.includes(address)) {
    return [];
  }
  const mend = `announce ${given[0] ?? "the load balancer's address"}: leave out 'address', or set it`;
  const why = 'clients log in, and then hang at the first listing';
  if (/^127\.|^localhost$|^0\.0\.0\.0$/.test(address)) {
    return [failed(`${called(service)} announces ${address}, which is the client's own machine`, why, mend)];
  }
  const { ok, text } = await reaches(address, CONTROL);
  return live === undefined || ok
    ? []
    : [failed(`${called(service)} announces ${address}, which does not answer`, `${text}; ${why}`, mend)];
}

/** The two connections of a session must come to one pod. */
function spread(service: LiveObject, { replicas }: Pods): Finding[] {
  return service.spec?.sessionAffinity === 'ClientIP'
    ? []
    : [
        failed(
          `${called(service)} spreads connections over ${replicas} pods`,
          'the data connection of a session comes to another pod than its control connection',
          'use sessionAffinity: ClientIP, or one replica',
        ),
      ];
}

function portsOf({ spec }: LiveObject): number[] {
  return ((spec?.ports ?? []) as { port: number }[]).map(({ port }) => port);
}

/** As the images and configuration files of vsftpd and Pure-FTPd have them. */
function settingsOf({ spec, namespace }: Pods, program: Program): Settings {
  const variables = new Map(
    containersOf(spec).flatMap(({ env = [] }) =>
      env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
    ),
  );
  const mounted = (spec.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []);
  const files = ofKind(program.objects, 'ConfigMap')
    .filter((config) => namespaceIn(program, config) === namespace && mounted.includes(config.metadata.name))
    .flatMap(({ data = {} }) => Object.values(data))
    .join('\n');
  const line = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)`, 'im').exec(files)?.[1];
  const first = (...names: string[]) => names.map((name) => variables.get(name)).find((value) => value !== undefined);
  const [from, to] = (first('FTPS_PASSIVE_PORTS', 'FTP_PASSIVE_PORTS') ?? '').split(/[:-]/);
  const number = (text: string | undefined) => (text ? Number(text) : undefined);
  return {
    address: first('FTPS_ADDRESS', 'PASV_ADDRESS', 'PUBLICHOST') ?? line('pasv_address'),
    first: number(from || first('PASV_MIN_PORT', 'MIN_PORT') || line('pasv_min_port')),
    last: number(to || first('PASV_MAX_PORT', 'MAX_PORT') || line('pasv_max_port')),
  };
}
