import { gauge, graph, type Panel, stat, table } from './panels';
import { DISK_SHARE, Source, USED_SHARE } from './query';

// all take what follows the service's name in those of its pods
const containersOf = (suffix: string) =>
  Source.pods('kubernetes_pod_container', suffix).by('pod_name', 'container_name');
const networkOf = (suffix: string) => Source.pods('kubernetes_pod_network', suffix).by('pod_name');
const processesOf = (suffix: string) => Source.pods('kubernetes_pod_process', suffix).by('pod_name');
const volumesOf = (suffix: string) => Source.pods('kubernetes_pod_volume', suffix).by('pod_name', 'volume_name');

const EACH = '$tag_pod_name $tag_container_name';
export const STATES = {
  0: ['running', 'green'],
  1: ['terminated', 'orange'],
  2: ['waiting', 'red'],
  3: ['unknown', 'red'],
} as const;
export const READY = { 0: ['no', 'red'], 1: ['yes', 'green'] } as const;
/** The kubelet counts every ten to twenty seconds: nearer points would swing between nothing and twice as much. */
const COUNTED = { interval: '30s' };

/** Of volumes. */
export const OF_THE_DISK =
  "Where a claim is a folder of the node's disk, as minikube's are, the kubelet tells nothing of it: it has as much room as " +
  'that disk.';
/** Of the disk of a node (Kubernetes, "Node-pressure Eviction" and "Garbage Collection"). */
export const AT_THE_LIMIT = 'From 85 % on the kubelet removes images, from 90 % on pods; minikube tells it not to.';

/** How the containers are that a source tells of. */
export function worstOff(containers: Source): Panel[] {
  return [
    stat('State', 'none', containers.across('max', 'last("state_code")'), {
      description: 'Of the container that is worst off.',
      words: STATES,
    }),
    stat('Restarts', 'none', containers.growth('restarts_total'), {
      description: 'Of all containers, in the time range.',
      warn: 1,
      bad: 3,
      ofRange: true,
    }),
  ];
}

/** Is it up? The pods' state, and what the service adds to it. */
export function health(suffix: string, ...own: Panel[]): Panel[] {
  const container = containersOf(suffix);
  const stats = [
    stat('Ready', 'percentunit', container.where(`"condition" = 'Ready'`).across('mean', 'last("ready")'), {
      description: 'The share of the containers whose pod gets traffic.',
      warn: 1,
      bad: 0.01,
    }),
    ...worstOff(container),
    ...own,
  ];
  const containers = table(
    'Containers',
    container.rows({
      Ready: 'last("ready")',
      State: 'last("state_code")',
      Reason: 'last("state_reason")',
      Restarts: 'last("restarts_total")',
    }),
    {
      pod_name: { title: 'Pod' },
      container_name: { title: 'Container' },
      Ready: { words: READY },
      State: { words: STATES },
      Reason: {},
      Restarts: {},
    },
  );
  return [...stats.map((panel) => panel.height(6).span(12 / stats.length)), containers.height(6).span(12)];
}

/** How much passes through it. */
export function traffic(suffix: string): Panel[] {
  const network = networkOf(suffix);
  const queries = [network.rate('rx_bytes', '$tag_pod_name in'), network.rate('tx_bytes', '$tag_pod_name out')];
  return [graph('Network', 'binBps', queries, COUNTED)];
}

/** What went wrong below the service itself. */
export function failures(suffix: string): Panel[] {
  const network = networkOf(suffix);
  return [
    graph('Restarts of containers', 'none', [containersOf(suffix).rise('restarts_total', EACH)], {
      ...COUNTED,
      description: 'Kubernetes restarts what ends, what stops to answer and what takes too much memory.',
      warn: 1,
    }),
    graph(
      'Network errors',
      'cps',
      [network.rate('rx_errors', '$tag_pod_name in'), network.rate('tx_errors', '$tag_pod_name out')],
      COUNTED,
    ),
  ];
}

/** How much it takes of what it may take. */
export function saturation(suffix: string): Panel[] {
  const container = containersOf(suffix);
  const volume = volumesOf(suffix);
  const limits = container.by('container_name');
  return [
    graph('CPU', 'suffix:cores', [
      container.over('mean("cpu_usage_nanocores") / 1000000000', EACH),
      limits.over('max("resource_limits_millicpu_units") / 1000', '$tag_container_name limit'),
    ])
      .height(9)
      .span(12),
    graph('Memory, working set', 'bytes', [
      container.mean('memory_working_set_bytes', EACH),
      limits.max('resource_limits_memory_bytes', '$tag_container_name limit'),
    ])
      .height(9)
      .span(12),
    graph('Processes', 'none', [processesOf(suffix).max('process_count', '$tag_pod_name')])
      .height(8)
      .span(8),
    graph('Volumes, used', 'bytes', [volume.mean('used_bytes', '$tag_pod_name $tag_volume_name')], {
      description: OF_THE_DISK,
    })
      .height(8)
      .span(7),
    gauge(
      'Memory of limit',
      container.across('max', '1.0 * last("memory_working_set_bytes") / last("resource_limits_memory_bytes")'),
      { description: 'Of the container that is nearest to its limit. At 100 % it is killed.' },
    )
      .height(8)
      .span(3),
    gauge('Fullest volume', volume.across('max', USED_SHARE), { description: OF_THE_DISK }).height(8).span(3),
    gauge("Node's disk", container.by('node_name').across('max', DISK_SHARE), { description: AT_THE_LIMIT })
      .height(8)
      .span(3),
  ];
}
