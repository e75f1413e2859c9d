/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 14
 */
import { dashboards } from '../../dashboards/services';
import { ALERTS, alertQuery, firing, type Rule, rulesIn } from '../support/alerts';
import { chosen, dashboardAt, HISTORY, isOfReplicas, OVERVIEW, ofLast, type Panel } from '../support/dashboards';
import { InfluxDbClient, type Series } from './clients/influxdb';
import { NAMESPACE } from './cluster/kubectl';
import { Belongings } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { waitUntil } from './runner/wait';

const RANGE = '30m';
const HISTORY_RANGE = '1h';
const DATABASE = 'e2e_alerts';

/** What each alert is about: readings that are well, and others in which something is wrong. Ages are in seconds. */
const CASES: { [uid: string]: { well: string[]; wrong: string[]; fires: object } } = {
  'pod-restarting': {
    well: [
      'kubernetes_pod_container,namespace=a,pod_name=p-0,container_name=c,state=running restarts_total=2i @300',
      // a new pod of the same name counts from none
      'kubernetes_pod_container,namespace=a,pod_name=p-0,container_name=c,state=running restarts_total=0i @10',
    ],
    wrong: [
      'kubernetes_pod_container,namespace=a,pod_name=q-0,container_name=c,state=running restarts_total=0i @120',
      'kubernetes_pod_container,namespace=a,pod_name=q-0,container_name=c,state=waiting restarts_total=1i @10',
    ],
    fires: { namespace: 'a', pod_name: 'q-0', container_name: 'c' },
  },
  'deployment-not-ready': {
    well: ['kubernetes_deployment,namespace=a,deployment_name=p replicas_unavailable=0i @10'],
    wrong: ['kubernetes_deployment,namespace=a,deployment_name=q replicas_unavailable=1i @10'],
    fires: { namespace: 'a', deployment_name: 'q' },
  },
  'statefulset-not-ready': {
    well: ['kubernetes_statefulset,namespace=a,statefulset_name=p spec_replicas=3i,replicas_ready=3i @10'],
    wrong: ['kubernetes_statefulset,namespace=a,statefulset_name=q spec_replicas=3i,replicas_ready=2i @10'],
    fires: { namespace: 'a', statefulset_name: 'q' },
  },
  'volume-full': {
    well: [
      'kubernetes_pod_volume,namespace=a,pod_name=p-0,volume_name=v used_bytes=80i,available_bytes=20i,capacity_bytes=500i @10',
    ],
    wrong: [
      'kubernetes_pod_volume,namespace=a,pod_name=q-0,volume_name=v used_bytes=81i,available_bytes=19i,capacity_bytes=500i @10',
    ],
    fires: { namespace: 'a', pod_name: 'q-0', volume_name: 'v' },
  },
  'disk-full': {
    well: [
      'kubernetes_pod_container,node_name=n,pod_name=p-0 logsfs_used_bytes=1i,logsfs_available_bytes=20i,logsfs_capacity_bytes=100i @10',
      // the API server tells nothing of disks
      'kubernetes_pod_container,node_name=m,pod_name=p-0 restarts_total=0i @10',
    ],
    wrong: [
      'kubernetes_pod_container,node_name=m,pod_name=p-0 logsfs_used_bytes=1i,logsfs_available_bytes=19i,logsfs_capacity_bytes=100i @10',
    ],
    fires: { node_name: 'm' },
  },
  'certificate-expiring': {
    well: [
      `x509_cert,service=p,type=leaf expiry=${15 * 86_400}i @10`,
      `x509_cert,service=q,type=intermediate expiry=60i @10`,
    ],
    wrong: [`x509_cert,service=q,type=leaf expiry=${13 * 86_400}i @10`],
    fires: { service: 'q' },
  },
  'readings-fail': {
    well: [
      'internal_gather,input=nginx,alias=p errors=7i @30',
      'internal_gather,input=nginx,alias=p errors=7i @10',
      'internal_gather,input=mysql,alias=p errors=7i @30',
      // Telegraf was started anew
      'internal_gather,input=mysql,alias=p errors=0i @10',
    ],
    wrong: ['internal_gather,input=mysql,alias=q errors=0i @30', 'internal_gather,input=mysql,alias=q errors=1i @10'],
    fires: { input: 'mysql', alias: 'q' },
  },
  'dropped-${service}': {
    well: [
      'influxdb_httpd,service=mysql pointsWrittenDropped=5,pointsWrittenFail=3 @30',
      'influxdb_httpd,service=mysql pointsWrittenDropped=5,pointsWrittenFail=3 @20',
      // the server was started anew
      'influxdb_httpd,service=mysql pointsWrittenDropped=0,pointsWrittenFail=0 @15',
      'influxdb_httpd,service=other pointsWrittenDropped=0,pointsWrittenFail=0 @20',
      'influxdb_httpd,service=other pointsWrittenDropped=9,pointsWrittenFail=9 @10',
    ],
    wrong: ['influxdb_httpd,service=mysql pointsWrittenDropped=1,pointsWrittenFail=0 @10'],
    fires: { service: 'mysql' },
  },
  'means-${service}': {
    well: [
      'influxdb_cq,service=mysql queryFail=5,queryOk=9 @30',
      'influxdb_cq,service=mysql queryFail=5,queryOk=19 @20',
      // the server was started anew
      'influxdb_cq,service=mysql queryFail=0,queryOk=0 @15',
      'influxdb_cq,service=other queryFail=0,queryOk=0 @20',
      'influxdb_cq,service=other queryFail=9,queryOk=9 @10',
    ],
    wrong: ['influxdb_cq,service=mysql queryFail=1,queryOk=0 @10'],
    fires: { service: 'mysql' },
  },
  'down-${service}': {
    well: [
      'kubernetes_statefulset,namespace=a,statefulset_name=mysql replicas_ready=1i @10',
      'kubernetes_statefulset,namespace=b,statefulset_name=other replicas_ready=0i @10',
    ],
    wrong: ['kubernetes_statefulset,namespace=b,statefulset_name=mysql replicas_ready=0i @10'],
    fires: { namespace: 'b', statefulset_name: 'mysql' },
  },
  'stopped-${service}': {
    well: [
      'mysql,service=mysql,server=p slave_slave_io_running="Yes",slave_slave_sql_running="Yes" @10',
      'mysql,service=other,server=o slave_slave_io_running="No",slave_slave_sql_running="Yes" @10',
    ],
    wrong: ['mysql,service=mysql,server=q slave_slave_io_running="Connecting",slave_slave_sql_running="Yes" @10'],
    fires: { server: 'q' },
  },
  'behind-${service}': {
    well: ['mysql,service=mysql,server=p slave_seconds_behind_master=30i @10'],
    wrong: ['mysql,service=mysql,server=q slave_seconds_behind_master=31i @10'],
    fires: { server: 'q' },
  },
};

