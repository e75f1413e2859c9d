import { graph, type Panel, stat } from './panels';
import { Source } from './query';

const NGINX = Source.service('nginx');
const FPM = Source.service('phpfpm');
const description = 'As nginx tells it. With several pods, each reading is that of one of them.';

/** What nginx tells of itself. */
export function nginx(): Panel[] {
  return [
    graph('Requests', 'reqps', [NGINX.rate('requests', 'requests')], { description }),
    graph('Connections', 'none', [
      NGINX.max('active', 'active'),
      NGINX.max('reading', 'reading a request'),
      NGINX.max('writing', 'writing an answer'),
      NGINX.max('waiting', 'idle'),
    ]),
    graph('New connections', 'cps', [
      NGINX.rate('accepts', 'accepted'),
      NGINX.over(
        'non_negative_derivative(last("accepts"), 1s) - non_negative_derivative(last("handled"), 1s)',
        'dropped',
      ),
    ]),
  ];
}

/** What PHP-FPM tells of itself. */
export function php(): Panel[] {
  return [
    graph('PHP: requests', 'reqps', [FPM.rate('accepted_conn', 'requests'), FPM.rate('slow_requests', 'slow')]),
    graph('PHP: processes', 'none', [
      FPM.max('active_processes', 'active'),
      FPM.max('idle_processes', 'idle'),
      FPM.max('total_processes', 'all'),
    ]),
    graph(
      'PHP: queue',
      'none',
      [FPM.max('listen_queue', 'waiting requests'), FPM.max('max_listen_queue', 'most so far')],
      { description: 'Requests that wait for a process.', warn: 1 },
    ),
    graph('PHP: too few processes', 'cps', [FPM.rate('max_children_reached', 'limit of processes reached')], {
      description: 'How often a request found all processes busy, and no more are allowed.',
    }),
  ];
}

export function phpUptime(): Panel {
  return stat('PHP uptime', 's', FPM.now('last("start_since")'));
}
