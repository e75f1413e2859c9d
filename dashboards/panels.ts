import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as lists from '@grafana/grafana-foundation-sdk/dashboardlist';
import * as gauges from '@grafana/grafana-foundation-sdk/gauge';
import * as stats from '@grafana/grafana-foundation-sdk/stat';
import * as tables from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { DATASOURCE, type Query } from './query';

/** Anything that the grid can place. */
export interface Panel extends Builder<dashboard.Panel> {
  height(rows: number): this;
  span(columns: number): this;
  id(id: number): this;
}

export interface PanelOptions {
  readonly description?: string;
  /** From where on it is orange, and from where on red; descending where little is bad. */
  readonly warn?: number;
  readonly bad?: number;
  /** No points nearer than this. */
  readonly interval?: string;
  /** Lines go on over gaps of as many milliseconds. */
  readonly gap?: number;
  /** Words for numbers. */
  readonly words?: { readonly [value: string]: readonly [text: string, color: string] };
}

/** What is shorter than the time between two readings, and would draw holes. */
const INTERVAL = '10s';
/** A figure of now: that of a pod which is gone is not. */
const NOW = '2m';

/** Shares of a limit from which on it is orange, and red. */
const WARN = 0.8;
const BAD = 0.95;

/** Lines over time. Those called '… limit' are dashed. */
export function graph(title: string, unit: string, queries: Query[], options: PanelOptions = {}): Panel {
  const panel = new timeseries.PanelBuilder()
    .title(title)
    .datasource(DATASOURCE)
    .interval(options.interval ?? INTERVAL)
    .targets(queries.map((query, index) => query.nth(index)))
    .unit(unit)
    .min(0)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(options.gap ?? 60_000)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (queries.some(({ alias }) => alias.endsWith(' limit'))) {
    panel.overrideByRegexp('/ limit$/', [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      { id: 'custom.fillOpacity', value: 0 },
    ]);
  }
  if (options.words) {
    panel.lineInterpolation(common.LineInterpolation.StepAfter);
  }
  if (options.warn !== undefined || options.bad !== undefined) {
    panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  return withOptions(panel, options);
}

/** One figure of now, or of the time range. */
export function stat(
  title: string,
  unit: string,
  query: Query,
  options: PanelOptions & { readonly ofRange?: boolean } = {},
): Panel {
  const panel = new stats.PanelBuilder()
    .title(title)
    .datasource(DATASOURCE)
    .targets([query])
    .unit(unit)
    .reduceOptions(latest())
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .noValue('no data');
  return withOptions(options.ofRange ? panel : panel.timeFrom(NOW).hideTimeOverride(true), options);
}

/** What Grafana 13 wants of a gauge, as it has it by default; the types are of an earlier one. */
const NEW_GAUGE = {
  barShape: 'flat',
  barWidthFactor: 0.5,
  effects: {},
  segmentCount: 1,
  segmentSpacing: 0.3,
  shape: 'gauge',
};

/** A share of a limit, from 0 to 1. */
export function gauge(title: string, query: Query, options: PanelOptions = {}): Panel {
  const panel = new gauges.PanelBuilder()
    .title(title)
    .datasource(DATASOURCE)
    .targets([query])
    .unit('percentunit')
    .min(0)
    .max(1)
    .timeFrom(NOW)
    .hideTimeOverride(true)
    .reduceOptions(latest())
    .noValue('no data');
  const build = panel.build.bind(panel);
  panel.build = () => ({ ...build(), options: { ...build().options, ...NEW_GAUGE } });
  return withOptions(panel, { warn: WARN, bad: BAD, ...options });
}

/** A column of a table, by the name of the tag or figure in it. */
export interface Column {
  readonly title?: string;
  readonly unit?: string;
  readonly words?: PanelOptions['words'];
  /** The share of a limit, from 0 to 1, as a bar. */
  readonly share?: boolean;
  /** The bar of a figure that has no limit. */
  readonly bar?: boolean;
}

export interface TableOptions extends Pick<PanelOptions, 'description'> {
  /** The column by which rows are in order, the most first. */
  readonly mostOf?: string;
  /** The column by which rows are in order, the least first. */
  readonly leastOf?: string;
}

/** A row for each series of now. */
export function table(
  title: string,
  query: Query,
  columns: { readonly [name: string]: Column },
  options: TableOptions = {},
): Panel {
  const names = Object.entries(columns).map(([name, { title }]) => [name, title ?? name] as const);
  const panel = new tables.PanelBuilder()
    .title(title)
    .datasource(DATASOURCE)
    .targets([query])
    .unit('none')
    .cellOptions({ type: common.TableCellDisplayMode.Auto })
    .noValue('none')
    .timeFrom(NOW)
    .hideTimeOverride(true)
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true, time: true },
        indexByName: Object.fromEntries(names.map(([name], index) => [name, index])),
        renameByName: Object.fromEntries(names.filter(([name, title]) => name !== title)),
      },
    });
  if (options.description) {
    panel.description(options.description);
  }
  const sortedBy = options.mostOf ?? options.leastOf;
  if (sortedBy) {
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortedBy).desc(sortedBy === options.mostOf)]);
  }
  for (const [name, column] of Object.entries(columns)) {
    const properties = propertiesOf(column);
    if (properties.length > 0) {
      panel.overrideByName(column.title ?? name, properties);
    }
  }
  return panel;
}

