import { type Chart, Size } from 'cdk8s';
import {
  Credentials,
  Endpoint,
  MySql,
  type MySqlProps,
  PhpMyAdmin,
  Storage,
  Telegraf,
  TimeSeriesDatabase,
  WordPress,
} from '../../constructs';
import { find, problems, synth, testChart } from '../support/app';
import { extras } from '../support/extras';
import { chartBeside, DNS, pods, policy, tcp } from '../support/network';
import { contentHash, madeSecrets, secretData, secrets } from '../support/secrets';
import { yamlOf } from '../support/snapshots';

function mysqlProblems(props: MySqlProps, ...databases: string[]): string[] {
  const chart = testChart();
  const mysql = new MySql(chart, 'mysql', props);
  for (const database of databases) {
    mysql.addDatabase(database);
  }
  return problems(chart);
}

function elsewhere(): TimeSeriesDatabase {
  const server = Endpoint.external({ host: 'metrics.example.org', port: 8086 });
  const user = Credentials.fromSecret('metrics');
  return TimeSeriesDatabase.external({ server, name: 'metrics', writer: user, reader: user });
}

describe('MySql', () => {
  it('needs nothing', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    expect(yamlOf(mysql)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<MySqlProps> = {
      image: 'registry.example.org/other/mysql:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      storage: Storage.claim({ size: Size.gibibytes(20), storageClass: 'fast' }),
      rootCredentials: Credentials.fromSecret('root', { password: 'pw' }),
      settings: { max_connections: '200' },
      readReplicas: 2,
      primary: 1,
    };
    const mysql = new MySql(chart, 'mysql', props);
    mysql.addDatabase('blog');
    mysql.addDatabase('old_shop', { credentials: Credentials.fromSecret('old-shop') });
    expect(yamlOf(mysql)).toMatchSnapshot();
  });

  it('gives each database a user of its own, in a Secret of its own', () => {
    const chart = testChart();
    const database = new MySql(chart, 'mysql').addDatabase('blog_1');
    const manifests = synth(chart);
    expect(database.credentials.secretName).toBe('mysql-blog-1');
    expect(secretData(find(secrets(chart), 'Secret', 'mysql-blog-1'))).toEqual({
      username: 'blog_1',
      password: expect.any(String),
    });
    expect(find(manifests, 'ConfigMap', 'mysql').data.accounts).toBe('blog-1\tblog_1\tALL PRIVILEGES\n');
    const { volumes } = find(manifests, 'StatefulSet', 'mysql').spec.template.spec;
    expect(volumes).toContainEqual(expect.objectContaining({ name: 'account-blog-1' }));
  });

  it('takes the user of a database from a Secret that exists, and makes none', () => {
    const chart = testChart();
    const credentials = Credentials.fromSecret('old-shop', { username: 'name' });
    expect(new MySql(chart, 'mysql').addDatabase('old_shop', { credentials }).credentials).toBe(credentials);
    const { volumes } = find(synth(chart), 'StatefulSet', 'mysql').spec.template.spec;
    expect(volumes.find(({ name }: { name: string }) => name === 'account-old-shop').secret).toMatchObject({
      secretName: 'old-shop',
      items: [
        { key: 'name', path: 'username' },
        { key: 'password', path: 'password' },
      ],
    });
    expect(secrets(chart).map(({ metadata }) => metadata.name)).toEqual(['mysql']);
  });

  it('puts settings after those of my.cnf, where they win', () => {
    const chart = testChart();
    new MySql(chart, 'mysql', { settings: { max_connections: '200', 'query-cache-size': '0' } });
    const { data } = find(synth(chart), 'ConfigMap', 'mysql');
    expect(data['my.cnf']).toMatch(/\n\n\[mariadbd\]\nmax_connections = 200\nquery-cache-size = 0\n$/);
  });

  it('is ready when it answers and alive while it runs, however long it takes to recover', () => {
    const chart = testChart();
    new MySql(chart, 'mysql');
    const [container] = find(synth(chart), 'StatefulSet', 'mysql').spec.template.spec.containers;
    expect(container.readinessProbe.exec.command).toEqual(['/usr/local/bin/healthcheck']);
    expect(container.livenessProbe.exec.command).toEqual(['pgrep', 'mysqld']);
  });

  it('is closed to everybody, and reaches nothing, while nobody uses it', () => {
    const chart = testChart();
    new MySql(chart, 'mysql').addDatabase('blog');
    expect(policy(synth(chart), 'mysql')).toMatchObject({ ingress: [], egress: [] });
  });

  it('is opened once to each client, wherever the client lives, and to nobody else', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    new WordPress(chart, 'blog', { database: mysql.addDatabase('blog') });
    new PhpMyAdmin(chart, 'admin', { server: mysql });
    new PhpMyAdmin(chartBeside(chart, 'office'), 'desk', { server: mysql });
    expect(policy(synth(chart), 'mysql')).toMatchObject({
      ingress: [
        { from: [pods('wordpress', 'blog')], ports: tcp(3306) },
        { from: [pods('phpmyadmin', 'admin')], ports: tcp(3306) },
        { from: [pods('phpmyadmin', 'desk', 'office')], ports: tcp(3306) },
      ],
      egress: [],
    });
  });

  it('is watched by a user who sees no data, who is not there before', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    const accounts = () => find(synth(chart), 'ConfigMap', 'mysql').data.accounts;
    expect(accounts()).toBe('');
    new Telegraf(chart, 'telegraf', { database: elsewhere(), watch: [mysql] });
    expect(accounts()).toBe('monitor\t*\tPROCESS\n');
    expect(policy(synth(chart), 'telegraf').egress).toContainEqual({
      to: [pods('mysql', 'mysql')],
      ports: tcp(3306),
    });
    expect(policy(synth(chart), 'telegraf').egress).toEqual(expect.arrayContaining(DNS));
  });

  it('makes one user who watches, the same for all who ask', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    const [first, second] = [mysql.monitoring(), mysql.monitoring()].map(
      ({ inputs }) => inputs?.[0]?.props.credentials,
    );
    expect(first).toBeDefined();
    expect(second).toBe(first);
    expect(find(synth(chart), 'ConfigMap', 'mysql').data.accounts).toBe('monitor\t*\tPROCESS\n');
  });

  it('rolls when settings, databases or passwords change, and not otherwise', () => {
    const server = (chart: Chart, props?: MySqlProps) => new MySql(chart, 'mysql', props).addDatabase('blog');
    const hashes = [
      contentHash('StatefulSet/mysql', (chart) => server(chart)),
      contentHash('StatefulSet/mysql', (chart) => server(chart, { settings: { max_connections: '200' } })),
      contentHash('StatefulSet/mysql', (chart) => {
        const mysql = new MySql(chart, 'mysql');
        mysql.addDatabase('blog');
        mysql.addDatabase('shop');
      }),
      contentHash('StatefulSet/mysql', server, 'mysql password'),
      contentHash('StatefulSet/mysql', server, 'mysql-blog password'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    const bigger = { resources: { cpu: 1 }, storage: Storage.claim({ size: Size.gibibytes(9) }) };
    expect(contentHash('StatefulSet/mysql', (chart) => server(chart, bigger))).toBe(hashes[0]);
  });

  it.each(['blog_1', 'Blog_1', 'BLOG_1'])(
    'refuses a database %j beside blog_1, whose account it would share',
    (name) => {
      expect(mysqlProblems({}, 'blog_1', name)).toEqual([
        expect.stringMatching(
          `^\\[shop/mysql\\] database 'name' is '${name}', but the server already has one .* only in case; use another name$`,
        ),
      ]);
    },
  );

  it('does not start anew when the lines of a program change places', () => {
    const server = (first: string, second: string) => {
      const chart = testChart();
      const mysql = new MySql(chart, 'mysql');
      mysql.addDatabase(first);
      mysql.addDatabase(second);
      return [find(synth(chart), 'StatefulSet', 'mysql'), find(synth(chart), 'ConfigMap', 'mysql')];
    };
    expect(server('shop', 'blog')).toEqual(server('blog', 'shop'));
  });

  it.each(['b', 'Blog', 'blog_2', 'x'.repeat(48)])('takes %j as the name of a database', (name) => {
    const chart = testChart();
    new MySql(chart, 'mysql').addDatabase(name);
    const { volumes } = find(synth(chart), 'StatefulSet', 'mysql').spec.template.spec;
    for (const volume of volumes) {
      expect(volume.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }
  });

  it.each(['', 'my-blog', 'a.b', '1st', '_blog', 'blog_', 'x'.repeat(49)])(
    'refuses %j as the name of a database',
    (name) => {
      const chart = testChart();
      new MySql(chart, 'mysql').addDatabase(name);
      expect(madeSecrets(chart)).toEqual(['mysql']);
      expect(problems(chart)).toEqual([
        `[shop/mysql] database 'name' is '${name}'; use up to 48 letters, digits and '_', a letter first and no '_' last`,
      ]);
    },
  );

  it.each(['mysql', 'Root', 'monitor', 'backup', 'restore', 'information_schema'])('keeps %j for itself', (name) => {
    expect(mysqlProblems({}, name)).toEqual([
      `[shop/mysql] database 'name' is '${name}', which the server keeps for itself; use another name`,
    ]);
  });

  it('refuses a setting whose name is no variable', () => {
    expect(mysqlProblems({ settings: { 'Max Connections': '1' } })).toEqual([
      "[shop/mysql] 'settings' has 'Max Connections', which is no server variable; use MariaDB's own names",
    ]);
  });

  it('refuses a setting of several lines, which could be several settings', () => {
    expect(mysqlProblems({ settings: { sql_mode: 'ANSI\nskip-grant-tables' } })).toEqual([
      "[shop/mysql] 'settings' gives 'sql_mode' a value of several lines; use one",
    ]);
  });

  it('refuses passwords in place of credentials, naming the database and not the password', () => {
    const chart = testChart();
    const password = 's3cret' as unknown as Credentials;
    const mysql = new MySql(chart, 'mysql', { rootCredentials: password });
    mysql.addDatabase('blog', { credentials: password });
    const remedy = "put it into a Secret and pass Credentials.fromSecret('…')";
    expect(problems(chart)).toEqual([
      `[shop/mysql] 'rootCredentials' is a string, not credentials; ${remedy}`,
      `[shop/mysql] 'credentials' of database 'blog' is a string, not credentials; ${remedy}`,
    ]);
  });

  it('reports all mistakes in one run', () => {
    expect(mysqlProblems({ settings: { 'a b': '1' } }, 'my-blog', 'sys')).toHaveLength(3);
  });
});
