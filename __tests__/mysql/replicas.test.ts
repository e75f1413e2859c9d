import type { Chart } from 'cdk8s';
import {
  Backup,
  BackupTarget,
  Credentials,
  Endpoint,
  MySql,
  type MySqlProps,
  PhpMyAdmin,
  RestrictedNamespace,
  Storage,
  Telegraf,
  TimeSeriesDatabase,
  WordPress,
} from '../../constructs';
import { selects } from '../../constructs/manifest/objects';
import { MOST_REPLICAS } from '../../constructs/mysql/topology';
import { find, type Manifest, problems, synth, testChart } from '../support/app';
import { readConstruct } from '../support/dashboards';
import { laws } from '../support/laws';
import { chartBeside } from '../support/network';
import { contentHash, secretData, secrets } from '../support/secrets';
import { yamlOf } from '../support/snapshots';

function replicated(props: MySqlProps = {}): Manifest[] {
  const chart = testChart();
  new MySql(chart, 'mysql', { readReplicas: 2, ...props }).addDatabase('blog');
  return synth(chart);
}

function replicatedProblems(props: MySqlProps): string[] {
  const chart = testChart();
  new MySql(chart, 'mysql', props);
  return problems(chart);
}

const SERVERS = ['mysql', 'mysql-1', 'mysql-2'];

function labelsOf(manifests: Manifest[], server: string): { [label: string]: string } {
  return find(manifests, 'StatefulSet', server).spec.template.metadata.labels;
}

function envOf(manifests: Manifest[], server: string): { [name: string]: string } {
  const { env } = find(manifests, 'StatefulSet', server).spec.template.spec.containers[0];
  return Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]));
}

/** The servers that a Service leads to. */
function behind(manifests: Manifest[], service: string): string[] {
  const { selector: matchLabels } = find(manifests, 'Service', service).spec;
  return SERVERS.filter((server) => selects({ matchLabels }, labelsOf(manifests, server)));
}

/** The instances whose pods a policy lets in, or reaches. */
function peers(manifests: Manifest[], server: string, way: 'ingress' | 'egress'): string[] {
  const rules: Manifest[] = find(manifests, 'NetworkPolicy', server).spec[way];
  return rules
    .filter(({ ports }) => ports.some(({ port }: { port: unknown }) => port === 3306))
    .flatMap((rule) => (way === 'ingress' ? rule.from : rule.to))
    .map(({ podSelector }) => podSelector.matchLabels['app.kubernetes.io/instance'])
    .sort();
}

