/**
 * @lane core
 * @needs system
 * @disturbs mysql
 * @minutes 3
 */
import { kubectl, NAMESPACE, secret } from './cluster/kubectl';
import { check, setUp } from './runner/check';

/** What the attacker's client asks, from PHP in WordPress' container: where somebody would be who had taken it over. */
const CLIENT = `
[$user, $password, $database, $statements] = json_decode(stream_get_contents(STDIN));
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
try {
    $server = mysqli_init();
    $server->options(MYSQLI_OPT_LOCAL_INFILE, true);
    [$host, $port] = explode(':', getenv('WORDPRESS_DB_HOST'));
    $server->real_connect($host, $user, $password, $database, (int) $port);
} catch (mysqli_sql_exception $refusal) {
    exit(json_encode(['refused' => $refusal->getMessage()]));
}
$answers = array_map(function (string $statement) use ($server) {
    try {
        $result = $server->query($statement);
        return ['rows' => $result instanceof mysqli_result ? $result->fetch_all() : []];
    } catch (mysqli_sql_exception $refusal) {
        return ['refused' => $refusal->getMessage()];
    }
}, $statements);
echo json_encode(['answers' => $answers]);`;

interface Answer {
  readonly rows?: (string | null)[][];
  readonly refused?: string;
}

interface Login {
  readonly user: string;
  readonly password: string;
  readonly database?: string;
}

