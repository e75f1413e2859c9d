import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMESPACE } from './kubectl';

/** The first query of a panel of a service's dashboard, as Grafana asks it for the time from a moment until now. */
export function panelQuery(service: string, title: string, since: number): string {
  const { panels } = JSON.parse(readFileSync(join('constructs', service, 'dashboard.json'), 'utf8'));
  const query = everyPanel(panels).find((panel) => panel.title === title)?.targets?.[0]?.query;
  if (query === undefined) {
    throw new Error(`the dashboard of ${service} has no panel '${title}'`);
  }
  const words: { [variable: string]: string } = {
    timeFilter: `time >= ${since}ms AND time <= now()`,
    __interval: '10s',
    service,
    namespace: NAMESPACE,
    pod: '.*',
  };
  return query.replace(/\$\{?(\w+)\}?/g, (whole: string, name: string) => words[name] ?? whole);
}

function everyPanel(panels: any[]): any[] {
  return panels.flatMap((panel) => [panel, ...everyPanel(panel.panels ?? [])]);
}