describe('MySql with read replicas', () => {
  it('needs only their number', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { readReplicas: 1 });
    mysql.addDatabase('blog');
    expect(yamlOf(mysql)).toMatchSnapshot();
  });

  it('has a server with a volume of its own for each', () => {
    const manifests = replicated();
    for (const server of SERVERS) {
      const { replicas, volumeClaimTemplates } = find(manifests, 'StatefulSet', server).spec;
      expect([replicas, volumeClaimTemplates.length]).toEqual([1, 1]);
    }
  });

  it('grows out of one server, whose name, selector and claim stay as they are', () => {
    const chart = testChart();
    new MySql(chart, 'mysql').addDatabase('blog');
    const before = find(synth(chart), 'StatefulSet', 'mysql').spec;
    const after = find(replicated(), 'StatefulSet', 'mysql').spec;
    for (const fixed of ['selector', 'serviceName', 'volumeClaimTemplates', 'podManagementPolicy']) {
      expect(after[fixed]).toEqual(before[fixed]);
    }
  });

  it.each([0, 1, 2])('leads writes to server %i, and reads to the others', (primary) => {
    const manifests = replicated({ primary });
    expect(behind(manifests, 'mysql')).toEqual([SERVERS[primary]]);
    expect(behind(manifests, 'mysql-read')).toEqual(SERVERS.filter((_, number) => number !== primary));
  });

  it('tells each server its part', () => {
    const manifests = replicated({ primary: 1 });
    const common = { MYSQL_ROOT_PASSWORD_FILE: '/run/secrets/mysql/password', PRIMARY_HOST: 'mysql-1' };
    expect(SERVERS.map((server) => envOf(manifests, server))).toEqual([
      { ...common, ROLE: 'replica', SERVER_NUMBER: '0', PEERS: 'mysql-1 mysql-2' },
      { ...common, ROLE: 'primary', SERVER_NUMBER: '1', PEERS: 'mysql-0 mysql-2' },
      { ...common, ROLE: 'replica', SERVER_NUMBER: '2', PEERS: 'mysql-0 mysql-1' },
    ]);
  });

  it('has each server found by the others before it is ready, under the name that they are told', () => {
    const manifests = replicated();
    SERVERS.forEach((server, number) => {
      const { clusterIP, publishNotReadyAddresses } = find(manifests, 'Service', `mysql-${number}`).spec;
      expect([clusterIP, publishNotReadyAddresses]).toEqual(['None', true]);
      expect(behind(manifests, `mysql-${number}`)).toEqual([server]);
    });
  });

  it('lets clients and servers reach every server, as each may be the primary next', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { readReplicas: 2 });
    new WordPress(chart, 'blog', { database: mysql.addDatabase('blog') });
    new PhpMyAdmin(chart, 'reports', { server: mysql.readOnly });
    const manifests = synth(chart);
    for (const server of SERVERS) {
      const others = SERVERS.filter((other) => other !== server);
      expect(peers(manifests, server, 'ingress')).toEqual(['blog', ...others, 'reports']);
      expect(peers(manifests, server, 'egress')).toEqual(others);
    }
    expect(peers(manifests, 'blog', 'egress')).toEqual(SERVERS);
  });

  it('keeps the servers apart', () => {
    const manifests = replicated();
    const [zone, node] = find(manifests, 'StatefulSet', 'mysql-1').spec.template.spec.topologySpreadConstraints;
    expect([zone.topologyKey, node.topologyKey]).toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
    for (const server of SERVERS) {
      expect(labelsOf(manifests, server)).toMatchObject(node.labelSelector.matchLabels);
    }
  });

  it('has a user who reads the declared databases, follows, and writes nothing', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { readReplicas: 1 });
    mysql.addDatabase('blog');
    const { accounts } = find(synth(chart), 'ConfigMap', 'mysql').data;
    const own = accounts.split('\n').filter((line: string) => line.startsWith('replication\t'));
    expect(own).toEqual([
      'replication\t*\tREPLICATION SLAVE, READ_ONLY ADMIN',
      expect.stringMatching(/^replication\tblog\tSELECT, SHOW VIEW, /),
    ]);
    expect(own.join()).not.toMatch(/INSERT|UPDATE|DELETE|ALL PRIVILEGES|SUPER/);
    expect(secretData(find(secrets(chart), 'Secret', 'mysql-replication')).username).toBe('replication');
  });

  it('writes down what changes, on every server alike', () => {
    expect(find(replicated(), 'ConfigMap', 'mysql').data['my.cnf']).toMatch(/^log_bin += binlog$/m);
    const chart = testChart();
    new MySql(chart, 'mysql');
    expect(find(synth(chart), 'ConfigMap', 'mysql').data['my.cnf']).not.toContain('log_bin');
  });

  it('changes with the primary only what says who it is', () => {
    const changed = replicated({ primary: 2 }).filter(
      (manifest, index) => JSON.stringify(manifest) !== JSON.stringify(replicated()[index]),
    );
    const kinds = ['StatefulSet', 'PodDisruptionBudget', 'NetworkPolicy', 'Service'];
    expect(changed.filter(({ kind }) => !kinds.includes(kind))).toEqual([]);
    for (const name of SERVERS) {
      const [before, after] = [replicated(), replicated({ primary: 2 })];
      expect(find(after, 'StatefulSet', name).spec.selector).toEqual(find(before, 'StatefulSet', name).spec.selector);
      expect(find(after, 'NetworkPolicy', name).spec).toEqual(find(before, 'NetworkPolicy', name).spec);
    }
  });

  it('leaves a replica a day to copy', () => {
    const [{ startupProbe }] = find(replicated(), 'StatefulSet', 'mysql-1').spec.template.spec.containers;
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(86_400);
  });

  it('has no such account without replicas', () => {
    const chart = testChart();
    new MySql(chart, 'mysql').addDatabase('blog');
    expect(secrets(chart).map(({ metadata }) => metadata.name)).toEqual(['mysql', 'mysql-blog']);
  });

  it('has each server read, with how it replicates', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { readReplicas: 2 });
    const inputs = mysql.monitoring().inputs ?? [];
    expect(inputs.map(({ props }) => props.endpoint.endpoint.host)).toEqual([0, 1, 2].map((n) => `mysql-${n}.shop`));
    for (const { props } of inputs) {
      expect(props.options).toMatchObject({
        gather_slave_status: true,
        fieldinclude: expect.arrayContaining(['uptime', 'slave_seconds_behind_master']),
      });
    }
    expect(find(synth(chart), 'ConfigMap', 'mysql').data.accounts).toContain('monitor\t*\tPROCESS, SLAVE MONITOR\n');
  });

  it('gives a backup no more accounts than without replicas', () => {
    const mounted = (props: MySqlProps) => {
      const chart = testChart();
      const mysql = new MySql(chart, 'mysql', props);
      mysql.addDatabase('blog');
      new Backup(chart, 'backup', { of: [mysql], to: BackupTarget.volume(Storage.claim()) });
      const { spec } = find(synth(chart), 'CronJob', 'backup-mysql').spec.jobTemplate.spec.template;
      return spec.volumes.map(({ name }: { name: string }) => name);
    };
    expect(mounted({ readReplicas: 1 })).toEqual(mounted({}));
  });

  it('rolls every server when the password changes with which they follow', () => {
    const build = (chart: Chart) => void new MySql(chart, 'mysql', { readReplicas: 1 });
    for (const name of ['mysql', 'mysql-1']) {
      const changed = contentHash(`StatefulSet/${name}`, build, 'mysql-replication password');
      expect(changed).not.toBe(contentHash(`StatefulSet/${name}`, build));
    }
  });

  it.each(Object.keys(laws))('%s', (law) => {
    const chart = testChart();
    const namespace = chartBeside(chart, 'own');
    new RestrictedNamespace(namespace, 'shop');
    const mysql = new MySql(chart, 'mysql', { readReplicas: 2, primary: 1 });
    mysql.addDatabase('blog');
    new PhpMyAdmin(chart, 'reports', { server: mysql.readOnly });
    const user = Credentials.fromSecret('metrics');
    const server = Endpoint.external({ host: 'metrics.example.org', port: 8086 });
    const database = TimeSeriesDatabase.external({ server, name: 'metrics', writer: user, reader: user });
    new Telegraf(chart, 'telegraf', { database, watch: [mysql] });
    const metrics = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'metrics', namespace: 'shop' } };
    const data = { username: 'bWV0cmljcw==', password: 'bWV0cmljcw==' };
    expect(laws[law]?.([...namespace.toJson(), ...synth(chart), ...secrets(chart), { ...metrics, data }])).toEqual([]);
  });

  it.each([-1, 1.5, MOST_REPLICAS + 1])('refuses %d read replicas', (readReplicas) => {
    expect(replicatedProblems({ readReplicas })).toEqual([
      `[shop/mysql] 'readReplicas' is ${readReplicas}; use a whole number from 0 to ${MOST_REPLICAS}`,
    ]);
  });

  it('takes as many read replicas as its description says, and tells each by one digit', () => {
    expect(readConstruct('mysql/mysql.ts')).toContain(`(\`readOnly\`), up to ${MOST_REPLICAS}.`);
    expect(replicatedProblems({ readReplicas: MOST_REPLICAS })).toEqual([]);
    expect(`${MOST_REPLICAS}`).toHaveLength(1);
  });

  it('refuses a primary that is no server', () => {
    expect(replicatedProblems({ readReplicas: 2, primary: 3 })).toEqual([
      "[shop/mysql] 'primary' is 3, but the servers are 0, 1, 2; use a number from 0 to 2",
    ]);
    expect(replicatedProblems({ primary: 1 })).toEqual([
      "[shop/mysql] 'primary' is 1, but the servers are 0; use 0, or leave it out",
    ]);
  });

  it('refuses a name with which its replicas would have none', () => {
    const chart = testChart();
    const id = 'm'.repeat(51);
    new MySql(chart, id, { readReplicas: 1 });
    expect(problems(chart)).toEqual([
      `[shop/${id}] 'id' is '${id}-1', 53 characters long, but at most 52 fit; use shorter ids`,
    ]);
  });

  it('refuses one claim for all servers', () => {
    expect(replicatedProblems({ readReplicas: 1, storage: Storage.existing('old') })).toEqual([
      "[shop/mysql] 'storage' is a claim that exists, but each server of 'readReplicas' needs its own; use Storage.claim(...)",
    ]);
  });

  it.each(['server-id', 'skip-log-bin', 'read_only', 'gtid_strict_mode', 'loose_sync_binlog'])(
    'refuses the setting %s',
    (setting) => {
      expect(replicatedProblems({ readReplicas: 1, settings: { [setting]: '1' } })).toEqual([
        `[shop/mysql] 'settings' has '${setting}', by which servers with 'readReplicas' are replicated; leave it out`,
      ]);
      expect(replicatedProblems({ settings: { [setting]: '1' } })).toEqual([]);
    },
  );

  it('keeps the name of its account for itself', () => {
    const chart = testChart();
    new MySql(chart, 'mysql', { readReplicas: 1 }).addDatabase('replication');
    expect(problems(chart)).toEqual([
      "[shop/mysql] database 'name' is 'replication', which the server keeps for itself; use another name",
    ]);
  });

  it('refuses readers of replicas that there are not, once for all of them', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    new PhpMyAdmin(chart, 'reports', { server: mysql.readOnly });
    new PhpMyAdmin(chart, 'figures', { server: mysql.readOnly });
    expect(problems(chart)).toEqual([
      "[shop/mysql] 'readOnly' was asked for, but there is no read replica; set readReplicas: 1 or more",
    ]);
  });
});
