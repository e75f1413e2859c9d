import { dashboardJson, spread } from './dashboard';
import { graph } from './panels';
import { health, saturation } from './pods';
import { Source } from './query';

const CONTAINER = Source.pods('kubernetes_pod_container').by('pod_name');
const NETWORK = Source.pods('kubernetes_pod_network').by('pod_name');
const QUERY = Source.all('influxdb_queryExecutor');

/** Telegraf reads nothing from Grafana itself: this is what its container and its database tell. */
const server = () => [
  graph('Queries that InfluxDB answers', 'reqps', [QUERY.rate('queriesFinished', 'queries')], {
    description: 'Those of Grafana and of whoever else reads.',
  }),
  graph('Time per query', 'ns', [QUERY.ratio('queryDurationNs', 'queriesFinished', 'query')]),
  graph('Network errors', 'cps', [
    NETWORK.rate('rx_errors', '$tag_pod_name in'),
    NETWORK.rate('tx_errors', '$tag_pod_name out'),
  ]),
  graph('Written into the container, and its logs', 'bytes', [
    CONTAINER.mean('rootfs_used_bytes', '$tag_pod_name files'),
    CONTAINER.mean('logsfs_used_bytes', '$tag_pod_name logs'),
  ]),
];

export const json = () => dashboardJson({ Health: health(), Saturation: saturation(), Queries: spread(...server()) });
