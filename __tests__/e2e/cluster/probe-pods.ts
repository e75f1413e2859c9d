import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../runner/wait';
import { get, kubectl, LABEL, NAMESPACE, OWN, OWN_LABELS } from './kubectl';

const SCRIPT = readFileSync(join(__dirname, 'probe.pl'), 'utf8');

/** A condition that nobody ever meets, so that no Service sends anything to the pod. */
const NEVER = { conditionType: `${LABEL}-never` };

export interface ProbeProps {
  readonly name: string;
  readonly namespace: string;
  /** To network policies it is what these say. */
  readonly labels?: { readonly [label: string]: string };
  /** Where it listens, for TCP and UDP alike. */
  readonly ports: number[];
}

export interface Target {
  readonly name: string;
  readonly protocol?: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

export type Outcome = 'open' | 'refused' | 'dropped';

/** A pod that listens, and tries where it can connect to. */
export class Probe {
  /** Starts pods, from an image that the node has already, and waits until each listens on all its ports. */
  static async start(all: ProbeProps[]): Promise<Probe[]> {
    const [{ image, imagePullPolicy }] = (await get(['deployment', 'nginx'])).spec.template.spec.containers;
    const items = all.map((props) => podOf(props, { image, imagePullPolicy }));
    await kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
    return Promise.all(
      all.map(async ({ name, namespace, ports }) => {
        const address = await waitUntil(`pod ${name} to run`, () => addressOf(name, namespace), { seconds: 60 });
        const probe = new Probe(name, namespace, address);
        await waitUntil(`pod ${name} to listen`, () => probe.listens(ports), { seconds: 20 });
        return probe;
      }),
    );
  }

  /** Removes what is left of them in a namespace that is not the tests' own. */
  static async removeAll(namespace = NAMESPACE): Promise<void> {
    await kubectl(['-n', namespace, 'delete', 'pods', '-l', OWN]);
  }

  private constructor(
    readonly name: string,
    readonly namespace: string,
    readonly address: string,
  ) {}

  /** What comes of connecting to each target, all at the same time, by the targets' names. */
  async try(targets: Target[]): Promise<Map<string, Outcome>> {
    const lines = targets.map(
      ({ name, protocol = 'tcp', address, port }) => `${name} ${protocol} ${address} ${port}\n`,
    );
    const exec = ['-n', this.namespace, 'exec', '-i', this.name, '--', 'perl', '-e', SCRIPT, 'try'];
    const said = await kubectl(exec, { input: lines.join(''), seconds: 20 });
    return new Map(
      said
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, Outcome]),
    );
  }

  /** The same for one target. */
  async tryOne(target: Omit<Target, 'name'>): Promise<Outcome | undefined> {
    return (await this.try([{ ...target, name: 'it' }])).get('it');
  }

  private async listens(ports: number[]): Promise<boolean> {
    const targets = ports.map((port) => ({ name: `${port}`, address: '127.0.0.1', port }));
    return [...(await this.try(targets)).values()].every((outcome) => outcome === 'open');
  }
}

async function addressOf(name: string, namespace: string): Promise<string | undefined> {
  const { status } = await get(['pod', name], namespace);
  return status.containerStatuses?.[0].state.running && status.podIP;
}

/** One that Pod Security "restricted" admits: listening on ports below 1024 is a namespaced setting, and no privilege. */
function podOf({ name, namespace, labels, ports }: ProbeProps, image: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { ...labels, ...OWN_LABELS } },
    spec: {
      containers: [
        {
          name: 'probe',
          ...image,
          command: ['perl', '-e', SCRIPT, 'listen', ...ports.map(String)],
          resources: { requests: { cpu: '1m', memory: '16Mi' }, limits: { cpu: '500m', memory: '64Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
      readinessGates: [NEVER],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
        sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '1' }],
      },
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
    },
  };
}
