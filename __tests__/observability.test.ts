import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import * as library from '../constructs';
import { files } from '../dashboards/files';
import { ALERTS, rulesIn } from './support/alerts';
import { find, synth, testChart } from './support/app';
import { dashboardAt, OVERVIEW } from './support/dashboards';

const read = (path: string) => readFileSync(join(__dirname, '..', path), 'utf8');
const page = read('docs/observability.md');
const made = files(read);
const snippets = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

/** Runs a piece of TypeScript from the page. */
function run(code: string, names: { [name: string]: unknown }): void {
  const { code: script } = transformSync(code, { jsc: { parser: { syntax: 'typescript' } }, isModule: false });
  const known = { ...library, ...names };
  new Function(...Object.keys(known), script)(...Object.values(known));
}

describe('what is generated', () => {
  it.each(Object.keys(made))('%s is as the generator makes it: npm run dashboards', (path) => {
    expect(read(path)).toBe(made[path]);
  });

  it('is all that lies in docs/dashboards', () => {
    const pictures = readdirSync(join(__dirname, '../docs/dashboards')).map((file) => `docs/dashboards/${file}`);
    expect(Object.keys(made)).toEqual(expect.arrayContaining(pictures));
  });
});

describe('a picture', () => {
  const { panels } = dashboardAt(OVERVIEW);
  const lines = (made['docs/dashboards/overview.svg'] ?? '').split('\n');

  it('has a line for each panel and row, with its title, in their order', () => {
    const titles = lines.flatMap((line) => /<text [^>]*>([^<]*)<\/text>/.exec(line)?.[1] ?? []);
    expect(titles).toEqual(panels.map(({ title }) => title));
  });

  it('has each panel where the grid has it', () => {
    const boxes = lines.flatMap((line) => {
      const [, ...sides] = /<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/.exec(line) ?? [];
      return sides.length === 4 ? [sides.map(Number)] : [];
    });
    const places = panels.filter(({ type }) => type !== 'row').map(({ gridPos: { x, y, w, h } }) => [x, y, w, h]);
    expect(boxes).toEqual(
      places.map(([x = 0, y = 0, w = 0, h = 0]) => [x * 40 + 3, y * 14 + 3, w * 40 - 6, h * 14 - 6]),
    );
  });
});

describe('the page on observability', () => {
  it('lists each measurement that a dashboard or an alert is about, and no other', () => {
    const sources = [...Object.keys(made).filter((path) => path.startsWith('constructs/'))].map((path) => made[path]);
    const asked = [...sources.join('').matchAll(/FROM (?:\\"means\\"\.)?\\"(\w+)\\"/g)].map(([, name]) => name);
    const [, table = ''] = /## What is collected(.*?)\n## /s.exec(page) ?? [];
    const listed = table
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(listed.sort()).toEqual([...new Set(asked)].sort());
  });

  it('shows each dashboard, and lists each alert', () => {
    for (const picture of readdirSync(join(__dirname, '../docs/dashboards'))) {
      expect(page).toContain(`](dashboards/${picture})`);
    }
    for (const { title } of ALERTS.flatMap(rulesIn)) {
      expect(page).toContain(`| ${title} |`);
    }
  });

  it('says how long figures are kept', () => {
    const chart = testChart();
    new library.InfluxDb(chart, 'influxdb').addDatabase('metrics');
    const { databases } = find(synth(chart), 'ConfigMap', 'influxdb').data;
    const days = databases.match(/\d+(?=s)/g).map((seconds: string) => Number(seconds) / 86_400);
    expect(days).toEqual(expect.arrayContaining([7, 90]));
    expect(page).toContain('keeps points for 7 days, and means of 5 minutes for 90 days');
  });

  it('says at how many series a database takes no new ones, as the dashboard and the alert do', () => {
    const [, limit] = /^max-series-per-database = (\d+)$/m.exec(read('constructs/influxdb/influxdb.conf')) ?? [];
    const spoken = Number(limit).toLocaleString('en').replace(',', ' ');
    expect(page).toContain(`A database takes ${spoken} series`);
    for (const file of ['constructs/influxdb/dashboard.json', 'constructs/influxdb/alerts.json']) {
      expect(read(file)).toContain(`t ${spoken} `);
    }
    expect(read('constructs/influxdb/dashboard.json')).toContain(`"value": ${limit}`);
  });

  it('has a contact point that works as shown', () => {
    const chart = testChart();
    run(snippets[0] ?? '', { chart, influxdb: new library.InfluxDb(chart, 'influxdb') });
    expect(find(synth(chart), 'ConfigMap', 'grafana').data['contact-point.yaml']).toContain('type: slack');
  });

  it('has a service of your own that works as shown', () => {
    const chart = testChart();
    const database = new library.InfluxDb(chart, 'influxdb').addDatabase('metrics');
    const { endpoint } = library.Endpoint.external({ host: 'shop.example.org', port: 80 });
    const given = { chart, database, endpoint: { endpoint }, readFileSync: () => '{"of": "${service}"}' };
    run(snippets[1] ?? '', given);
    const manifests = synth(chart);
    expect(find(manifests, 'ConfigMap', 'grafana-dashboard-shop').data['shop.json']).toBe('{"of":"shop"}\n');
    expect(find(manifests, 'ConfigMap', 'grafana-alerts').data['shop.json']).toBe('{"of":"shop"}\n');
    expect(find(manifests, 'ConfigMap', 'telegraf').data['telegraf.conf']).toContain(
      'http://shop.example.org:80/figures',
    );
  });

  it('shows a panel as it is', () => {
    expect(read('dashboards/ftps.ts')).toContain(snippets[2]?.trim());
  });
});
