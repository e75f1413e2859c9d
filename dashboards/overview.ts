import { dashboardJson, linkToHistory, linkToServices, OVERVIEW, spread, TAG } from './dashboard';
import { graph, listOfDashboards, type Panel, stat, table } from './panels';
import { AT_THE_LIMIT, OF_THE_DISK, READY, STATES, worstOff } from './pods';
import { DISK_SHARE, Source, USED_SHARE } from './query';
import { anyNamespace, service } from './variables';

const CONTAINER = Source.anyPods('kubernetes_pod_container').by('pod_name', 'container_name');
const READINESS = CONTAINER.where(`"condition" = 'Ready'`);
const NETWORK = Source.anyPods('kubernetes_pod_network').by('pod_name');
const PROCESSES = Source.anyPods('kubernetes_pod_process').by('pod_name');
const VOLUME = Source.anyPods('kubernetes_pod_volume').by('pod_name', 'volume_name');
const AGENT = Source.all('internal_agent');
const CERTIFICATE = Source.anyService('x509_cert').where(`"type" = 'leaf'`).by('service');

const MOST = 10;
const EACH = '$tag_pod_name $tag_container_name';
const POD_AND_CONTAINER = { pod_name: { title: 'Pod' }, container_name: { title: 'Container' } };
/** The kubelet counts every ten to twenty seconds. */
const COUNTED = { interval: '30s' };

function health(): Panel[] {
  const stats = [
    stat('Ready', 'percentunit', READINESS.across('mean', 'last("ready")'), {
      description: 'The share of the containers whose pod gets traffic.',
      warn: 1,
      bad: 0.01,
    }),
    stat('Not ready', 'none', READINESS.zeros('last("ready")'), {
      description: 'Containers whose pod gets no traffic.',
      warn: 1,
      bad: 2,
    }),
    ...worstOff(CONTAINER),
    stat('Readings', 'wps', AGENT.now('(max("metrics_gathered") - min("metrics_gathered")) / 120'), {
      description: 'What Telegraf reads in a second, of the last two minutes. Without them everything here is old.',
      warn: 1,
      bad: 0.1,
    }),
    stat('Certificates', 's', CERTIFICATE.across('min', 'last("expiry")'), {
      description: 'Until the next one expires.',
      warn: 14 * 86_400,
      bad: 3 * 86_400,
    }),
  ];
  const containers = table(
    'Containers',
    CONTAINER.rows({
      Ready: 'last("ready")',
      State: 'last("state_code")',
      Reason: 'last("state_reason")',
      Restarts: 'last("restarts_total")',
    }),
    { ...POD_AND_CONTAINER, Ready: { words: READY }, State: { words: STATES }, Reason: {}, Restarts: {} },
    { description: 'What is not ready comes first.', leastOf: 'Ready' },
  );
  return [
    ...stats.map((panel) => panel.height(4).span(4)),
    containers.height(12).span(18),
    listOfDashboards('Services', TAG).height(12).span(6),
  ];
}

function top(): Panel[] {
  return [
    table(
      'Most CPU',
      CONTAINER.most(MOST, 'Cores', 'mean("cpu_usage_nanocores") / 1000000000'),
      { ...POD_AND_CONTAINER, Cores: { unit: 'suffix:cores', bar: true } },
      { mostOf: 'Cores' },
    ),
    table(
      'Nearest to the memory limit',
      CONTAINER.most(MOST, 'Share', '1.0 * last("memory_working_set_bytes") / last("resource_limits_memory_bytes")'),
      { ...POD_AND_CONTAINER, Share: { share: true } },
      { mostOf: 'Share', description: 'At 100 % a container is killed.' },
    ),
    table(
      'Fullest volumes',
      VOLUME.most(MOST, 'Share', USED_SHARE),
      { pod_name: { title: 'Pod' }, volume_name: { title: 'Volume' }, Share: { share: true } },
      { mostOf: 'Share', description: OF_THE_DISK },
    ),
    table(
      'Most written into containers',
      CONTAINER.most(MOST, 'Bytes', 'last("rootfs_used_bytes") + last("logsfs_used_bytes")'),
      { ...POD_AND_CONTAINER, Bytes: { unit: 'bytes', bar: true } },
      { mostOf: 'Bytes', description: "Files that are on no volume, and logs: they are on the node's own disk." },
    ),
    table(
      'Most network traffic',
      NETWORK.most(MOST, 'Bytes', '(max("rx_bytes") - min("rx_bytes") + max("tx_bytes") - min("tx_bytes")) / 120'),
      { pod_name: { title: 'Pod' }, Bytes: { title: 'Bytes per second', unit: 'binBps', bar: true } },
      { mostOf: 'Bytes per second', description: 'In and out, of the last two minutes.' },
    ),
  ];
}

export const json = () =>
  dashboardJson({
    title: 'Overview',
    uid: OVERVIEW,
    tags: [`${TAG}-overview`],
    variables: [anyNamespace(), service()],
    links: [linkToServices(), linkToHistory()],
    rows: {
      Health: health(),
      'The most': spread(...top()),
      Traffic: spread(
        graph('Network in', 'binBps', [NETWORK.rate('rx_bytes', '$tag_pod_name')], COUNTED),
        graph('Network out', 'binBps', [NETWORK.rate('tx_bytes', '$tag_pod_name')], COUNTED),
        graph('Requests of web servers', 'reqps', [
          Source.anyService('nginx').by('service').rate('requests', '$tag_service'),
        ]),
      ),
      Errors: spread(
        graph('Restarts of containers', 'none', [CONTAINER.rise('restarts_total', EACH)], {
          ...COUNTED,
          warn: 1,
        }),
        graph(
          'Network errors',
          'cps',
          [NETWORK.rate('rx_errors', '$tag_pod_name in'), NETWORK.rate('tx_errors', '$tag_pod_name out')],
          COUNTED,
        ),
        graph('Readings that failed', 'cps', [
          Source.all('internal_gather').by('input', 'alias').rate('errors', '$tag_input $tag_alias'),
        ]),
      ),
      Saturation: spread(
        graph('CPU', 'suffix:cores', [CONTAINER.over('mean("cpu_usage_nanocores") / 1000000000', EACH)]),
        graph('Memory, working set', 'bytes', [CONTAINER.mean('memory_working_set_bytes', EACH)]),
        graph('Processes', 'none', [PROCESSES.max('process_count', '$tag_pod_name')]),
        graph('Disks of the nodes', 'percentunit', [CONTAINER.by('node_name').over(DISK_SHARE, '$tag_node_name')], {
          description: AT_THE_LIMIT,
          warn: 0.8,
          bad: 0.9,
        }),
      ),
    },
  });
