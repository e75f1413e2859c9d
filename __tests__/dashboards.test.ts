import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOST_REPLICAS } from '../constructs/mysql/topology';
import { dashboards } from '../dashboards/services';
import { dashboardAt, HISTORY, invalidIn, OVERVIEW, type Panel, readConstruct } from './support/dashboards';

/** All that Telegraf writes, and a dashboard may show. `cpu`, `mem` and the like are the node's, and not among them. */
const OF_PODS = ['container', 'network', 'process', 'volume'].map((name) => `kubernetes_pod_${name}`);
const OF_SERVICES = ['ftps', 'mysql', 'net_response', 'nginx', 'phpfpm', 'x509_cert'].concat(
  ['cq', 'database', 'httpd', 'queryExecutor', 'shard', 'system', 'tsm1_cache', 'tsm1_engine', 'write'].map(
    (name) => `influxdb_${name}`,
  ),
);
const OF_TELEGRAF = ['internal_agent', 'internal_gather', 'internal_write'];
/** Grafana tells nothing of itself, so its dashboard shows what it asks its database. */
const OF_GRAFANA = ['influxdb_queryExecutor', 'influxdb_httpd'];

const OWN_PODS = `"namespace" = '$namespace' AND "pod_name" =~ /^\${service}-`;
const CHOSEN_PODS = `"namespace" = '$namespace' AND "pod_name" =~ /^$service-`;
const OWN_SERVICE = `"service" = '\${service}'`;
const CHOSEN_SERVICE = '"service" =~ /^$service$/';
const GRAFANAS_VARIABLES = /^\$(timeFilter|__interval|__all|namespace|pod|service|database|server|tag_\w+)$/;

const measurementsOf = (query: string) => [...query.matchAll(/FROM (?:"means"\.)?"(\w+)"/g)].map(([, name]) => name);

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

const FILES = [...Object.keys(dashboards).map((service) => `${service}/dashboard.json`), OVERVIEW];

