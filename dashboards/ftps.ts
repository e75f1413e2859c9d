import { graph, stat } from './panels';
import { Source } from './query';
import { serviceDashboard } from './service';

const GREETING = Source.service('net_response');
const FTPS = Source.service('ftps');

const OUTCOMES = {
  0: ['greets', 'green'],
  1: ['timeout', 'red'],
  2: ['refused', 'red'],
  3: ['says nothing', 'red'],
  4: ['says something else', 'red'],
} as const;

export const json = () =>
  serviceDashboard({
    health: [stat('Control port', 'none', GREETING.now('last("result_code")'), { words: OUTCOMES })],
    traffic: [
      graph('Data of clients', 'binBps', [
        FTPS.rate('uploaded_bytes', 'uploaded'),
        FTPS.rate('downloaded_bytes', 'downloaded'),
      ]),
    ],
    errors: [
      graph('Failed logins', 'cps', [FTPS.rate('failed_logins', 'failed')]),
      graph('Outcome of the greeting', 'none', [GREETING.max('result_code', 'worst')], { words: OUTCOMES }),
    ],
    own: {
      FTPS: [
        graph('Sessions', 'none', [FTPS.max('sessions', 'open')]),
        graph('Logins', 'cps', [FTPS.rate('logins', 'logins')]),
        graph('Files', 'ops', [FTPS.rate('uploads', 'uploaded'), FTPS.rate('downloads', 'downloaded')]),
        graph('Time to the greeting', 's', [GREETING.max('response_time', 'longest')], { warn: 1 }),
      ],
    },
  });
