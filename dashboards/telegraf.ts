import { dashboardJson, spread } from './dashboard';
import { graph } from './panels';
import { health, saturation } from './pods';
import { Source } from './query';

const AGENT = Source.all('internal_agent');
const INPUTS = Source.all('internal_gather').by('input');
const OUTPUT = Source.all('internal_write').where(`"output" = 'influxdb'`);

const agent = () => [
  graph('Points', 'wps', [
    AGENT.rate('metrics_gathered', 'gathered'),
    OUTPUT.rate('metrics_written', 'written'),
    OUTPUT.rate('metrics_dropped', 'lost'),
    OUTPUT.rate('metrics_rejected', 'refused by InfluxDB'),
  ]),
  graph('Buffer', 'none', [OUTPUT.max('buffer_size', 'points that wait'), OUTPUT.max('buffer_limit', 'points limit')], {
    description: 'It grows while InfluxDB does not answer; at its limit the oldest points are lost.',
  }),
  graph('Errors', 'cps', [INPUTS.rate('errors', '$tag_input'), OUTPUT.rate('errors', 'writing')]),
  graph('Time to gather', 'ns', [INPUTS.max('gather_time_ns', '$tag_input')]),
  graph('Time to write', 'ns', [OUTPUT.max('write_time_ns', 'longest')]),
  graph('Sent to InfluxDB', 'binBps', [OUTPUT.rate('bytes_written', 'bytes')]),
];

export const json = () => dashboardJson({ Health: health(), Saturation: saturation(), Telegraf: spread(...agent()) });