describe.each([...FILES, HISTORY])('the dashboard %s', (file) => {
  const dashboard = dashboardAt(file);
  const { panels } = dashboard;
  const shown = panels.filter(({ type }) => type !== 'row');
  const queries = shown.flatMap(({ targets = [] }) => targets.map(({ query }) => query));

  it('is valid as Grafana publishes its types', () => {
    expect(invalidIn(dashboard)).toEqual([]);
  });

  it('numbers its panels, and the queries in each', () => {
    expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
    for (const { targets = [] } of shown) {
      expect(targets.map(({ refId }) => refId)).toEqual([...'ABCDEFGH'].slice(0, targets.length));
    }
  });

  it('has no panel over another, or beside the grid', () => {
    for (const [index, panel] of panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
      expect(panels.slice(index + 1).filter((other) => overlap(panel, other))).toEqual([]);
    }
  });

  it('is made of panels that every Grafana has, with a title of its own, a unit and queries', () => {
    const titles = shown.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
    for (const { type, title, fieldConfig, targets = [] } of shown.filter(({ type }) => type !== 'dashlist')) {
      expect(['gauge', 'stat', 'table', 'timeseries']).toContain(type);
      expect([title, fieldConfig.defaults.unit]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
      expect(targets.length).toBeGreaterThan(0);
      expect(targets.filter(({ alias }) => type === 'timeseries' && !alias)).toEqual([]);
    }
  });

  it('asks only for what Telegraf writes, within the time range', () => {
    const known = [...OF_PODS, ...OF_SERVICES, ...OF_TELEGRAF];
    for (const query of queries) {
      expect(measurementsOf(query)).toEqual([expect.any(String)]);
      expect(known).toEqual(expect.arrayContaining(measurementsOf(query)));
      expect(query).toContain('$timeFilter');
    }
  });

  it("has no placeholder but ${service} and Grafana's own", () => {
    const text = readConstruct(file);
    const names = [...text.matchAll(/\$(\{[^}]*\}|\w+)/g)].map(([name]) => name);
    expect(names.filter((name) => name !== '${service}' && !GRAFANAS_VARIABLES.test(name))).toEqual([]);
    expect(text).not.toMatch(/\[\[|@\{/);
  });
});

describe.each(FILES)('the dashboard %s', (file) => {
  const dashboard = dashboardAt(file);
  const shown = dashboard.panels.filter(({ type }) => type !== 'row');

  it('shows the last hour, and what comes', () => {
    expect(dashboard).toMatchObject({ time: { from: 'now-1h', to: 'now' }, refresh: '10s', editable: false });
  });

  it('leads to the history, which opens with a time range of its own', () => {
    expect(dashboard.links).toContainEqual(
      expect.objectContaining({ type: 'dashboards', tags: ['cdk8s-services-history'], keepTime: false }),
    );
  });

  it('asks for the points, not for means of them', () => {
    expect(JSON.stringify(dashboard)).not.toContain('mean_');
  });

  it.each([
    ['CPU', 'cpu_usage_nanocores'],
    ['Memory, working set', 'memory_working_set_bytes'],
    ['Restarts', 'restarts_total'],
    ['Restarts of containers', 'restarts_total'],
  ])('shows %s of its containers', (title, field) => {
    const [panel, ...others] = shown.filter((candidate) => candidate.title === title);
    expect(others).toEqual([]);
    const query = panel?.targets?.[0]?.query;
    expect(query).toContain(`("${field}")`);
    expect(query).toContain('FROM "kubernetes_pod_container"');
  });
});

describe.each(Object.keys(dashboards))('the dashboard of %s', (service) => {
  const { panels, templating, ...dashboard } = dashboardAt(`${service}/dashboard.json`);
  const shown = panels.filter(({ type }) => type !== 'row');

  it('is of the instance, is found by the others, and leads to them and to the overview', () => {
    expect(dashboard).toMatchObject({ uid: 'service-${service}', title: '${service}', tags: ['cdk8s-services'] });
    expect(dashboard.links).toMatchObject([
      { type: 'link', title: 'Overview', url: '/d/services-overview', includeVars: true, keepTime: true },
      { type: 'dashboards', tags: ['cdk8s-services'], includeVars: true, keepTime: true },
      { title: 'History' },
    ]);
  });

  it('has rows for health, traffic, errors, saturation and what is its own', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows.slice(0, 4)).toEqual(['Health', 'Traffic', 'Errors', 'Saturation']);
    expect(rows.length).toBeGreaterThan(4);
    for (const [index, { type }] of panels.entries()) {
      expect([type, panels[index + 1]?.type ?? 'row']).not.toEqual(['row', 'row']);
    }
  });

  it('lets choose from the namespaces in which the instance has pods, and from the pods', () => {
    const [namespace, pod] = templating.list;
    expect(namespace).toMatchObject({ name: 'namespace', type: 'query', includeAll: false, multi: false });
    expect(namespace?.query).toMatch(/^SHOW TAG VALUES .* "namespace" WHERE "pod_name" =~ \/\^\$\{service}-[^ ]+\$\/$/);
    expect(namespace?.query).not.toContain('$namespace');
    expect(pod).toMatchObject({ name: 'pod', includeAll: true, multi: true, allValue: '.*' });
    expect(pod?.query).toContain(OWN_PODS);
  });

  it('shows the figures of its own pods, and of its own service', () => {
    for (const { query } of shown.flatMap(({ targets = [] }) => targets)) {
      const [measurement = ''] = measurementsOf(query);
      if (OF_PODS.includes(measurement)) {
        expect(query).toContain(OWN_PODS);
        expect(query).toContain('"pod_name" =~ /^$pod$/');
      } else if (service === 'telegraf' && OF_TELEGRAF.includes(measurement)) {
        expect(query).not.toContain('"service"');
      } else if (service !== 'grafana' || !OF_GRAFANA.includes(measurement)) {
        expect(query).toContain(OWN_SERVICE);
      }
    }
  });
});

describe('the overview', () => {
  const { panels, templating, ...dashboard } = dashboardAt(OVERVIEW);
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ query }) => query));

  it('lists the dashboards of the services, and is not among them', () => {
    expect(dashboard).toMatchObject({ uid: 'services-overview', tags: ['cdk8s-services-overview'] });
    expect(panels.find(({ type }) => type === 'dashlist')?.options).toMatchObject({
      tags: ['cdk8s-services'],
      includeVars: true,
    });
  });

  it('lets choose from the namespaces, and from the services of the chosen one', () => {
    expect(templating.list).toMatchObject([
      { name: 'namespace', includeAll: false, multi: false },
      { name: 'service', includeAll: true, multi: true },
    ]);
    // all are those by name: pods of jobs, which end, are of none
    expect(templating.list[1]).not.toHaveProperty('allValue');
    expect(templating.list[1]?.query).toContain("'$namespace'");
  });

  it('is of no service by name', () => {
    expect(JSON.stringify(panels)).not.toContain('${service}');
    for (const query of queries) {
      const [measurement = ''] = measurementsOf(query);
      if (OF_PODS.includes(measurement)) {
        expect(query).toContain(CHOSEN_PODS);
      } else if (!OF_TELEGRAF.includes(measurement)) {
        expect(query).toContain(CHOSEN_SERVICE);
      }
    }
  });
});

