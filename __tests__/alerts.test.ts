import { dirname } from 'node:path';
import { MOST_REPLICAS } from '../constructs/mysql/topology';
import { ALERTS, alertQuery, firing, type Rule, rulesIn } from './support/alerts';
import { type Dashboard, dashboardAt, OVERVIEW, readConstruct } from './support/dashboards';

const all = ALERTS.flatMap(rulesIn);
const named = ALERTS.flatMap((file) => rulesIn(file).map((rule): [string, Rule, string] => [rule.title, rule, file]));
const ruleOf = (uid: string) => all.find((rule) => rule.uid === uid) as Rule;

describe.each(ALERTS)('the rules in %s', (file) => {
  const { apiVersion, groups } = JSON.parse(readConstruct(file));

  it('are a file as Grafana provisions it', () => {
    expect(apiVersion).toBe(1);
    expect(groups).toEqual([
      { orgId: 1, name: expect.any(String), folder: 'Services', interval: '1m', rules: expect.any(Array) },
    ]);
  });
});

describe.each(named)('the alert %s', (_, rule, file) => {
  const [query, reduce, threshold] = rule.data;

  it('has an id that Grafana takes, with the longest name of a service in it', () => {
    expect(rule.uid.replace('${service}', 'x'.repeat(32))).toMatch(/^[a-z0-9-]{1,40}$/);
  });

  it('asks InfluxDB, takes the latest figure and compares it', () => {
    expect(rule.data).toHaveLength(3);
    expect(query).toMatchObject({ datasourceUid: 'influxdb', model: { rawQuery: true, resultFormat: 'time_series' } });
    expect(query?.model.datasource).toEqual({ type: 'influxdb', uid: 'influxdb' });
    expect(query?.model.query).toContain('$timeFilter');
    expect(reduce?.model).toMatchObject({ type: 'reduce', expression: query?.refId, reducer: 'last' });
    expect(threshold?.model).toMatchObject({ type: 'threshold', expression: reduce?.refId });
    expect([reduce?.datasourceUid, threshold?.datasourceUid]).toEqual(['__expr__', '__expr__']);
    expect(rule.condition).toBe(threshold?.refId);
  });

  it('looks back further than its figures are apart', () => {
    expect(query?.relativeTimeRange).toEqual({ from: expect.any(Number), to: 0 });
    expect(query?.relativeTimeRange?.from).toBeGreaterThanOrEqual(120);
  });

  it('has no text that Grafana would take for a variable of its own', () => {
    const texts = [rule.title, ...Object.values(rule.annotations), ...Object.values(rule.labels)];
    expect(texts.join(' ').replaceAll('${service}', '')).not.toContain('$');
  });

  it('names in its text only what its query tells apart', () => {
    const used = [...rule.annotations.summary.matchAll(/\.Labels\.(\w+)/g)].map(([, label]) => label);
    const [, tags = ''] = /GROUP BY ([^()]*)$/.exec(query?.model.query) ?? [];
    expect(tags.match(/\w+/g) ?? []).toEqual(expect.arrayContaining(used));
  });

  it('leads to a panel that shows the same, or the pods of what is not ready', () => {
    const dashboards: { [uid: string]: Dashboard } = {
      'services-overview': dashboardAt(OVERVIEW),
      'service-${service}': dashboardAt(`${dirname(file)}/dashboard.json`),
    };
    const panel = dashboards[rule.dashboardUid]?.panels.find(({ id }) => id === rule.panelId);
    const [, measurement = ''] = /FROM "(\w+)"/.exec(query?.model.query) ?? [];
    const shown = measurement.replace(/_(deployment|statefulset)$/, '_pod_container');
    expect(panel?.targets?.[0]?.query).toContain(`FROM "${shown}"`);
  });
});

describe('the alerts', () => {
  it('are these', () => {
    const rows = all.map(({ uid, title, for: pending, labels, data }) => [
      uid,
      title,
      labels.severity,
      pending,
      data[2]?.model.conditions[0].evaluator,
    ]);
    expect(rows).toEqual([
      ['pod-restarting', 'Pod restarting', 'warning', '0m', { type: 'gt', params: [0] }],
      ['deployment-not-ready', 'Deployment not ready', 'critical', '5m', { type: 'gt', params: [0] }],
      ['statefulset-not-ready', 'StatefulSet not ready', 'critical', '5m', { type: 'gt', params: [0] }],
      ['volume-full', 'Volume 80 % full', 'warning', '5m', { type: 'gt', params: [0.8] }],
      ['disk-full', 'Disk 80 % full', 'critical', '5m', { type: 'gt', params: [0.8] }],
      ['certificate-expiring', 'Certificate expiring', 'critical', '0m', { type: 'lt', params: [14 * 86_400] }],
      ['readings-fail', 'Readings fail', 'warning', '2m', { type: 'gt', params: [0] }],
      ['no-data', 'No data from Telegraf', 'critical', '1m', { type: 'lt', params: [1] }],
      ['dropped-${service}', 'InfluxDB drops points: ${service}', 'warning', '0m', { type: 'gt', params: [0] }],
      ['means-${service}', 'InfluxDB makes no means: ${service}', 'warning', '0m', { type: 'gt', params: [0] }],
      ['down-${service}', 'MySQL down: ${service}', 'critical', '1m', { type: 'lt', params: [1] }],
      ['stopped-${service}', 'MySQL does not replicate: ${service}', 'critical', '2m', { type: 'gt', params: [0] }],
      ['behind-${service}', 'MySQL replica behind: ${service}', 'warning', '5m', { type: 'gt', params: [30] }],
    ]);
  });

  it('speak of missing figures only once', () => {
    const loud = all.filter(({ noDataState }) => noDataState === 'Alerting').map(({ uid }) => uid);
    expect(loud).toEqual(['no-data']);
    for (const { uid, noDataState, execErrState } of all.filter(({ uid }) => uid !== 'no-data')) {
      expect({ uid, noDataState, execErrState }).toEqual({ uid, noDataState: 'OK', execErrState: 'KeepLast' });
    }
  });

  it('are of the latest figure of each series', () => {
    const series = [
      { tags: { service: 'first' }, values: [['', 14 * 86_400 - 1]] },
      { tags: { service: 'second' }, values: [['', 14 * 86_400]] },
    ];
    expect(firing(ruleOf('certificate-expiring'), series)).toEqual([{ service: 'first' }]);
    expect(firing(ruleOf('no-data'), [])).toEqual(['no data']);
    expect(firing(ruleOf('pod-restarting'), [])).toEqual([]);
  });

  it('ask for one service by name where they are its own', () => {
    const query = alertQuery(ruleOf('down-${service}'), { service: 'shop', namespace: 'services' });
    expect(query).toContain(`"statefulset_name" =~ /^shop(-[1-${MOST_REPLICAS}])?$/`);
    expect(query).toContain('time > now() - 120s');
  });
});
