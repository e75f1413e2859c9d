import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from '../dashboards/services';

/** All that Telegraf writes, and a dashboard may show. `cpu`, `mem` and the like are the node's, and not among them. */
const OF_PODS = ['kubernetes_pod_container', 'kubernetes_pod_network', 'kubernetes_pod_volume'];
const OF_SERVICES = ['mysql', 'net_response', 'nginx', 'phpfpm'].concat(
  ['database', 'httpd', 'queryExecutor', 'shard', 'system', 'tsm1_cache', 'tsm1_engine', 'write'].map(
    (name) => `influxdb_${name}`,
  ),
);
const OF_TELEGRAF = ['internal_agent', 'internal_gather', 'internal_write'];
/** Grafana tells nothing of itself, so its dashboard shows what it asks its database. */
const OF_GRAFANA = ['influxdb_queryExecutor'];

const OWN_PODS = `"namespace" = '$namespace' AND "pod_name" =~ /^\${service}-`;
const OWN_SERVICE = `"service" = '\${service}'`;
const GRAFANAS_VARIABLES = /^\$(timeFilter|__interval|namespace|tag_\w+)$/;

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig: { defaults: { unit: string } };
  targets: { query: string; refId: string; alias?: string }[];
}

const read = (service: string) => readFileSync(join(__dirname, '..', 'constructs', service, 'dashboard.json'), 'utf8');
const measurementsOf = (query: string) => [...query.matchAll(/FROM "(\w+)"/g)].map(([, name]) => name);

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

describe.each(Object.keys(dashboards))('the dashboard of %s', (service) => {
  const text = read(service);
  const dashboard = JSON.parse(text);
  const panels: Panel[] = dashboard.panels;
  const shown = panels.filter(({ type }) => type !== 'row');
  const queries = shown.flatMap(({ targets }) => targets.map(({ query }) => query));

  it('is what the generator makes: npm run dashboards', () => {
    expect(text).toBe(dashboards[service]?.());
  });

  it('is of the instance, and is found by the others', () => {
    const link = { type: 'dashboards', tags: ['cdk8s-services'] };
    expect(dashboard).toMatchObject({
      uid: 'service-${service}',
      title: '${service}',
      tags: ['cdk8s-services'],
      time: { from: 'now-1h', to: 'now' },
      refresh: '10s',
      links: [link],
    });
  });

  it('lets choose from the namespaces in which the instance has pods', () => {
    const [namespace, ...others] = dashboard.templating.list;
    expect(others).toEqual([]);
    expect(namespace).toMatchObject({ name: 'namespace', type: 'query', includeAll: false, multi: false });
    expect(namespace.query).toMatch(/^SHOW TAG VALUES .* "namespace" WHERE "pod_name" =~ \/\^\$\{service}-[^ ]+\$\/$/);
    expect(namespace.query).not.toContain('$namespace');
  });

  it('has rows for health, saturation and what is its own', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows.slice(0, 2)).toEqual(['Health', 'Saturation']);
    expect(rows.length).toBeGreaterThan(2);
  });

  it('numbers its panels, and the queries in each', () => {
    expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
    for (const { targets } of shown) {
      expect(targets.map(({ refId }) => refId)).toEqual([...'ABCDEFGH'].slice(0, targets.length));
    }
  });

  it('has no panel over another, or beside the grid', () => {
    for (const [index, panel] of panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
      expect(panels.slice(index + 1).filter((other) => overlap(panel, other))).toEqual([]);
    }
  });

  it('is made of panels that every Grafana has, with a title, a unit and queries', () => {
    for (const { type, title, fieldConfig, targets } of shown) {
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

  it('shows the figures of its own pods, and of its own service', () => {
    for (const query of queries) {
      const [measurement = ''] = measurementsOf(query);
      if (OF_PODS.includes(measurement)) {
        expect(query).toContain(OWN_PODS);
      } else if (service === 'telegraf' && OF_TELEGRAF.includes(measurement)) {
        expect(query).not.toContain('"service"');
      } else if (service !== 'grafana' || !OF_GRAFANA.includes(measurement)) {
        expect(query).toContain(OWN_SERVICE);
      }
    }
  });

  it.each([
    ['CPU', 'cpu_usage_nanocores'],
    ['Memory, working set', 'memory_working_set_bytes'],
    ['Restarts', 'restarts_total'],
  ])('shows %s of its containers', (title, field) => {
    const [panel, ...others] = shown.filter((candidate) => candidate.title === title);
    expect(others).toEqual([]);
    const query = panel?.targets[0]?.query;
    expect(query).toContain(`("${field}")`);
    expect(query).toContain('FROM "kubernetes_pod_container"');
    expect(query).toContain(OWN_PODS);
  });

  it("has no placeholder but ${service} and Grafana's own", () => {
    const names = [...text.matchAll(/\$(\{[^}]*\}|\w+)/g)].map(([name]) => name);
    expect(names.filter((name) => name !== '${service}' && !GRAFANAS_VARIABLES.test(name))).toEqual([]);
    expect(text).not.toMatch(/\[\[|@\{/);
  });
});

describe('the pods of an instance', () => {
  const [, pattern = ''] = /=~ \/(.*?)\/ AND/.exec(JSON.parse(read('nginx')).panels[1].targets[0].query) ?? [];
  const own = new RegExp(pattern.replace('${service}', 'blog'));

  it.each(['blog-0', 'blog-12', 'blog-748bcf8775-558pm'])('may be called %s', (name) => {
    expect(name).toMatch(own);
  });

  it('may have a long name, of which Kubernetes cuts the end', () => {
    const name = 'b'.repeat(52);
    expect(`${name}-748bc558pm`).toMatch(new RegExp(pattern.replace('${service}', name)));
  });

  it.each(['blog', 'blog-shop-0', 'blog-shop-748bcf8775-558pm', 'my-blog-0'])('are not called %s', (name) => {
    expect(name).not.toMatch(own);
  });
});