function propertiesOf({ unit, words, share, bar }: Column): dashboard.DynamicConfigValue[] {
  return [
    ...(unit ? [{ id: 'unit', value: unit }] : []),
    ...(words ? [{ id: 'mappings', value: mappings(words) }, cell(common.TableCellDisplayMode.ColorText)] : []),
    ...(share
      ? [
          { id: 'unit', value: 'percentunit' },
          { id: 'min', value: 0 },
          { id: 'max', value: 1 },
          { id: 'thresholds', value: { mode: 'absolute', steps: steps(WARN, BAD) } },
        ]
      : []),
    ...(share || bar ? [cell(common.TableCellDisplayMode.Gauge)] : []),
  ];
}

function cell(type: common.TableCellDisplayMode): dashboard.DynamicConfigValue {
  return { id: 'custom.cellOptions', value: { type } };
}

/** The dashboards of the services, by name. */
export function listOfDashboards(title: string, tag: string): Panel {
  return new lists.PanelBuilder()
    .title(title)
    .tags([tag])
    .showSearch(true)
    .showStarred(false)
    .showRecentlyViewed(false)
    .showHeadings(false)
    .includeVars(true)
    .keepTime(true)
    .maxItems(100);
}

interface Field {
  description(text: string): this;
  mappings(mappings: dashboard.ValueMapping[]): this;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): this;
}

function withOptions<T extends Panel & Field>(panel: T, { description, warn, bad, words }: PanelOptions): T {
  if (description) {
    panel.description(description);
  }
  if (words) {
    panel.mappings(mappings(words));
  }
  return panel.thresholds(new dashboard.ThresholdsConfigBuilder().steps(steps(warn, bad)));
}

function steps(warn?: number, bad?: number): dashboard.Threshold[] {
  if (warn !== undefined && bad !== undefined && warn > bad) {
    return [
      { value: null, color: 'red' },
      { value: bad, color: 'orange' },
      { value: warn, color: 'green' },
    ];
  }
  return [
    { value: null, color: 'green' },
    ...(warn === undefined ? [] : [{ value: warn, color: 'orange' }]),
    ...(bad === undefined ? [] : [{ value: bad, color: 'red' }]),
  ];
}

function mappings(words: NonNullable<PanelOptions['words']>): dashboard.ValueMapping[] {
  const options = Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }]);
  return [{ type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) }];
}

function latest(): Builder<common.ReduceDataOptions> {
  return new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);
}
