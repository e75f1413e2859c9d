/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 4
 */
import { ApiObject, type App, Chart, JsonPatch } from 'cdk8s';
import {
  Certificate,
  Credentials,
  Database,
  Endpoint,
  Ftps,
  InfluxDb,
  MySql,
  Nginx,
  Patch,
  PhpMyAdmin,
  RestrictedNamespace,
  Telegraf,
  TelegrafInput,
  WordPress,
} from '../../constructs';
import { get, kubectl, NAMESPACE, ofService } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

const BROKEN = `${MARK}-logs`;

/** How lines begin: with a time and a level. */
const SHAPES = [
  // the entrypoints here, nginx' requests, Pure-FTPd and sshd
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) (debug|info|warning|error) [a-z-]+: /,
  // nginx' errors
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]+\] /,
  // PHP and php-fpm
  /^\[\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d( UTC)?\] ([A-Z]+: |PHP [A-Z])/,
  // MariaDB
  /^\d{4}-\d\d-\d\d {1,2}\d{1,2}:\d\d:\d\d \d+ \[(Note|Warning|ERROR)\] /,
  // InfluxDB, and Grafana
  /^ts=\d{4}-\d\d-\d\dT[\d:.]+Z lvl=[a-z]+ msg=/,
  /^logger=\S+ t=\S+ level=[a-z]+ /,
  // Telegraf
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [DIWE]! /,
];
/** A service, the container that fails, and what its log says of why. */
const FAULTS: { fault: string; service: string; container: string; says: RegExp }[] = [
  { fault: 'a certificate that is none', service: 'nginx', container: 'nginx', says: /cannot load certificate/ },
  {
    fault: 'an unknown option of sshd',
    service: 'nginx',
    container: 'ssh',
    says: /sshd refuses its configuration: .*Bad configuration option: Nonsense/,
  },
  {
    fault: "a wrong password for WordPress' database",
    service: 'wordpress',
    container: 'setup',
    says: /Access denied for user 'wordpress'/,
  },
  {
    fault: 'an unknown option of php-fpm',
    service: 'phpmyadmin',
    container: 'phpmyadmin',
    says: /ERROR: .*php-fpm\.conf.* unknown entry 'nonsense'/,
  },
  { fault: 'an unknown server variable', service: 'mysql', container: 'mysql', says: /unknown variable 'nonsense=1'/ },
  {
    fault: 'a configuration of InfluxDB that is no TOML',
    service: 'influxdb',
    container: 'influxdb',
    says: /influxd does not start: .*parse config/,
  },
  {
    fault: 'a plugin that Telegraf has not',
    service: 'telegraf',
    container: 'telegraf',
    says: /undefined but requested input: nonsense/i,
  },
  {
    fault: 'an empty password of FTPS',
    service: 'ftps',
    container: 'ftps',
    says: /users\/ftp is missing or empty/,
  },
];

