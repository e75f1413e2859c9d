import { dashboardJson, HISTORY_TAG, linkTo, linkToServices, OVERVIEW, spread } from './dashboard';
import { graph, type Panel, type PanelOptions } from './panels';
import { DISK_SHARE, PER_SECOND, type Query, Source } from './query';
import { anyNamespace, service } from './variables';

const pods = (measurement: string) => Source.anyPods(measurement).means().by('pod_name');
const services = (measurement: string) => Source.anyService(measurement).means().by('service');

const CONTAINER = pods('kubernetes_pod_container').by('pod_name', 'container_name');
const READINESS = CONTAINER.where(`"condition" = 'Ready'`).by('container_name');
const NETWORK = pods('kubernetes_pod_network');
const VOLUME = pods('kubernetes_pod_volume').by('pod_name', 'volume_name');
const MYSQL = services('mysql').by('server');
const FTPS = services('ftps');

/** The time that a mean is of by default, and as long as it may be without gaps. */
const MEANS = { interval: '5m', gap: 3 * 3_600_000 };

const lines = (title: string, unit: string, queries: Query[], options: PanelOptions = {}): Panel =>
  graph(title, unit, queries, { ...MEANS, ...options });

/** Of all pods of a container's name, as those of a Deployment change theirs. */
const byContainer = (expression: string): Query[] => [
  CONTAINER.sumOf(expression, '$tag_container_name', 'container_name'),
];

/** What is left when the points are gone, for all services. */
export const json = () =>
  dashboardJson({
    title: 'History',
    uid: 'services-history',
    tags: [HISTORY_TAG],
    times: { from: 'now-30d', refresh: '5m' },
    variables: [anyNamespace(), service()],
    links: [linkTo('Overview', OVERVIEW, false), linkToServices(false)],
    rows: {
      Health: spread(
        lines('Ready', 'percentunit', [READINESS.mean('ready', '$tag_container_name')], {
          description: 'For how much of the time a pod with this container got traffic.',
        }),
        lines('Restarts of containers', 'none', byContainer('non_negative_difference(last("restarts_total"))')),
      ),
      Traffic: spread(
        lines('Network', 'binBps', [
          NETWORK.sumOf(PER_SECOND('rx_bytes'), 'in'),
          NETWORK.sumOf(PER_SECOND('tx_bytes'), 'out'),
        ]),
        lines('Requests of web servers', 'reqps', [services('nginx').rate('requests', '$tag_service')]),
        lines('PHP: requests', 'reqps', [services('phpfpm').rate('accepted_conn', '$tag_service')]),
        lines('MySQL: statements', 'ops', [MYSQL.rate('questions', '$tag_server')]),
        lines('FTPS: data of clients', 'binBps', [
          FTPS.rate('uploaded_bytes', '$tag_service uploaded'),
          FTPS.rate('downloaded_bytes', '$tag_service downloaded'),
        ]),
        lines('InfluxDB: points', 'wps', [services('influxdb_httpd').rate('pointsWrittenOK', '$tag_service')]),
      ),
      Errors: spread(
        lines('MySQL: slow queries', 'ops', [MYSQL.rate('slow_queries', '$tag_server')]),
        lines('PHP: slow requests', 'reqps', [services('phpfpm').rate('slow_requests', '$tag_service')]),
        lines('FTPS: failed logins', 'cps', [FTPS.rate('failed_logins', '$tag_service')]),
      ),
      Saturation: spread(
        lines('CPU', 'suffix:cores', byContainer('mean("cpu_usage_nanocores") / 1000000000')),
        lines('Memory, working set', 'bytes', byContainer('mean("memory_working_set_bytes")')),
        lines('Processes', 'none', [pods('kubernetes_pod_process').sumOf('mean("process_count")', 'all')]),
        lines('Volumes, used', 'bytes', [VOLUME.sumOf('mean("used_bytes")', '$tag_volume_name', 'volume_name')]),
        lines('Disks of the nodes', 'percentunit', [CONTAINER.by('node_name').over(DISK_SHARE, '$tag_node_name')], {
          warn: 0.8,
          bad: 0.9,
        }),
        lines('MySQL: connections', 'none', [MYSQL.max('threads_connected', '$tag_server')]),
      ),
    },
  });
