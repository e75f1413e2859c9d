/**
 * @lane rest
 * @needs system grafana
 * @disturbs nothing
 * @minutes 4
 */
import { ALERTS, rulesIn } from '../support/alerts';
import { chosen } from '../support/dashboards';
import { Browser, type Reply } from './clients/http';
import { get, NAMESPACE, secret } from './cluster/kubectl';
import { check } from './runner/check';
import { FACTS, placeOf, url } from './runner/facts';

describe('grafana', () => {
  const skip = FACTS.grafanaMissing;
  const of = ['grafana'];
  const ask = async (path: string, body?: object): Promise<Reply> => {
    const login = `${await secret('grafana', 'username')}:${await secret('grafana', 'password')}`;
    const headers = {
      Authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      'Content-Type': 'application/json',
    };
    const browser = new Browser(url('https', placeOf('grafana', 'http')));
    return browser.request(body ? 'POST' : 'GET', path, { headers, body: body && JSON.stringify(body), seconds: 30 });
  };

  check('the account of the Secret logs in, and nobody else', { of, skip }, async () => {
    expect((await ask('/api/org')).status).toBe(200);
    const nobody = await new Browser(url('https', placeOf('grafana', 'http'))).get('/api/org');
    expect(nobody.status).toBe(401);
  });

  check('there is one dashboard for each service', { of, skip }, async () => {
    const { items } = await get(['pods']);
    const services = items
      .map(({ metadata }: any) => metadata.labels['app.kubernetes.io/instance'])
      .filter((service: string) => service !== 'grafana');
    const found: any[] = JSON.parse((await ask('/api/search?type=dash-db')).text);
    expect(found.length).toBeGreaterThanOrEqual(new Set(services).size);
    for (const service of new Set<string>(services)) {
      expect(found.map(({ title }) => title.toLowerCase()).filter((title) => title.includes(service))).not.toEqual([]);
    }
  });

  check(
    'the alert rules are provisioned as they were written, and none fails to be evaluated',
    { of, skip },
    async () => {
      const found: any[] = JSON.parse((await ask('/api/v1/provisioning/alert-rules')).text);
      for (const { uid, title } of ALERTS.flatMap(rulesIn)) {
        const expected = { uid: uid.replace('${service}', 'mysql'), title: title.replace('${service}', 'mysql') };
        expect(found).toContainEqual(expect.objectContaining({ ...expected, provenance: 'file' }));
      }
      const { data } = JSON.parse((await ask('/api/prometheus/grafana/api/v1/rules')).text);
      const rules: any[] = data.groups.flatMap((group: any) => group.rules);
      expect(rules.filter(({ health }) => health === 'error').map(({ name, lastError }) => [name, lastError])).toEqual(
        [],
      );
    },
  );

  check('every panel of every dashboard has data', { of, skip, seconds: 120 }, async () => {
    const empty: string[] = [];
    for (const { uid, title } of JSON.parse((await ask('/api/search?type=dash-db')).text)) {
      const { dashboard } = JSON.parse((await ask(`/api/dashboards/uid/${uid}`)).text);
      const panels: any[] = dashboard.panels.flatMap((panel: any) => [panel, ...(panel.panels ?? [])]);
      for (const panel of panels.filter(({ targets }) => targets?.length)) {
        const queries = panel.targets.map((target: any) => ({
          ...target,
          query: chosen(target.query, { service: '', namespace: NAMESPACE }),
          datasource: target.datasource ?? panel.datasource,
          intervalMs: 10_000,
          maxDataPoints: 100,
        }));
        const reply = await ask('/api/ds/query', { queries, from: 'now-15m', to: 'now' });
        const frames = Object.values<any>(JSON.parse(reply.text).results ?? {}).flatMap(
          (result) => result.frames ?? [],
        );
        if (reply.status !== 200 || !frames.some(({ data }) => (data?.values?.[0] ?? []).length > 0)) {
          empty.push(`${title}: ${panel.title} (${reply.status})`);
        }
      }
    }
    expect(empty).toEqual([]);
  });
});
