import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel } from './panels';

/** By which the dashboards of services find each other. */
export const TAG = 'cdk8s-services';
/** The overview, to which all others lead back. */
export const OVERVIEW = 'services-overview';
/** By which that of the means is found, where it is. */
export const HISTORY_TAG = `${TAG}-history`;
const COLUMNS = 24;
/** What the types set though Grafana assumes it, or knows it no more. */
const SUPERFLUOUS = new Set(['auto', 'auto_count', 'auto_min', 'footer', 'repeatDirection', 'transparent']);

/** Rows of panels, by their titles. */
export interface Rows {
  readonly [title: string]: Panel[];
}

export interface DashboardProps {
  readonly title: string;
  readonly uid: string;
  readonly tags: string[];
  readonly variables: Builder<dashboard.VariableModel>[];
  readonly links: Builder<dashboard.DashboardLink>[];
  readonly rows: Rows;
  /** @default - the last hour, and what comes */
  readonly times?: { readonly from: string; readonly refresh: string };
}

const NOW = { from: 'now-1h', refresh: '10s' };

/** A dashboard as JSON, with the keys of all objects in order. */
export function dashboardJson({ title, uid, tags, variables, links, rows, times = NOW }: DashboardProps): string {
  const builder = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .tags(tags)
    .readonly()
    .refresh(times.refresh)
    .time({ from: times.from, to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables(variables)
    .links(links);
  let id = 0;
  for (const [title, panels] of Object.entries(rows)) {
    builder.withRow(new dashboard.RowBuilder(title).id(++id));
    for (const panel of panels) {
      builder.withPanel(panel.id(++id));
    }
  }
  return json(builder.build());
}

/** Any object of Grafana's as JSON, with the keys in order. */
export function json(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

/** Gives panels of one kind equal room, three or two a line. */
export function spread(...panels: Panel[]): Panel[] {
  const perLine = panels.length % 3 === 1 ? 2 : 3;
  return panels.map((panel, index) => {
    const before = index - (index % perLine);
    return panel.height(8).span(COLUMNS / Math.min(perLine, panels.length - before));
  });
}

/** Links to the dashboards of the services, in sight: the types know only of a place in a menu. */
export function linkToServices(keepTime = true): Builder<dashboard.DashboardLink> {
  return link(
    new dashboard.DashboardLinkBuilder('Services')
      .type(dashboard.DashboardLinkType.Dashboards)
      .tags([TAG])
      .asDropdown(true),
    keepTime,
  );
}

/** A link to one dashboard. */
export function linkTo(title: string, uid: string, keepTime = true): Builder<dashboard.DashboardLink> {
  return link(
    new dashboard.DashboardLinkBuilder(title).type(dashboard.DashboardLinkType.Link).url(`/d/${uid}`).icon('dashboard'),
    keepTime,
  );
}

/** A link to the dashboard of the means, which opens with its own time range. There is none where it is not. */
export function linkToHistory(): Builder<dashboard.DashboardLink> {
  const history = new dashboard.DashboardLinkBuilder('History').tags([HISTORY_TAG]);
  return link(history.type(dashboard.DashboardLinkType.Dashboards), false);
}

function link(builder: dashboard.DashboardLinkBuilder, keepTime = true): Builder<dashboard.DashboardLink> {
  const { placement: _, ...link } = builder.includeVars(true).keepTime(keepTime).build();
  return { build: () => link };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([key]) => !SUPERFLUOUS.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
  }
  return value;
}
