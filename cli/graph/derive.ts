import { type ConstructMetadata, constructPath } from '../../constructs/manifest/construct-paths';
import type { KubernetesObject } from '../../constructs/manifest/objects';
import { type LiveObject, type Program, programOf } from '../app/objects';
import type { Manifest } from '../app/synthesize';
import { ranges } from './labels';
import type { Edge, Graph, Group, Node } from './model';
import { entriesOf, exitsOf } from './outside';
import { type Connection, Policies } from './policies';
import { referencesOf } from './references';
import { type Runner, runnersOf } from './services';
import { volumesOf } from './volumes';

/** Names of ports at which figures are read. */
const FIGURES = /^(status|metrics?|prometheus|exporter|stats)$/;

/** The graph of what an app writes, with what cdk8s recorded of its constructs. */
export function graphOf(manifests: readonly Manifest[], recorded: ConstructMetadata): Graph {
  const program = programOf(
    manifests.flatMap(({ objects }) => objects),
    'default',
  );
  const constructs = new Constructs(manifests, recorded);
  const groups = groupsOf(program, constructs);
  const runners = runnersOf(program, (object) => groups.get(object)?.id ?? '');
  const policies = new Policies(program, runners);
  const connections = [
    ...policies.connections(),
    ...referencesOf(program, runners).filter(({ to }) => !policies.tellOf(to)),
  ];
  const [volumes, entries, exits] = [
    volumesOf(program, runners),
    entriesOf(program, runners),
    exitsOf(policies.exits()),
  ];
  const services = runners.map(({ node, pods }) => ({ ...node, construct: constructs.of(pods.owner) }));
  const nodes: Node[] = [...entries.nodes, ...services, ...volumes.nodes, ...exits.nodes];
  const used = new Set(nodes.map(({ group }) => group));
  return {
    groups: [...new Map([...groups.values()].map((group) => [group.id, group])).values()].filter(({ id }) =>
      used.has(id),
    ),
    nodes,
    edges: [
      ...merged(entries.edges),
      ...merged(edgesOf(connections)),
      ...merged(volumes.edges),
      ...merged(exits.edges),
    ],
  };
}

/** The construct that wrote an object: the one with its name, or the lowest that is known. */
class Constructs {
  private readonly written: ReadonlyMap<KubernetesObject, string>;

  constructor(
    manifests: readonly Manifest[],
    private readonly recorded: ConstructMetadata,
  ) {
    this.written = new Map(
      manifests.flatMap(({ file, objects }) => objects.map((object) => [object as unknown as KubernetesObject, file])),
    );
  }

  of(object: LiveObject): string | undefined {
    return constructPath(object as unknown as KubernetesObject, this.written, this.recorded)?.replace(
      /(\/(Workload|Service|Resource))+$/,
      '',
    );
  }

  /** The chart of an object: the construct below the app. */
  chartOf(object: LiveObject): string | undefined {
    return this.of(object)?.split('/')[0];
  }
}

/** A group for each namespace, or for each chart of a namespace that has several; charts where there are no namespaces. */
function groupsOf(program: Program, constructs: Constructs): Map<LiveObject, Group> {
  const running = program.objects.filter(({ spec }) => spec?.template || spec?.jobTemplate || spec?.containers);
  const charts = new Map<string, Set<string>>();
  for (const object of running) {
    const namespace = object.metadata.namespace ?? '';
    charts.set(namespace, (charts.get(namespace) ?? new Set()).add(constructs.chartOf(object) ?? ''));
  }
  return new Map(
    running.map((object) => {
      const { namespace = '' } = object.metadata;
      const chart = constructs.chartOf(object) ?? '';
      const several = (charts.get(namespace)?.size ?? 0) > 1;
      const label = namespace === '' ? chart : several && chart !== '' ? `${namespace} / ${chart}` : namespace;
      return [object, { id: `${namespace}/${several || namespace === '' ? chart : ''}`, label }];
    }),
  );
}

function edgesOf(connections: readonly Connection[]): Edge[] {
  const watchers = new Set(connections.filter((one) => readsFigures(one)).map(({ from }) => from));
  const writes = (from: Runner, to: Runner) =>
    !connections.some((one) => one.from === from && one.to === to && readsFigures(one));
  return joined(connections).map(({ from, to, ports }) => ({
    from: from.node.id,
    to: to.node.id,
    type: watchers.has(from) && !writes(from, to) ? 'watches' : 'connects',
    label: ranges(ports),
  }));
}

/** Whether a port of it is there for figures alone. */
function readsFigures({ to, ports }: Connection): boolean {
  return to.pods.spec.containers.some((container) =>
    (container.ports ?? []).some(
      ({ name = '', containerPort = 0 }) => FIGURES.test(name) && ports.includes(containerPort),
    ),
  );
}

/** One connection for each pair, with all ports. */
function joined(connections: readonly Connection[]): Connection[] {
  const pairs = new Map<string, Connection>();
  for (const connection of connections) {
    const key = `${connection.from.node.id} ${connection.to.node.id}`;
    const ports = [...(pairs.get(key)?.ports ?? []), ...connection.ports];
    pairs.set(key, { ...connection, ports });
  }
  return [...pairs.values()];
}

/** One edge for each pair, with all labels. */
function merged(edges: readonly Edge[]): Edge[] {
  const pairs = new Map<string, Edge>();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to} ${edge.type}`;
    const labels = [...new Set([pairs.get(key)?.label ?? '', edge.label])].filter((label) => label !== '');
    pairs.set(key, { ...edge, label: labels.join(', ') });
  }
  return [...pairs.values()];
}
