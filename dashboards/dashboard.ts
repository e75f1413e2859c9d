import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel } from './panels';
import { DATASOURCE, NAMESPACES } from './query';

const TAG = 'cdk8s-services';
const COLUMNS = 24;
/** What the types set and Grafana assumes. All dashboards have to fit into a ConfigMap. */
const IMPLIED = new Set(['repeatDirection', 'transparent']);

/** Rows of panels, by their titles. */
export interface Rows {
  readonly [title: string]: Panel[];
}

/** The dashboard of whichever instance `${service}` stands for, as JSON. */
export function dashboardJson(rows: Rows): string {
  const builder = new dashboard.DashboardBuilder('${service}')
    .uid('service-${service}')
    .tags([TAG])
    .readonly()
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(namespace())
    .link(services());
  let id = 0;
  for (const [title, panels] of Object.entries(rows)) {
    builder.withRow(new dashboard.RowBuilder(title).id(++id));
    for (const panel of panels) {
      builder.withPanel(panel.id(++id));
    }
  }
  return `${JSON.stringify(sorted(builder.build()), null, 2)}\n`;
}

/** Gives panels of one kind equal room, three or two a line. */
export function spread(...panels: Panel[]): Panel[] {
  const perLine = panels.length % 3 === 1 ? 2 : 3;
  return panels.map((panel, index) => {
    const before = index - (index % perLine);
    return panel.height(8).span(COLUMNS / Math.min(perLine, panels.length - before));
  });
}

/** Links to the other dashboards, in sight: the types know only of a place in a menu. */
function services(): Builder<dashboard.DashboardLink> {
  const { placement: _, ...link } = new dashboard.DashboardLinkBuilder('Services')
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)
    .build();
  return { build: () => link };
}

function namespace(): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder('namespace')
    .datasource(DATASOURCE)
    .query(NAMESPACES)
    .definition(NAMESPACES)
    .refresh(dashboard.VariableRefresh.OnDashboardLoad)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}

/** The same with the keys of all objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([key]) => !IMPLIED.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
  }
  return value;
}
