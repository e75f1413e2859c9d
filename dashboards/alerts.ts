import * as alerting from '@grafana/grafana-foundation-sdk/alerting';
import * as expr from '@grafana/grafana-foundation-sdk/expr';
import { json } from './dashboard';
import { DATASOURCE, type Query } from './query';

export interface AlertProps {
  /** At most 40 characters. `${service}` in it, and in the texts, is the service's name. */
  readonly uid: string;
  readonly title: string;
  readonly summary: string;
  readonly severity: 'critical' | 'warning';
  /** One figure for each thing that can be wrong. */
  readonly query: Query;
  /** Of how much time the query is. */
  readonly ofLast: `${number}m`;
  readonly above?: number;
  readonly below?: number;
  /** For how long it has to be so. */
  readonly for: `${number}m`;
  /** No figure at all is the worst. */
  readonly missingFires?: boolean;
  /** The panel that shows the figure. */
  readonly panel: { readonly dashboard: string; readonly title: string };
}

/** Grafana calls the built-in data source of its expressions so. */
const EXPRESSION = '__expr__';
const FIGURE = 'figure';
const LATEST = 'latest';
const CONDITION = 'condition';

/** A provisioning file with one group of rules, as JSON. */
export function alertsJson(group: string, alerts: AlertProps[]): string {
  return json({
    apiVersion: 1,
    groups: [{ orgId: 1, name: group, folder: 'Services', interval: '1m', rules: alerts.map(provisioned) }],
  });
}

/** A rule as files name its fields, which is not quite as the API does. */
function provisioned(alert: AlertProps): object {
  const { uid, title, annotations, condition, data, execErrState, labels, noDataState, for: pending } = rule(alert);
  return {
    uid,
    title,
    condition,
    data,
    dashboardUid: JSON.parse(alert.panel.dashboard).uid,
    panelId: panelId(alert.panel),
    noDataState,
    execErrState,
    for: pending,
    annotations,
    labels,
  };
}

function rule(alert: AlertProps): alerting.Rule {
  const minutes = Number.parseInt(alert.ofLast, 10);
  const query = new alerting.QueryBuilder(FIGURE)
    .datasourceUid(DATASOURCE.uid)
    .relativeTimeRange({ from: minutes * 60, to: 0 })
    .model({ build: () => ({ ...alert.query.named(FIGURE).build(), datasource: DATASOURCE }) });
  // where figures are missing one rule tells of that, and the others say nothing new
  return new alerting.RuleBuilder(alert.title)
    .uid(alert.uid)
    .queries([
      query,
      expression(LATEST, new expr.TypeReduceBuilder().refId(LATEST).expression(FIGURE).reducer('last')),
      expression(
        CONDITION,
        new expr.TypeThresholdBuilder().refId(CONDITION).expression(LATEST).conditions(limit(alert)),
      ),
    ])
    .condition(CONDITION)
    .forDuration(alert.for)
    .noDataState(alert.missingFires ? 'Alerting' : 'OK')
    .execErrState(alert.missingFires ? 'Alerting' : 'KeepLast')
    .annotations({ summary: alert.summary })
    .labels({ severity: alert.severity })
    .build();
}

function expression(refId: string, model: expr.TypeReduceBuilder | expr.TypeThresholdBuilder): alerting.QueryBuilder {
  const datasource = { type: EXPRESSION, uid: EXPRESSION };
  return new alerting.QueryBuilder(refId).datasourceUid(EXPRESSION).model(model.datasource(datasource));
}

function limit({ uid, above, below }: AlertProps): Parameters<expr.TypeThresholdBuilder['conditions']>[0] {
  const threshold = above ?? below;
  if (threshold === undefined) {
    throw new Error(`alert '${uid}' has no threshold; set above or below`);
  }
  return [{ evaluator: { type: above === undefined ? 'lt' : 'gt', params: [threshold] } }];
}

function panelId({ dashboard, title }: AlertProps['panel']): number {
  const found = JSON.parse(dashboard).panels.find((panel: { title: string }) => panel.title === title);
  if (!found) {
    throw new Error(`there is no panel '${title}'`);
  }
  return found.id;
}
