import { graph, type Panel, stat } from './panels';
import { Source } from './query';
import { serviceDashboard } from './service';

const NGINX = Source.service('nginx');
const FPM = Source.service('phpfpm');
const description = 'As nginx tells it. With several pods, each reading is that of one of them.';

/** What passes through nginx. */
export function requests(): Panel[] {
  return [
    graph('Requests', 'reqps', [NGINX.rate('requests', 'requests')], { description }),
    graph('New connections', 'cps', [NGINX.rate('accepts', 'accepted')], { description }),
  ];
}

export function droppedConnections(): Panel[] {
  const dropped = 'non_negative_derivative(last("accepts"), 1s) - non_negative_derivative(last("handled"), 1s)';
  return [
    graph('Connections dropped by nginx', 'cps', [NGINX.over(dropped, 'dropped')], {
      description: 'It drops those for which it has no room, and answers whatever it accepts.',
    }),
  ];
}

/** nginx' own view. */
export function connections(): Panel[] {
  return [
    graph('Connections', 'none', [
      NGINX.max('active', 'active'),
      NGINX.max('reading', 'reading a request'),
      NGINX.max('writing', 'writing an answer'),
      NGINX.max('waiting', 'idle'),
    ]),
    graph('Requests per connection', 'none', [NGINX.ratio('requests', 'handled', 'requests')]),
  ];
}

/** The dashboard of what is served by PHP-FPM behind nginx. */
export function phpDashboard(): string {
  return serviceDashboard({
    health: [stat('PHP uptime', 's', FPM.now('last("start_since")'))],
    traffic: [...requests(), graph('PHP: requests', 'reqps', [FPM.rate('accepted_conn', 'requests')])],
    errors: [
      ...droppedConnections(),
      graph('PHP: too few processes', 'cps', [FPM.rate('max_children_reached', 'limit of processes reached')], {
        description: 'How often a request found all processes busy, and no more are allowed.',
      }),
      graph('PHP: slow requests', 'reqps', [FPM.rate('slow_requests', 'slow')], {
        description: 'Those that take longer than 5 s, as php-fpm.conf says. The log names them.',
      }),
    ],
    saturation: [
      graph(
        'PHP: queue',
        'none',
        [FPM.max('listen_queue', 'waiting requests'), FPM.max('max_listen_queue', 'most so far')],
        { description: 'Requests that wait for a process.', warn: 1 },
      ),
    ],
    own: {
      nginx: connections(),
      PHP: [
        graph('PHP: processes', 'none', [
          FPM.max('active_processes', 'active'),
          FPM.max('idle_processes', 'idle'),
          FPM.max('total_processes', 'all'),
        ]),
      ],
    },
  });
}
