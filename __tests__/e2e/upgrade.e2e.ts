/**
 * @lane rest
 * @needs images-of-older-releases
 * @disturbs nothing
 * @minutes 8
 */
import { type App, Chart } from 'cdk8s';
import { InfluxDb, MySql, RestrictedNamespace, WordPress } from '../../constructs';
import { get, kubectl, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check } from './runner/check';
import { folder } from './runner/folder';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

/** Images of older releases, on the node: CONTRIBUTING.md says how to make them. */
const OLD = { mysql: process.env.E2E_OLD_MYSQL_IMAGE, wordpress: process.env.E2E_OLD_WORDPRESS_IMAGE };
const CONTENT = 'kept across releases: grüße';
/** EX_USAGE, as all entrypoints end when what they were given cannot be used. */
const REFUSED = 64;

const shell = (of: string, script: string) => kubectl(['-n', MARK, 'exec', of, '--', 'bash', '-euc', script]);
const sql = (statements: string) =>
  shell(
    'mysql-0',
    `mariadb --socket=/run/mysqld/mysqld.sock --user=root --password="$(cat /run/secrets/mysql/password)" \\
      --skip-column-names --default-character-set=utf8mb4 blog <<<${JSON.stringify(statements)}`,
  );

/** Of the server, and of the tables of WordPress. */
const versions = async () =>
  (await sql("SELECT VERSION(); SELECT option_value FROM wp_options WHERE option_name = 'db_version'"))
    .trim()
    .split('\n');

interface Images {
  readonly mysql?: string;
  readonly wordpress?: string;
}

/** A server with a site, and a server of time series, whose images are exchanged. */
describe('an image of another release', () => {
  const home = folder();
  const about = (...of: string[]) => ({ of, namespace: () => MARK, seconds: 300 });
  const apply = (images: Images) => applyOwn((app) => addSystem(app, images), home);
  const olderNeeded =
    OLD.mysql && OLD.wordpress
      ? undefined
      : 'set E2E_OLD_MYSQL_IMAGE and E2E_OLD_WORDPRESS_IMAGE to images of older releases';
  afterAll(removeOwn);

  check('takes over what an older one has written', { ...about('mysql', 'blog'), skip: olderNeeded }, async () => {
    await apply(OLD);
    const [mysql, blog] = await Promise.all([readyPod('mysql', 120, MARK), readyPod('blog', 120, MARK)]);
    await sql(`UPDATE wp_posts SET post_content = '${CONTENT}' WHERE ID = 1`);
    const before = await versions();

    await apply({});
    await readyPod('mysql', 120, MARK, mysql.uid);
    await readyPod('blog', 120, MARK, blog.uid);
    expect(await sql('SELECT post_content FROM wp_posts WHERE ID = 1')).toContain(CONTENT);
    const after = await versions();
    expect(after.filter((version, index) => version === before[index])).toEqual([]);
    expect(await page()).toContain('</html>');
  });

  check('is ready over its own volume', about('mysql', 'blog', 'influxdb'), async () => {
    await apply({});
    await Promise.all(['mysql', 'blog', 'influxdb'].map((service) => readyPod(service, 120, MARK)));
  });

  check('refuses what a newer one has written, and leaves it as it is: WordPress', about('blog'), async () => {
    if (!OLD.wordpress) {
      await sql("UPDATE wp_options SET option_value = '99999999' WHERE option_name = 'db_version'");
    }
    const before = await versions();
    await apply({ wordpress: OLD.wordpress });
    expect(await refusal('blog', 'setup')).toContain('the database is of a newer WordPress');
    expect(await versions()).toEqual(before);
  });

  check('refuses what a newer one has written: InfluxDB', about('influxdb'), async () => {
    await shell('influxdb-0', 'echo 99.1 >/var/lib/influxdb/release');
    expect(await refusal('influxdb', 'influxdb')).toContain('/var/lib/influxdb is of release 99.1, newer than');
  });

  check('refuses what a newer one has written: MySQL', about('mysql'), async () => {
    if (OLD.mysql) {
      await apply({ mysql: OLD.mysql });
    } else {
      await shell('mysql-0', 'echo 99.1.0-MariaDB >/var/lib/mysql/data/mariadb_upgrade_info');
    }
    expect(await refusal('mysql', 'mysql')).toMatch(/\/var\/lib\/mysql\/data is of release [\d.]+, newer than/);
  });

  check('which their own read as before', { ...about('mysql', 'blog'), skip: olderNeeded }, async () => {
    await apply({});
    await Promise.all(['mysql', 'blog'].map((service) => readyPod(service, 120, MARK)));
    expect(await sql('SELECT post_content FROM wp_posts WHERE ID = 1')).toContain(CONTENT);
    expect(await page()).toContain('</html>');
  });
});

function addSystem(app: App, images: Images): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
  const chart = new Chart(app, 'system', { namespace: MARK, disableResourceNameHashes: true });
  const mysql = new MySql(chart, 'mysql', { image: images.mysql });
  new WordPress(chart, 'blog', { database: mysql.addDatabase('blog'), image: images.wordpress });
  new InfluxDb(chart, 'influxdb').addDatabase('metrics');
}

/** Replaces the pod of a service, and returns what it says as it ends. */
async function refusal(service: string, container: string): Promise<string> {
  const label = `app.kubernetes.io/instance=${service}`;
  await run('kubectl', ['-n', MARK, 'delete', 'pods', '-l', label, '--wait=false']);
  const ended = async () => {
    const { items } = await get(['pods', '-l', label], MARK);
    const statuses = items
      .filter(({ metadata }: any) => metadata.deletionTimestamp === undefined)
      .flatMap(({ metadata, status }: any) =>
        [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((one: any) => ({
          ...one,
          pod: metadata.name,
        })),
      );
    return statuses.find(
      ({ name, state, lastState }: any) =>
        name === container && (state.terminated ?? lastState?.terminated)?.exitCode === REFUSED,
    );
  };
  const { pod, state } = await waitUntil(`exit code ${REFUSED}`, ended, { seconds: 120, everyMs: 500 });
  const logs = ['-n', MARK, 'logs', pod, '-c', container];
  const said = await run('kubectl', state.terminated ? logs : [...logs, '--previous']);
  return said.stdout;
}

/** The first page of the site, asked for in its own pod. */
function page(): Promise<string> {
  const php = "echo file_get_contents('http://127.0.0.1:5050/');";
  return kubectl(['-n', MARK, 'exec', 'deploy/blog', '-c', 'wordpress', '--', 'php', '-r', php]);
}