describe('attack on mysql', () => {
  const of = ['mysql', 'wordpress'];
  let owner: Login;
  setUp(async () => {
    owner = await login('mysql-wordpress', 'wordpress');
  });

  check("WordPress' user is let in, and owns its database", { of }, async () => {
    const { answers } = await ask(owner, [
      'CREATE TABLE e2e_own (a INT)',
      'INSERT INTO e2e_own VALUES (1)',
      'SELECT * FROM e2e_own',
      'DROP TABLE e2e_own',
    ]);
    expect(answers?.map(({ refused }) => refused)).toEqual([undefined, undefined, undefined, undefined]);
  });

  check("WordPress' user sees one database, and no processes but its own", { of }, async () => {
    const { answers = [] } = await ask(owner, [
      'SHOW DATABASES',
      "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_schema NOT LIKE '%_schema'",
      'SELECT DISTINCT user FROM information_schema.processlist',
      'SELECT DISTINCT grantee FROM information_schema.user_privileges',
    ]);
    expect(answers.map(({ rows }) => rows?.flat().sort())).toEqual([
      ['information_schema', 'wordpress'],
      ['wordpress'],
      ['wordpress'],
      ["'wordpress'@'%'"],
    ]);
  });

  const FORBIDDEN: { [what: string]: string[] } = {
    'reads no accounts': [
      'SELECT * FROM mysql.user',
      'SELECT * FROM mysql.global_priv',
      'SHOW GRANTS FOR root@localhost',
    ],
    'makes no databases and no accounts': [
      'CREATE DATABASE e2e',
      'CREATE DATABASE wordpress2',
      'CREATE TABLE mysql.e2e (a INT)',
      'USE mysql',
      'CREATE USER e2e',
      "SET PASSWORD FOR root@localhost = PASSWORD('e2e')",
      'GRANT ALL ON *.* TO CURRENT_USER',
      'GRANT SELECT ON wordpress.* TO CURRENT_USER WITH GRANT OPTION',
      'INSERT INTO mysql.global_priv VALUES ()',
    ],
    'reads and writes no files': [
      "SELECT 'x' INTO OUTFILE '/tmp/e2e'",
      "SELECT 'x' INTO DUMPFILE '/var/lib/mysql/e2e'",
      "LOAD DATA INFILE '/etc/passwd' INTO TABLE wp_options",
      "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE wp_options",
      "SET GLOBAL general_log_file = '/tmp/e2e'",
    ],
    'runs nothing of its own in the server': [
      "CREATE FUNCTION e2e RETURNS INTEGER SONAME 'udf.so'",
      "INSTALL SONAME 'ha_connect'",
      'CREATE DEFINER = root@localhost PROCEDURE e2e() SELECT 1',
      'CREATE SERVER e2e FOREIGN DATA WRAPPER mysql OPTIONS (HOST "127.0.0.1")',
    ],
    'changes and stops nothing': ['SET GLOBAL local_infile = ON', 'SHUTDOWN', 'FLUSH PRIVILEGES'],
  };
  for (const [what, statements] of Object.entries(FORBIDDEN)) {
    check(`WordPress' user ${what}`, { of }, async () => {
      const { answers = [] } = await ask(owner, statements);
      const allowed = statements.filter((_, index) => answers[index]?.refused === undefined);
      expect({ asked: answers.length, allowed }).toEqual({ asked: statements.length, allowed: [] });
    });
  }

  check("a function that reads files gives WordPress' user nothing", { of }, async () => {
    const { answers } = await ask(owner, ["SELECT LOAD_FILE('/etc/passwd'), LOAD_FILE('/run/secrets/mysql/password')"]);
    expect(answers).toEqual([{ rows: [[null, null]] }]);
  });

  check("Telegraf's user sees no data and no accounts", { of }, async () => {
    const monitor = await login('mysql-monitor');
    const statements = [
      'SELECT * FROM wordpress.wp_users',
      'SELECT * FROM mysql.global_priv',
      'CREATE TABLE wordpress.e2e (a INT)',
      "SELECT 'x' INTO OUTFILE '/tmp/e2e'",
      'SET GLOBAL local_infile = ON',
    ];
    const { answers = [] } = await ask(monitor, statements);
    expect(answers.filter(({ refused }) => refused).length).toBe(statements.length);
  });

  check('nobody gets in without a name or without a password', { of }, async () => {
    const logins = [
      { user: '', password: '' },
      { user: '', password: '', database: 'test' },
      { user: 'anonymous', password: '' },
      { user: 'root', password: '' },
      { user: 'mysql', password: '' },
      { user: 'mariadb.sys', password: '' },
      { user: 'wordpress', password: '' },
      { user: 'monitor', password: '' },
    ];
    const answers = await Promise.all(logins.map((one) => ask(one, [])));
    expect(answers.map(({ refused }) => refused?.replace(/'[^']*'@'[^']*'/, ''))).toEqual(
      logins.map(({ user }) =>
        expect.stringMatching(user === 'mysql' || user === 'mariadb.sys' ? /denied|not allowed/ : /denied/),
      ),
    );
  });

  check('root does not get in over the network, even with the password', { of }, async () => {
    const { refused } = await ask({ user: 'root', password: await secret('mysql', 'password') }, []);
    expect(refused).toMatch(/Access denied for user 'root'/);
  });

  check('there are no accounts but those that are declared', { of }, async () => {
    const script = [
      'MYSQL_PWD=$(cat /run/secrets/mysql/password)',
      'export MYSQL_PWD',
      'mariadb --user=root --batch --skip-column-names --execute="SELECT User, Host FROM mysql.global_priv"',
    ].join('; ');
    const found = await inServer(['bash', '-c', script]);
    expect(found.trim().split('\n').sort()).toEqual([
      'mariadb.sys\tlocalhost',
      'monitor\t%',
      'mysql\tlocalhost',
      'root\tlocalhost',
      'wordpress\t%',
    ]);
  });

  check('the account of the health check sees no data', { of }, async () => {
    const execute = '--execute=SELECT COUNT(*) FROM wordpress.wp_users';
    await expect(inServer(['mariadb', '--user=mysql', execute])).rejects.toThrow(/denied/);
    expect(await inServer(['mariadb', '--user=mysql', '--skip-column-names', '--execute=SHOW DATABASES'])).toBe(
      'information_schema\n',
    );
  });
});

async function login(name: string, database?: string): Promise<Login> {
  return { user: await secret(name, 'username'), password: await secret(name, 'password'), database };
}

/** What the server says to each statement, or to the login. */
async function ask(
  { user, password, database = '' }: Login,
  statements: string[],
): Promise<{ refused?: string; answers?: Answer[] }> {
  const exec = ['-n', NAMESPACE, 'exec', '-i', 'deploy/wordpress', '-c', 'wordpress', '--'];
  const php = ['php', '-d', 'mysqli.allow_local_infile=1', '-r', CLIENT];
  return JSON.parse(
    await kubectl([...exec, ...php], { input: JSON.stringify([user, password, database, statements]) }),
  );
}

function inServer(command: string[]): Promise<string> {
  return kubectl(['-n', NAMESPACE, 'exec', 'mysql-0', '-c', 'mysql', '--', ...command]);
}