describe('dashboards', () => {
  const of = ['telegraf', 'influxdb'];
  const rules: [string, Rule][] = ALERTS.flatMap((file) =>
    rulesIn(file).map((rule): [string, Rule] => [file.split('/')[0] ?? '', rule]),
  );
  let reader: InfluxDbClient;
  setUp(async () => {
    reader = await InfluxDbClient.open();
  });
  afterAll(() => reader?.close());

  const FILES = { overview: OVERVIEW, ...mapped(dashboards, (service) => `${service}/dashboard.json`) };
  for (const [name, file] of Object.entries(FILES)) {
    // what Grafana's dashboard asks of its container is the same of any
    const service = name === 'grafana' && FACTS.grafanaMissing ? 'influxdb' : name;
    const whose = service === name ? name : `${name}, asked of ${service} as Grafana does not run here,`;
    check(`every query of every panel of ${whose} finds data`, { of, seconds: 120 }, async () => {
      const { panels, templating } = dashboardAt(file);
      const queries = panels.flatMap((panel) => queriesOf(panel, service)).filter(([, query]) => !isOfReplicas(query));
      const variables = templating.list.map(({ name, query }): [string, string] => [name, query]);
      expect(queries.length).toBeGreaterThan(20);
      const patience = { seconds: 110, everyMs: 10_000 };
      await waitUntil('data of each', () => allFind([...queries, ...variables], service, RANGE), patience);
    });
  }

  const used = ['nginx', 'wordpress', 'phpmyadmin', 'ftps', 'mysql'];
  check('every panel of traffic shows that the services are used', { of: [...of, ...used], seconds: 150 }, async () => {
    const had = await Belongings.leave();
    try {
      for (const service of used) {
        await had.complete(service, Date.now());
      }
      const shown = Object.entries(FILES).filter(([name]) => name !== 'grafana');
      await waitUntil(
        'traffic in each',
        async () => {
          const idle: string[] = [];
          for (const [service, file] of shown) {
            for (const panel of rowOf(dashboardAt(file).panels, 'Traffic')) {
              const queries = queriesOf(panel, service).map(([, query]) =>
                ofLast('3m', chosen(query, { service, namespace: NAMESPACE })),
              );
              const found = (await Promise.all(queries.map((query) => reader.query(query)))).flat();
              if (!found.some(({ values }) => values.some(([, value]) => Number(value) > 0))) {
                idle.push(`${service}: ${panel.title}`);
              }
            }
          }
          if (idle.length > 0) {
            throw new Error(`none in ${idle.join(', ')}`);
          }
          return true;
        },
        { seconds: 60, everyMs: 5000 },
      );
    } finally {
      await had.remove();
    }
  });

  check('means of five minutes are made, and the account that reads sees them', { of, seconds: 330 }, async () => {
    await waitUntil(
      'a mean of each container',
      async () => {
        const field = 'SELECT last(mean_cpu_usage_nanocores) FROM means.kubernetes_pod_container';
        const found = await reader.query(`${field} WHERE time > now() - 15m GROUP BY container_name`);
        return found.length > 7;
      },
      { seconds: 320, everyMs: 5000 },
    );
  });

  check('every query of the history finds means', { of, seconds: 700 }, async () => {
    const queries = dashboardAt(HISTORY).panels.flatMap((panel) => queriesOf(panel, 'history'));
    expect(queries.length).toBeGreaterThan(15);
    // of a rate there is none before the second mean
    const patience = { seconds: 690, everyMs: 10_000 };
    await waitUntil('means of each', () => allFind(queries, '', HISTORY_RANGE), patience);
  });

  async function allFind(queries: [string, string][], service: string, range: string): Promise<true> {
    const empty: string[] = [];
    for (const [title, query] of queries) {
      const found = await reader.query(ofLast(range, chosen(query, { service, namespace: NAMESPACE })));
      if (!hasValues(found)) {
        empty.push(title);
      }
    }
    if (empty.length > 0) {
      throw new Error(`none of ${empty.join(', ')}`);
    }
    return true;
  }

  for (const [service, rule] of rules) {
    const skip = isOfReplicas(alertQuery(rule, { service, namespace: NAMESPACE }))
      ? 'one database server runs here; the test of several asks for their figures'
      : undefined;
    check(`the query of the alert '${rule.title}' finds data`, { of, skip }, async () => {
      const found = await reader.query(alertQuery(rule, { service, namespace: NAMESPACE }));
      expect(hasValues(found)).toBe(true);
    });
  }

  check('each alert is of what is wrong, and of that alone', { of }, async () => {
    await InfluxDbClient.use(async (administrator) => {
      const ask = async (query: string): Promise<void> => {
        const { status, text } = await administrator.ask(query, DATABASE, 'POST');
        expect({ query, status, text }).toMatchObject({ status: 200, text: expect.not.stringContaining('error') });
      };
      const found = async (rule: Rule) => {
        const { text } = await administrator.ask(alertQuery(rule, { service: 'mysql', namespace: 'a' }), DATABASE);
        return firing(rule, JSON.parse(text).results[0].series ?? []);
      };
      const write = async (points: string[]): Promise<void> => {
        const now = Date.now();
        const lines = points.map((point) =>
          point.replace(/@(\d+)$/, (_, age: string) => `${now - Number(age) * 1000}000000`),
        );
        expect((await administrator.write(lines.join('\n'), DATABASE)).status).toBe(204);
      };
      await ask(`CREATE DATABASE ${DATABASE}`);
      try {
        for (const [, rule] of rules.filter(([, { uid }]) => uid !== 'no-data')) {
          const { well, wrong, fires } = CASES[rule.uid] ?? { well: [], wrong: [], fires: {} };
          await write(well);
          expect([rule.uid, await found(rule)]).toEqual([rule.uid, []]);
          await write(wrong);
          expect([rule.uid, await found(rule)]).toEqual([rule.uid, [fires]]);
        }
        const noData = rules.map(([, rule]) => rule).find(({ uid }) => uid === 'no-data') as Rule;
        expect(await found(noData)).toEqual(['no data']);
        await write(['internal_agent metrics_gathered=1i @10']);
        expect(await found(noData)).toEqual([]);
      } finally {
        await ask(`DROP DATABASE ${DATABASE}`);
      }
    }, 'influxdb');
  });
});

function queriesOf({ title, targets = [], timeFrom }: Panel, service: string): [string, string][] {
  return targets.map(({ query, alias }) => {
    return [`${service}: ${title}${alias ? `: ${alias}` : ''}`, timeFrom ? ofLast(timeFrom, query) : query];
  });
}

function rowOf(panels: Panel[], title: string): Panel[] {
  const start = panels.findIndex((panel) => panel.type === 'row' && panel.title === title) + 1;
  const end = panels.findIndex(({ type }, index) => type === 'row' && index >= start);
  return panels.slice(start, end);
}

function hasValues(found: Series[]): boolean {
  return found.some(({ values }) => values.some(([, ...cells]) => cells.some((cell) => cell !== null)));
}

function mapped<T, U>(object: { [key: string]: T }, map: (key: string) => U): { [key: string]: U } {
  return Object.fromEntries(Object.keys(object).map((key) => [key, map(key)]));
}
