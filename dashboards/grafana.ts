import { graph } from './panels';
import { Source } from './query';
import { serviceDashboard } from './service';

const CONTAINER = Source.pods('kubernetes_pod_container').by('pod_name');
const QUERY = Source.all('influxdb_queryExecutor');
const HTTP = Source.all('influxdb_httpd');

/** Telegraf reads nothing from Grafana itself: this is what its container and its database tell. */
export const json = () =>
  serviceDashboard({
    traffic: [
      graph('Queries that InfluxDB answers', 'reqps', [QUERY.rate('queriesFinished', 'queries')], {
        description: 'Those of Grafana and of whoever else reads.',
      }),
    ],
    errors: [
      graph('Errors of InfluxDB', 'cps', [
        HTTP.rate('clientError', 'of clients'),
        HTTP.rate('serverError', 'of the server'),
        HTTP.rate('authFail', 'failed logins'),
      ]),
    ],
    own: {
      Queries: [
        graph('Time per query', 'ns', [QUERY.ratio('queryDurationNs', 'queriesFinished', 'query')]),
        graph('Written into the container, and its logs', 'bytes', [
          CONTAINER.mean('rootfs_used_bytes', '$tag_pod_name files'),
          CONTAINER.mean('logsfs_used_bytes', '$tag_pod_name logs'),
        ]),
      ],
    },
  });
