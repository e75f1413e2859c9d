/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 9
 */
import { type App, Chart, JsonPatch, Size } from 'cdk8s';
import {
  Backup,
  BackupTarget,
  InfluxDb,
  MySql,
  type MySqlProps,
  PhpMyAdmin,
  RestrictedNamespace,
  Storage,
  Telegraf,
} from '../../constructs';
import { chosen, dashboardAt, isOfReplicas, ofLast } from '../support/dashboards';
import { InfluxDbClient } from './clients/influxdb';
import { SqlClient } from './clients/sql-client';
import { commandSucceeds, succeed } from './cluster/backups';
import { built } from './cluster/images';
import { kubectl, pods, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { folder } from './runner/folder';
import { waitUntil } from './runner/wait';

const SERVERS = ['mysql', 'mysql-1', 'mysql-2'];
const about = { of: SERVERS, namespace: () => MARK, seconds: 200 };

/** A database that has grown to three servers; each test goes on with what the last one left. */
describe('replication', () => {
  const home = folder();
  let client: SqlClient;
  /** Whatever was acknowledged so far. */
  const known: number[] = [];
  const holds = async (...servers: number[]) => {
    for (const server of servers) {
      await waitUntil(`mysql-${server} to have all ${known.length} numbers`, () => hasAll(server), { seconds: 30 });
    }
  };
  const hasAll = async (server: number) => {
    const numbers = new Set((await client.ask(`mysql-${server}`, 'SELECT number FROM numbers')).map(Number));
    const lost = known.filter((number) => !numbers.has(number));
    if (lost.length > 0) {
      throw new Error(`it lacks ${lost.length}, the first of which is ${lost[0]}`);
    }
    return true;
  };
  const write = async (work: () => Promise<void>) => {
    const { acknowledged, pause } = await client.writeDuring('mysql', known.at(-1) ?? 0, work);
    known.push(...acknowledged);
    return pause;
  };
  const apply = (props: MySqlProps, gone?: number) => applyOwn(addServers(props, gone), home);

  setUp(async () => {
    await built('backup');
    await apply({});
    await readyPod('mysql', 200, MARK);
    client = await SqlClient.start({
      namespace: MARK,
      as: 'client',
      secretName: 'mysql-blog',
      imageOf: 'mysql',
      server: 'mysql',
    });
    await client.ask(
      'mysql',
      'CREATE TABLE numbers (number INT PRIMARY KEY); CREATE VIEW big AS SELECT * FROM numbers',
    );
    await write(async () => pause(2000));
  }, 300);
  afterAll(removeOwn);

  check('of one server with data makes three', about, async () => {
    await apply({ readReplicas: 2 });
    await rolledOut(...SERVERS);
    await holds(0, 1, 2);
    expect(await client.ask('mysql-1', 'SELECT COUNT(*) FROM big')).toEqual([`${known.length}`]);
  });

  check('brings to readers what was written, and has them write nothing', about, async () => {
    await write(async () => pause(3000));
    const began = Date.now();
    await waitUntil('the last number at a reader', () => isRead(client, known.at(-1)), { seconds: 10, everyMs: 50 });
    report(`a reader has the last number ${Date.now() - began} ms after it was asked for`);
    await expect(client.ask('mysql-read', 'INSERT INTO numbers VALUES (0)')).rejects.toThrow(/1290.*read-only/);
  });

  check('loses nothing by a switch-over', about, async () => {
    const seconds = await write(async () => {
      await pause(2000);
      await apply({ readReplicas: 2, primary: 1 });
      await rolledOut(...SERVERS);
      await pause(2000);
    });
    report(`a switch-over: ${seconds.toFixed(1)} s without a write, ${known.length} numbers kept`);
    await holds(0, 1, 2);
    expect(await positions(client)).toHaveProperty('size', 1);
  });

  check('goes on without a primary that is gone for good, and takes it back as a replica', about, async () => {
    const before = known.length;
    let gone = 0;
    await write(async () => {
      await pause(2000);
      gone = Date.now();
      await apply({ readReplicas: 2, primary: 1 }, 1);
      await waitUntil('the primary to be gone', async () => (await pods('mysql-1', MARK)).length === 0, {
        seconds: 60,
      });
      await apply({ readReplicas: 2, primary: 2 }, 1);
      await rolledOut('mysql', 'mysql-2');
      report(`a failover: ready ${((Date.now() - gone) / 1000).toFixed(1)} s after the primary was lost`);
      await pause(3000);
    });
    expect(known.length).toBeGreaterThan(before);
    await holds(0, 2);
    await apply({ readReplicas: 2, primary: 2 });
    await rolledOut(...SERVERS);
    await holds(1);
  });

  check('says of a server with data of its own that it does not follow, and copies it anew', about, async () => {
    await asRoot('mysql-0', 'INSERT INTO blog.numbers VALUES (-1)');
    await write(async () => pause(1000));
    await waitUntil('mysql-0 not to be ready', async () => !(await pods('mysql', MARK))[0]?.ready, { seconds: 60 });
    const remedy = 'kubectl delete pvc/data-mysql-0 pod/mysql-0';
    expect(await logs('mysql-0')).toContain(remedy);
    await kubectl(['-n', MARK, ...remedy.split(' ').slice(1)], { seconds: 90 });
    await rolledOut('mysql');
    await holds(0);
    expect(await client.ask('mysql-0', 'SELECT number FROM numbers WHERE number < 0')).toEqual([]);
  });

  check('recovers from killed servers by itself', about, async () => {
    await write(async () => {
      for (const server of ['mysql-2-0', 'mysql-0']) {
        await pause(1000);
        await kubectl(['-n', MARK, 'exec', server, '--', 'pkill', '-9', 'mysqld']);
        await pause(1000);
        await kubectl(['-n', MARK, 'wait', '--for=condition=Ready', `pod/${server}`, '--timeout=90s'], {
          seconds: 100,
        });
      }
      await pause(1000);
    });
    await holds(0, 1, 2);
  });

  check('never has an empty primary while others hold data', about, async () => {
    await kubectl(['-n', MARK, 'delete', 'pvc/data-mysql-2-0', 'pod/mysql-2-0'], { seconds: 90 });
    const refusal = /its volume is empty, but mysql-[01] holds data: set 'primary' to [01]$/m;
    await waitUntil('the empty server to refuse', async () => refusal.test(await logs('mysql-2-0')), { seconds: 60 });
    await apply({ readReplicas: 2, primary: 0 });
    await rolledOut(...SERVERS);
    await write(async () => pause(1000));
    await holds(0, 1, 2);
  });

  check('has what is restored on every server', about, async () => {
    await succeed(MARK, 'backup-mysql', 'made');
    await client.ask('mysql', 'DELETE FROM numbers');
    await commandSucceeds(MARK, 'restore', 'backup-mysql');
    await holds(0, 1, 2);
    expect(await client.ask('mysql-read', 'SELECT COUNT(*) FROM big')).toEqual([`${known.length}`]);
  });

  check('is seen in the figures of each replica', { ...about, of: ['telegraf', 'influxdb'] }, async () => {
    const targets = dashboardAt('mysql/dashboard.json').panels.flatMap(({ targets = [] }) => targets);
    const queries = targets.map(({ query }) => query).filter(isOfReplicas);
    expect(queries.length).toBeGreaterThan(1);
    const reader = await InfluxDbClient.open(undefined, MARK);
    try {
      for (const query of queries) {
        const found = async () => {
          const series = await reader.query(ofLast('1m', chosen(query, { service: 'mysql', namespace: MARK })));
          return series.map(({ tags }) => tags?.server).sort();
        };
        const both = ['mysql-1:3306', 'mysql-2:3306'];
        await waitUntil(`what ${both.join(' and ')} tell`, async () => `${await found()}` === `${both}`, {
          seconds: 90,
        });
      }
    } finally {
      reader.close();
    }
  });
});

function addServers(props: MySqlProps, gone?: number) {
  return (app: App): void => {
    new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
    const chart = new Chart(app, 'system', { namespace: MARK, disableResourceNameHashes: true });
    const mysql = new MySql(chart, 'mysql', { storage: Storage.claim({ size: Size.mebibytes(512) }), ...props });
    mysql.addDatabase('blog');
    const influxdb = new InfluxDb(chart, 'influxdb', { storage: Storage.claim({ size: Size.gibibytes(1) }) });
    new Telegraf(chart, 'telegraf', { database: influxdb.addDatabase('metrics'), watch: [mysql] });
    const to = BackupTarget.volume(Storage.claim({ size: Size.mebibytes(256) }));
    new Backup(chart, 'backup', { of: [mysql], to });
    new PhpMyAdmin(chart, 'client', { server: mysql, replicas: 0 });
    if (gone !== undefined) {
      mysql.workloads[gone]?.addJsonPatch(JsonPatch.replace('/spec/replicas', 0));
    }
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A figure of this run, for who reads its output. */
function report(figure: string): void {
  process.stdout.write(`    ${figure}\n`);
}

async function rolledOut(...servers: string[]): Promise<void> {
  for (const server of servers) {
    await kubectl(['-n', MARK, 'rollout', 'status', `statefulset/${server}`, '--timeout=150s'], { seconds: 160 });
  }
}

async function isRead(client: SqlClient, number?: number): Promise<boolean> {
  return (await client.ask('mysql-read', `SELECT number FROM numbers WHERE number = ${number}`)).length === 1;
}

/** The different positions of the servers. */
async function positions(client: SqlClient): Promise<Set<string>> {
  const all = await Promise.all([0, 1, 2].map((n) => client.ask(`mysql-${n}`, 'SELECT @@GLOBAL.gtid_binlog_pos')));
  return new Set(all.flat());
}

async function asRoot(pod: string, statement: string): Promise<void> {
  const script = 'mariadb --user=root --password="$(cat /run/secrets/mysql/password)"';
  await kubectl(['-n', MARK, 'exec', '-i', pod, '--', 'bash', '-c', script], { input: statement });
}

async function logs(pod: string): Promise<string> {
  return kubectl(['-n', MARK, 'logs', pod, '--tail=-1']);
}
