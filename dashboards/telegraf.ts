import { graph } from './panels';
import { Source } from './query';
import { serviceDashboard } from './service';

const AGENT = Source.all('internal_agent');
const INPUTS = Source.all('internal_gather').by('input', 'alias');
const OUTPUT = Source.all('internal_write').where(`"output" = 'influxdb'`);

export const json = () =>
  serviceDashboard({
    traffic: [
      graph('Points', 'wps', [
        AGENT.rate('metrics_gathered', 'gathered'),
        OUTPUT.rate('metrics_written', 'written to InfluxDB'),
      ]),
      graph('Sent to InfluxDB', 'binBps', [OUTPUT.rate('bytes_written', 'bytes')]),
    ],
    errors: [
      graph('Errors', 'cps', [INPUTS.rate('errors', '$tag_input $tag_alias'), OUTPUT.rate('errors', 'writing')]),
      graph('Points lost', 'wps', [
        OUTPUT.rate('metrics_dropped', 'lost'),
        OUTPUT.rate('metrics_rejected', 'refused by InfluxDB'),
      ]),
    ],
    saturation: [
      graph(
        'Buffer',
        'none',
        [OUTPUT.max('buffer_size', 'points that wait'), OUTPUT.max('buffer_limit', 'points limit')],
        { description: 'It grows while InfluxDB does not answer; at its limit the oldest points are lost.' },
      ),
    ],
    own: {
      Telegraf: [
        graph('Time to gather', 'ns', [INPUTS.max('gather_time_ns', '$tag_input $tag_alias')]),
        graph('Time to write', 'ns', [OUTPUT.max('write_time_ns', 'longest')]),
      ],
    },
  });
