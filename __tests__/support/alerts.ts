import { type Choice, chosen, ofLast, readConstruct } from './dashboards';

export interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly data: Query[];
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly for: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly annotations: { readonly summary: string };
  readonly labels: { readonly severity: string };
}

interface Query {
  readonly refId: string;
  readonly datasourceUid: string;
  readonly relativeTimeRange?: { readonly from: number; readonly to: number };
  readonly model: any;
}

export const ALERTS = ['grafana/alerts.json', 'influxdb/alerts.json', 'mysql/alerts.json'];

export function rulesIn(file: string): Rule[] {
  return JSON.parse(readConstruct(file)).groups.flatMap(({ rules }: { rules: Rule[] }) => rules);
}

/** A rule's query as Grafana sends it. */
export function alertQuery({ data }: Rule, choice: Choice): string {
  const [query] = data;
  return ofLast(`${query?.relativeTimeRange?.from}s`, chosen(query?.model.query, choice));
}

/** What InfluxDB answers to it: a series for each combination of tags. */
export interface Series {
  readonly tags?: { readonly [tag: string]: string };
  readonly values: (string | number | null)[][];
}

/** The tags of what the rule says is wrong, of the figures that its query found; or that there are none. */
export function firing({ data, noDataState }: Rule, series: Series[]): ({ [tag: string]: string } | 'no data')[] {
  const { evaluator } = data.find(({ model }) => model.type === 'threshold')?.model.conditions[0] ?? {};
  const { type, params } = evaluator;
  if (series.length === 0) {
    return noDataState === 'Alerting' ? ['no data'] : [];
  }
  return series
    .filter(({ values }) => {
      const latest = Number(values.at(-1)?.[1]);
      return type === 'gt' ? latest > params[0] : latest < params[0];
    })
    .map(({ tags }) => tags ?? {});
}
