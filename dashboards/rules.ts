import { alertsJson } from './alerts';
import { json as influxdbDashboard } from './influxdb';
import { BESIDE_THE_FIRST, json as mysqlDashboard } from './mysql';
import { json as overview } from './overview';
import { DISK_SHARE, Source, USED_SHARE } from './query';

const CONTAINER = Source.all('kubernetes_pod_container').by('namespace', 'pod_name', 'container_name');
const VOLUME = Source.all('kubernetes_pod_volume').by('namespace', 'pod_name', 'volume_name');
const CERTIFICATE = Source.all('x509_cert').where(`"type" = 'leaf'`).by('service');
const SERVER = Source.service('mysql');
const AGENT = Source.all('internal_agent');

const CONTAINER_NAME = '{{ .Labels.container_name }} in {{ .Labels.namespace }}/{{ .Labels.pod_name }}';
/** Half of the last month, which is when certificates that renew themselves should have done so. */
const TWO_WEEKS = 14 * 86_400;

/** What is watched in every namespace, whatever runs there. */
export const general = () =>
  alertsJson('Services', [
    {
      uid: 'pod-restarting',
      title: 'Pod restarting',
      summary: `${CONTAINER_NAME} restarted in the last ten minutes`,
      severity: 'warning',
      query: CONTAINER.growthOfEach('restarts_total'),
      ofLast: '10m',
      above: 0,
      for: '0m',
      panel: { dashboard: overview(), title: 'Restarts of containers' },
    },
    // by Deployments and StatefulSets, because the pod of a job that is done is not ready either
    {
      uid: 'deployment-not-ready',
      title: 'Deployment not ready',
      summary: '{{ .Labels.namespace }}/{{ .Labels.deployment_name }} has lacked ready pods for five minutes',
      severity: 'critical',
      query: Source.all('kubernetes_deployment').by('namespace', 'deployment_name').now('last("replicas_unavailable")'),
      ofLast: '2m',
      above: 0,
      for: '5m',
      panel: { dashboard: overview(), title: 'Not ready' },
    },
    {
      uid: 'statefulset-not-ready',
      title: 'StatefulSet not ready',
      summary: '{{ .Labels.namespace }}/{{ .Labels.statefulset_name }} has lacked ready pods for five minutes',
      severity: 'critical',
      query: Source.all('kubernetes_statefulset')
        .by('namespace', 'statefulset_name')
        .now('last("spec_replicas") - last("replicas_ready")'),
      ofLast: '2m',
      above: 0,
      for: '5m',
      panel: { dashboard: overview(), title: 'Not ready' },
    },
    {
      uid: 'volume-full',
      title: 'Volume 80 % full',
      summary: '{{ .Labels.volume_name }} of {{ .Labels.namespace }}/{{ .Labels.pod_name }} is more than 80 % full',
      severity: 'warning',
      query: VOLUME.now(USED_SHARE),
      ofLast: '5m',
      above: 0.8,
      for: '5m',
      panel: { dashboard: overview(), title: 'Fullest volumes' },
    },
    {
      uid: 'disk-full',
      title: 'Disk 80 % full',
      summary:
        'the disk of {{ .Labels.node_name }} is more than 80 % full, and so is each claim that is a folder of it',
      severity: 'critical',
      query: Source.all('kubernetes_pod_container').by('node_name').now(DISK_SHARE),
      ofLast: '5m',
      above: 0.8,
      for: '5m',
      panel: { dashboard: overview(), title: 'Disks of the nodes' },
    },
    {
      uid: 'certificate-expiring',
      title: 'Certificate expiring',
      summary: 'the certificate of {{ .Labels.service }} expires within two weeks',
      severity: 'critical',
      query: CERTIFICATE.now('last("expiry")'),
      ofLast: '10m',
      below: TWO_WEEKS,
      for: '0m',
      panel: { dashboard: overview(), title: 'Certificates' },
    },
    {
      uid: 'readings-fail',
      title: 'Readings fail',
      summary: 'Telegraf could not read {{ .Labels.input }} {{ .Labels.alias }} for two minutes',
      severity: 'warning',
      query: Source.all('internal_gather').by('input', 'alias').growthOfEach('errors'),
      ofLast: '2m',
      above: 0,
      for: '2m',
      panel: { dashboard: overview(), title: 'Readings that failed' },
    },
    {
      uid: 'no-data',
      title: 'No data from Telegraf',
      summary: 'Telegraf has written nothing for two minutes, or InfluxDB does not answer',
      severity: 'critical',
      query: AGENT.now('count("metrics_gathered")'),
      ofLast: '2m',
      below: 1,
      for: '1m',
      missingFires: true,
      panel: { dashboard: overview(), title: 'Readings' },
    },
  ]);

export const influxdb = () =>
  alertsJson('${service}', [
    {
      uid: 'dropped-${service}',
      title: 'InfluxDB drops points: ${service}',
      summary:
        '{{ .Labels.service }} has dropped points in the last ten minutes: at 50 000 series it takes no new ones',
      severity: 'warning',
      query: Source.service('influxdb_httpd').by('service').growthOfEach('pointsWrittenDropped', 'pointsWrittenFail'),
      ofLast: '10m',
      above: 0,
      for: '0m',
      panel: { dashboard: influxdbDashboard(), title: 'Points lost' },
    },
    {
      uid: 'means-${service}',
      title: 'InfluxDB makes no means: ${service}',
      summary:
        '{{ .Labels.service }} could not make the means of a measurement in the last ten minutes: its log names it',
      severity: 'warning',
      query: Source.service('influxdb_cq').by('service').growthOfEach('queryFail'),
      ofLast: '10m',
      above: 0,
      for: '0m',
      panel: { dashboard: influxdbDashboard(), title: 'Means' },
    },
  ]);

export const mysql = () =>
  alertsJson('${service}', [
    {
      uid: 'down-${service}',
      title: 'MySQL down: ${service}',
      summary: '{{ .Labels.statefulset_name }} has not been ready in {{ .Labels.namespace }} for a minute',
      severity: 'critical',
      query: Source.all('kubernetes_statefulset')
        .where(`"statefulset_name" =~ /^\${service}(-${BESIDE_THE_FIRST})?$/`)
        .by('namespace', 'statefulset_name')
        .now('last("replicas_ready")'),
      ofLast: '2m',
      below: 1,
      for: '1m',
      panel: { dashboard: mysqlDashboard(), title: 'Ready' },
    },
    {
      uid: 'stopped-${service}',
      title: 'MySQL does not replicate: ${service}',
      summary: '{{ .Labels.server }} has not followed its primary, or only at times, for two minutes',
      severity: 'critical',
      query: SERVER.where(`("slave_slave_io_running" <> 'Yes' OR "slave_slave_sql_running" <> 'Yes')`)
        .by('server')
        .now('count("slave_slave_sql_running")'),
      ofLast: '2m',
      above: 0,
      for: '2m',
      panel: { dashboard: mysqlDashboard(), title: 'Replicas' },
    },
    {
      uid: 'behind-${service}',
      title: 'MySQL replica behind: ${service}',
      summary: '{{ .Labels.server }} has been more than 30 s behind its primary for five minutes',
      severity: 'warning',
      query: SERVER.by('server').now('last("slave_seconds_behind_master")'),
      ofLast: '2m',
      above: 30,
      for: '5m',
      panel: { dashboard: mysqlDashboard(), title: 'Behind the primary' },
    },
  ]);
