import { dashboardJson, spread } from './dashboard';
import { graph, stat } from './panels';
import { health, saturation } from './pods';
import { Source } from './query';

const GREETING = Source.service('net_response');

const OUTCOMES = {
  0: ['greets', 'green'],
  1: ['timeout', 'red'],
  2: ['refused', 'red'],
  3: ['says nothing', 'red'],
  4: ['says something else', 'red'],
} as const;

export const json = () =>
  dashboardJson({
    Health: health(stat('Control port', 'none', GREETING.now('last("result_code")'), { words: OUTCOMES })),
    Saturation: saturation(),
    Greeting: spread(
      graph('Time to the greeting', 's', [GREETING.max('response_time', 'longest')], { warn: 1 }),
      graph('Outcome', 'none', [GREETING.max('result_code', 'worst')], { words: OUTCOMES }),
    ),
  });