describe('the history', () => {
  const { panels, ...dashboard } = dashboardAt(HISTORY);
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ query }) => query));

  it('is of the last month, of any services, and is not among them', () => {
    expect(dashboard).toMatchObject({ uid: 'services-history', time: { from: 'now-30d', to: 'now' }, refresh: '5m' });
    expect(dashboard.tags).toEqual(['cdk8s-services-history']);
    expect(dashboard.templating.list).toMatchObject([{ name: 'namespace' }, { name: 'service' }]);
    expect(dashboard.links).toMatchObject([{ keepTime: false }, { keepTime: false }]);
    expect(JSON.stringify(panels)).not.toContain('${service}');
  });

  it('asks for the means of fields, and for nothing else', () => {
    for (const query of queries) {
      expect(query).toMatch(/FROM "means"\."\w+"/);
      const fields = [...query.matchAll(/\("(\w+)"\)/g)].map(([, field]) => field).filter((field) => field !== 'value');
      expect(fields).not.toEqual([]);
      expect(fields.filter((field) => !field?.startsWith('mean_'))).toEqual([]);
    }
  });

  it('has no points nearer than the means are by default, and lines over the gaps of longer ones', () => {
    for (const { type, interval, fieldConfig } of panels.filter(({ type }) => type !== 'row')) {
      expect({ type, interval }).toEqual({ type: 'timeseries', interval: '5m' });
      expect(fieldConfig.defaults.custom).toMatchObject({ spanNulls: 3 * 3_600_000 });
    }
  });
});

/** The pods of a service, as its dashboard finds them. */
function podsPattern(kind: string): string {
  const query = dashboardAt(`${kind}/dashboard.json`).panels[1]?.targets?.[0]?.query ?? '';
  const [, pattern = ''] = /=~ \/(.*?)\/ AND/.exec(query) ?? [];
  return pattern;
}

describe('the pods of an instance', () => {
  const pattern = podsPattern('nginx');
  const own = new RegExp(pattern.replace('${service}', 'blog'));

  it.each(['blog-0', 'blog-12', 'blog-748bcf8775-558pm'])('may be called %s', (name) => {
    expect(name).toMatch(own);
  });

  it('may have a long name, of which Kubernetes cuts the end', () => {
    const name = 'b'.repeat(52);
    expect(`${name}-748bc558pm`).toMatch(new RegExp(pattern.replace('${service}', name)));
  });

  const others = ['blog', 'blog-shop-0', 'blog-shop-748bcf8775-558pm', 'my-blog-0'];
  it.each([...others, 'blog-1-0'])('are not called %s', (name) => {
    expect(name).not.toMatch(own);
  });

  it('of MySQL are those of each server, and no others', () => {
    const ofServers = new RegExp(podsPattern('mysql').replace('${service}', 'blog'));
    for (const name of ['blog-0', 'blog-1-0', `blog-${MOST_REPLICAS}-0`]) {
      expect(name).toMatch(ofServers);
    }
    for (const name of [...others, 'blog-0-0', `blog-${MOST_REPLICAS + 1}-0`, 'blog-1-1']) {
      expect(name).not.toMatch(ofServers);
    }
  });
});

describe("Grafana's published types", () => {
  it('are of the release that the image is of', () => {
    const read = (path: string) => readFileSync(join(__dirname, '..', path), 'utf8');
    const [, image] = /grafana\/grafana:(\d+\.\d+)\./.exec(read('dockerfiles/grafana/Dockerfile')) ?? [];
    expect(read('scripts/vendor-grafana-schema.mjs')).toContain(`@grafana/schema@${image}.`);
  });

  const dashboard = dashboardAt('mysql/dashboard.json');
  const broken = (change: (panel: any) => void) => {
    const copy = structuredClone(dashboard);
    change(copy.panels.find(({ type }) => type === 'timeseries'));
    return invalidIn(copy);
  };

  it.each([
    ['a field that nobody knows', (panel: any) => Object.assign(panel, { titel: 'Statements' })],
    ['a place that is no number', (panel: any) => Object.assign(panel.gridPos, { x: '0' })],
    ['an option of another panel', (panel: any) => Object.assign(panel.options, { colorMode: 'value' })],
    ['a line that is no line', (panel: any) => Object.assign(panel.fieldConfig.defaults.custom, { lineWidth: 'thin' })],
    ['a panel of a plugin', (panel: any) => Object.assign(panel, { type: 'acme-pie-panel' })],
  ])('do not allow %s', (_, change) => {
    expect(broken(change)).not.toEqual([]);
  });
});