describe('logs', () => {
  setUp(() => applyOwn(addBroken), 120);
  afterAll(removeOwn);

  for (const { fault, service, container, says } of FAULTS) {
    check(`of ${service} tell of ${fault}`, { of: [service], namespace: () => BROKEN, seconds: 100 }, async () => {
      const reason = async () => (await linesOf(service, container, BROKEN)).find((line) => says.test(line));
      const line = await waitUntil(`a line like ${says}`, reason, { seconds: 90, everyMs: 2000 });
      expect({ line, hasTimeAndLevel: SHAPES.some((shape) => shape.test(line)) }).toEqual({
        line,
        hasTimeAndLevel: true,
      });
    });
  }

  check('of PHP have what an error says on several lines in one', { of: ['phpmyadmin'] }, async () => {
    const failing = `<?php function inner() { throw new Exception("${BROKEN}\\nsecond"); } inner();`;
    const exec = ['-n', NAMESPACE, 'exec', 'deploy/phpmyadmin', '--'];
    await kubectl([...exec, 'sh', '-c', `cat >/tmp/${BROKEN}.php <<'END'\n${failing}\nEND`]);
    await kubectl([...exec, 'php', '-r', fastCgi(`/tmp/${BROKEN}.php`)]);
    const ofError = (line: string) => line.includes(`Uncaught Exception: ${BROKEN}`);
    const line = await waitUntil(
      'the error',
      async () => (await linesOf('phpmyadmin', 'phpmyadmin', NAMESPACE)).findLast(ofError),
      { seconds: 20 },
    );
    expect(line).toMatch(/PHP Fatal error: .* \| second in .* \| Stack trace: \| #0 .* \| {3}thrown in/);
    await kubectl([...exec, 'rm', `/tmp/${BROKEN}.php`]);
  });

  check('have a time and a level in each line', { of: [] }, async () => {
    const { items } = await get(['pods', '-l', 'app.kubernetes.io/instance']);
    const other: string[] = [];
    for (const { metadata, spec } of items) {
      if (metadata.labels['app.kubernetes.io/instance'] === 'grafana' && FACTS.grafanaMissing) {
        continue;
      }
      for (const { name } of [...(spec.initContainers ?? []), ...spec.containers]) {
        const lines = (await kubectl(['-n', NAMESPACE, 'logs', metadata.name, '-c', name])).split('\n');
        const odd = lines.filter((line) => line !== '' && !SHAPES.some((shape) => shape.test(line)));
        other.push(...odd.slice(0, 5).map((line) => `${metadata.name} ${name}: ${line}`));
      }
    }
    expect(other).toEqual([]);
  });
});

/** A program in PHP that asks php-fpm for another, as nginx would. */
function fastCgi(file: string): string {
  return `
    $variables = ['SCRIPT_FILENAME' => '${file}', 'SCRIPT_NAME' => '/', 'REQUEST_URI' => '/', 'REQUEST_METHOD' => 'GET'];
    $pairs = '';
    foreach ($variables as $name => $value) {
        $pairs .= chr(strlen($name)) . chr(strlen($value)) . $name . $value;
    }
    $record = fn (int $type, string $content) => pack('CCnnn', 1, $type, 1, strlen($content), 0) . $content;
    $socket = stream_socket_client('unix:///tmp/php-fpm.sock');
    fwrite($socket, $record(1, pack('nCx5', 1, 0)) . $record(4, $pairs) . $record(4, '') . $record(5, ''));
    echo stream_get_contents($socket);
  `;
}

/** What a container says, and what it said before its last restart. */
async function linesOf(service: string, container: string, namespace: string): Promise<string[]> {
  const logs = ['-n', namespace, 'logs', '-l', ofService(service), '-c', container, '--tail', '200'];
  const said = await Promise.all([run('kubectl', logs), run('kubectl', [...logs, '--previous'])]);
  return said.flatMap(({ stdout }) => stdout.split('\n'));
}

/** Each service with one fault. */
function addBroken(app: App): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), BROKEN);
  const chart = new Chart(app, 'spoiled', { namespace: BROKEN, disableResourceNameHashes: true });
  addSecret(chart, 'no-certificate', { 'tls.crt': 'none', 'tls.key': 'none' });
  addSecret(chart, 'no-password', { ftp: '' });
  addSecret(chart, 'wrong-login', { username: 'wordpress', password: 'wrong' });

  const nginx = new Nginx(chart, 'nginx', { certificate: Certificate.fromSecret('no-certificate'), ssh: {} });
  const sshConfig = nginx.node.findAll().find((each) => ApiObject.isApiObject(each) && each.name === 'nginx-ssh');
  spoil(sshConfig as ApiObject, 'sshd_config', 'Nonsense yes\n');

  // a server that runs, beside the one that does not
  const server = new MySql(chart, 'database');
  const { name, endpoint } = server.addDatabase('wordpress');
  new WordPress(chart, 'wordpress', {
    database: Database.external({ server: { endpoint }, name, credentials: Credentials.fromSecret('wrong-login') }),
  });
  const { config } = new PhpMyAdmin(chart, 'phpmyadmin', { server });
  spoil(config, 'php-fpm.conf', '[global]\nnonsense = 1\n');
  new MySql(chart, 'mysql', { settings: { nonsense: '1' } });

  spoil(new InfluxDb(chart, 'influxdb').config, 'influxdb.conf', 'nonsense = [\n');
  const influxdb = new InfluxDb(chart, 'series');
  new Telegraf(chart, 'telegraf', {
    database: influxdb.addDatabase('metrics'),
    watch: [{ monitoring: () => ({ name: 'nonsense', inputs: [nonsense()] }) }],
  });
  new Ftps(chart, 'ftps', { userPasswords: Credentials.fromSecret('no-password') });
}

function nonsense(): TelegrafInput {
  const endpoint = Endpoint.external({ host: 'nowhere.example.org', port: 1 });
  return new TelegrafInput({ plugin: 'nonsense', options: {}, endpoint });
}

function addSecret(chart: Chart, name: string, stringData: { [key: string]: string }): void {
  new ApiObject(chart, name, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
}

function spoil(config: ApiObject, file: string, content: string): void {
  Patch.apply(config, JsonPatch.replace(`/data/${file}`, content));
}
