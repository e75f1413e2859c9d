import { json as history } from './history';
import { observability } from './observability';
import { json as overview } from './overview';
import { picture } from './picture';
import * as rules from './rules';
import { dashboards } from './services';

/** Every file that is generated here, by its path, from the root of the project. */
export function files(read: (path: string) => string): { [path: string]: string } {
  const made: { [path: string]: string } = {
    'constructs/grafana/alerts.json': rules.general(),
    'constructs/grafana/history.json': history(),
    'constructs/grafana/overview.json': overview(),
    'constructs/influxdb/alerts.json': rules.influxdb(),
    'constructs/mysql/alerts.json': rules.mysql(),
    'docs/dashboards/history.svg': picture(history()),
    'docs/dashboards/overview.svg': picture(overview()),
  };
  for (const [service, json] of Object.entries(dashboards)) {
    made[`constructs/${service}/dashboard.json`] = json();
    made[`docs/dashboards/${service}.svg`] = picture(json());
  }
  made['docs/observability.md'] = observability(read('docs/observability.md'));
  return made;
}
