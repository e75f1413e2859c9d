import { type App, Chart, Size } from 'cdk8s';
import {
  Backup,
  BackupTarget,
  Credentials,
  InfluxDb,
  MySql,
  RestrictedNamespace,
  Storage,
  WordPress,
} from '../../constructs';
import { Browser } from './clients/http';
import { command, commandSucceeds, keptBy, openVolume, runJob, shareVolume, succeed } from './cluster/backups';
import { built } from './cluster/images';
import { Forward, get, kubectl, LABEL, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check } from './runner/check';
import { waitUntil } from './runner/wait';

const SERVICES = ['mysql', 'wordpress', 'influxdb'];
const EMPTY = `${MARK}-empty`;
const CLAIM = 'backup';
/** An image of versitygw, or of another S3-compatible server that is told its key and port as that is. */
const S3_IMAGE = process.env.E2E_S3_IMAGE;
const S3_KEY = { username: 'e2e', password: 'not-a-secret-of-anything' };

/** A system whose data is backed up, deleted and brought back, and a new one that gets the same data. */
describe('backup', () => {
  let data: Data;
  let shell: (script: string) => Promise<string>;
  const kept: { [service: string]: string } = {};
  const about = { of: [...SERVICES, ...SERVICES.map((service) => `backup-${service}`)], namespace: () => MARK };
  beforeAll(async () => {
    await built('backup');
    await applyOwn((app) => addSystem(app, MARK, BackupTarget.volume(Storage.claim({ size: Size.gibibytes(1) }))));
    await Promise.all(SERVICES.map((service) => readyPod(service, 120, MARK)));
    data = await Data.write(MARK);
  }, 360_000);
  afterAll(async () => {
    await removeOwn();
    await kubectl(['delete', 'persistentvolumes', '-l', LABEL, '--wait=false']);
  }, 180_000);

  check('of each service is made, tried out and kept', { ...about, seconds: 240 }, async () => {
    const said = await Promise.all(SERVICES.map((service) => succeed(MARK, `backup-${service}`, `${service}-1`)));
    SERVICES.forEach((service, index) => {
      kept[service] = keptBy(said[index] ?? '');
    });
    expect(said.join('\n')).toContain('restored 1 databases into a server of its own');
    expect(said.join('\n')).toContain("of 'metrics' in 'autogen' into a server of its own, which has the same");
    await data.complete(MARK);
  });

  check('is listed while none is made or restored', { ...about, seconds: 120 }, async () => {
    const reports = await Promise.all(SERVICES.map((service) => commandSucceeds(MARK, 'backups', `backup-${service}`)));
    for (const [index, service] of SERVICES.entries()) {
      const about = `${service} in ${MARK}, by backup-${service}`;
      expect(reports[index]).toMatch(
        new RegExp(`${about}\\n  last run  succeeded .*\\n  next run  in .* 03:00 Etc/UTC\\n`),
      );
      expect(reports[index]).toMatch(new RegExp(`  ${kept[service]}  .* ago +[\\d.]+ k?B +verified`));
    }
    const { items } = await get(['jobs'], MARK);
    expect(items.filter(({ metadata }: any) => metadata.name.includes('-list-'))).toEqual([]);
  });

  check('brings back what was deleted, and can be done again', { ...about, seconds: 400 }, async () => {
    await data.remove();
    await expect(data.complete(MARK)).rejects.toThrow(/expected/);
    for (const _ of ['once', 'again']) {
      await Promise.all(SERVICES.map((service) => commandSucceeds(MARK, 'restore', `backup-${service}`)));
      await data.complete(MARK);
    }
  });

  check('goes into a new, empty system with other passwords', { ...about, seconds: 400 }, async () => {
    await applyOwn((app) => addSystem(app, EMPTY, BackupTarget.volume(Storage.existing(CLAIM)), () => {}));
    await shareVolume(MARK, CLAIM, EMPTY);
    await Promise.all(SERVICES.map((service) => readyPod(service, 120, EMPTY)));
    await expect(data.complete(EMPTY)).rejects.toThrow(/expected/);
    await Promise.all(SERVICES.map((service) => commandSucceeds(EMPTY, 'restore', service)));
    await data.complete(EMPTY);
    await kubectl(['-n', EMPTY, 'rollout', 'restart', 'deploy/wordpress', 'statefulset/mysql']);
    await kubectl(['-n', EMPTY, 'rollout', 'status', 'statefulset/mysql', '--timeout=90s'], { seconds: 100 });
    await kubectl(['-n', EMPTY, 'rollout', 'status', 'deploy/wordpress', '--timeout=90s'], { seconds: 100 });
    await data.complete(EMPTY);
    await kubectl(['delete', 'namespace', EMPTY, '--wait=false']);
  });

  check('that is damaged or unfinished is refused, and nothing is changed', { ...about, seconds: 300 }, async () => {
    shell = await openVolume(MARK, CLAIM);
    await shell(`cd /backups/mysql
      cp -r ${kept.mysql} 20990101T000000Z && rm 20990101T000000Z/SHA256SUMS
      cp -r ${kept.mysql} 20200101T000000Z && printf x | dd of=20200101T000000Z/wordpress.tables.sql.gz \\
        bs=1 seek=200 conv=notrunc status=none`);
    expect(await commandSucceeds(MARK, 'backups', 'backup-mysql')).toMatch(
      / 20990101T000000Z .* unfinished: it cannot/,
    );
    const damaged = await command(MARK, 'restore', 'backup-mysql', '--from', '20200101T000000Z');
    expect(damaged.code).toBe(1);
    expect(damaged.stderr).toContain('the backup 20200101T000000Z is damaged, and is not restored');
    const missing = await command(MARK, 'restore', 'backup-mysql', '--from', '20990101T000000Z');
    expect(missing.code).toBe(64);
    expect(missing.stderr).toContain(`use one of: 20200101T000000Z ${kept.mysql}\n`);
    await data.complete(MARK);
    await commandSucceeds(MARK, 'restore', 'backup-mysql', '--from', `${kept.mysql}`);
    await data.complete(MARK);
    await shell('rm -r /backups/mysql/20990101T000000Z');
  });

  check('goes when it is neither one of the last nor young', { ...about, seconds: 240 }, async () => {
    const recent = nameOf(Date.now() - 10 * 24 * 3600 * 1000);
    const torn = nameOf(Date.now() - 3600 * 1000);
    await shell(`cd /backups/mysql
      cp -r ${kept.mysql} 20200102T000000Z; cp -r ${kept.mysql} ${recent}
      mkdir 20200103T000000Z ${torn} notes; touch {20200103T000000Z,${torn},notes}/file`);
    const now = keptBy(await succeed(MARK, 'backup-mysql', 'mysql-2'));
    const there = (await shell('ls /backups/mysql')).trim().split('\n');
    expect(there).toEqual([recent, kept.mysql, now, torn, 'notes'].sort());
  });

  check('fails, says why and keeps nothing when the server is away', { ...about, seconds: 300 }, async () => {
    await kubectl(['-n', MARK, 'scale', 'statefulset/mysql', '--replicas=0']);
    const { succeeded, said } = await runJob(MARK, 'backup-mysql', 'away');
    expect(succeeded).toBe(false);
    expect(said).toMatch(/mysql/);
    expect(said).not.toContain('kept target');
    await kubectl(['-n', MARK, 'scale', 'statefulset/mysql', '--replicas=1']);
    await readyPod('mysql', 90, MARK);
    const listed = await commandSucceeds(MARK, 'backups', 'backup-mysql');
    expect(listed).toMatch(/ {2}last run {2}failed \d+ s ago: .*Unknown server host 'mysql'/);
  });

  const skip = S3_IMAGE ? undefined : 'set E2E_S3_IMAGE to an image of versitygw';
  check('goes into a bucket, and comes back from there', { ...about, skip, seconds: 500 }, async () => {
    await startS3();
    await Promise.all(SERVICES.map((service) => succeed(MARK, `bucket-${service}`, `${service}-bucket`)));
    await data.remove();
    await Promise.all(SERVICES.map((service) => commandSucceeds(MARK, 'restore', `bucket-${service}`)));
    await data.complete(MARK);
    const from = keptBy(await succeed(MARK, 'bucket-mysql', 'mysql-b2'));
    expect(await commandSucceeds(MARK, 'backups', 'bucket-mysql')).toMatch(new RegExp(`  ${from}  .* verified`));
    await commandSucceeds(MARK, 'restore', 'bucket-mysql', '--from', from);
    await data.complete(MARK);
  });
});

function addSystem(app: App, namespace: string, to: BackupTarget, more = addBucket): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), namespace);
  const chart = new Chart(app, 'system', { namespace, disableResourceNameHashes: true });
  const mysql = new MySql(chart, 'mysql');
  const wordpress = new WordPress(chart, 'wordpress', { database: mysql.addDatabase('wordpress') });
  const influxdb = new InfluxDb(chart, 'influxdb');
  influxdb.addDatabase('metrics');
  const of = [mysql, wordpress, influxdb];
  new Backup(chart, 'backup', { of, to, keep: { last: 2 } });
  more(chart, of);
}

function addBucket(chart: Chart, of: (MySql | WordPress | InfluxDb)[]): void {
  const credentials = Credentials.fromSecret('s3');
  const to = BackupTarget.s3({ endpoint: 'http://s3:7070', bucket: 'backups', prefix: 'e2e/shop', credentials });
  new Backup(chart, 'bucket', { of, to, keep: { last: 1, days: 0 } });
}

function nameOf(moment: number): string {
  return new Date(moment).toISOString().replace(/[-:]|\.\d+/g, '');
}

async function startS3(): Promise<void> {
  const metadata = { name: 's3', namespace: MARK, labels: { app: 's3' } };
  const security = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const items = [
    { apiVersion: 'v1', kind: 'Secret', metadata, stringData: S3_KEY },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: { matchLabels: metadata.labels }, ingress: [{ ports: [{ port: 7070 }] }] },
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: metadata.labels, ports: [{ port: 7070 }] } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 10001,
          fsGroup: 10001,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 's3',
            image: S3_IMAGE,
            command: [
              'sh',
              '-c',
              'mkdir -p /data/b/backups /data/m && exec versitygw --port :7070 posix --sidecar /data/m /data/b',
            ],
            env: [
              { name: 'ROOT_ACCESS_KEY', value: S3_KEY.username },
              { name: 'ROOT_SECRET_KEY', value: S3_KEY.password },
            ],
            securityContext: security,
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  ];
  await kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  await kubectl(['-n', MARK, 'wait', '--for=condition=Ready', 'pod/s3', '--timeout=90s'], { seconds: 100 });
}

/** A post, an upload, a view of the database and points. */
class Data {
  static async write(namespace: string): Promise<Data> {
    const php = `$_SERVER['HTTP_HOST'] = 'localhost'; require '/srv/wordpress/wp-load.php';
      $post = wp_insert_post(['post_title' => '${MARK} ünï', 'post_content' => 'kept', 'post_status' => 'publish']);
      $file = wp_upload_bits('${MARK}.txt', null, str_repeat('${MARK} ', 100000));
      echo $post, ' ', parse_url($file['url'], PHP_URL_PATH);`;
    const [post = '', upload = ''] = (await inWordPress(namespace, 'php', '-r', php)).trim().split(' ');
    await inMySql(namespace, `CREATE VIEW e2e AS SELECT post_title FROM wp_posts WHERE ID = ${post}`);
    await inInfluxDb(
      namespace,
      'write',
      `e2e,place=cellar count=9007199254740993i,warm=21.5,note="a \\"b\\"" ${SOME_TIME()}`,
    );
    const written = new Data(namespace, post, upload);
    await written.complete(namespace);
    return written;
  }

  private constructor(
    private readonly namespace: string,
    private readonly post: string,
    private readonly upload: string,
  ) {}

  async complete(namespace: string): Promise<void> {
    const forward = await Forward.open('deploy/wordpress', 5050, namespace);
    try {
      const site = new Browser(`http://127.0.0.1:${forward.port}`);
      const page = await site.get(`/index.php?rest_route=/wp/v2/posts/${this.post}`);
      expectThat('the post', page.text, JSON.parse(page.text).title?.rendered ?? page.text, `${MARK} ünï`);
      const file = await site.get(this.upload);
      expectThat('the upload', `${file.status}`, file.text, `${MARK} `.repeat(100000));
    } finally {
      forward.close();
    }
    expectThat('the view', '', await inMySql(namespace, 'SELECT post_title FROM e2e'), `${MARK} ünï`);
    const points = await inInfluxDb(namespace, 'query', 'SELECT * FROM e2e');
    expectThat('the point', points, points, '9007199254740993');
  }

  /** What an accident takes: tables, uploads and a measurement. */
  async remove(): Promise<void> {
    const { namespace } = this;
    await inMySql(namespace, 'DROP VIEW e2e; DROP TABLE wp_posts, wp_postmeta');
    await inWordPress(namespace, 'sh', '-c', 'rm -r /var/lib/wp-content/uploads');
    await inInfluxDb(namespace, 'query', 'DROP MEASUREMENT e2e');
  }
}

const SOME_TIME = () => `${BigInt(Date.now() - 3600_000) * 1_000_000n}`;

function expectThat(what: string, about: string, got: string, part: string): void {
  if (!got.includes(part)) {
    throw new Error(`expected ${what} with '${part.slice(0, 60)}', got ${about.slice(0, 200)} ${got.slice(0, 200)}`);
  }
}

function inWordPress(namespace: string, ...command: string[]): Promise<string> {
  return kubectl(['-n', namespace, 'exec', 'deploy/wordpress', '-c', 'wordpress', '--', ...command]);
}

function inMySql(namespace: string, statements: string): Promise<string> {
  const login = 'mariadb --user=root --password="$(cat /run/secrets/mysql/password)" --protocol=socket wordpress';
  const exec = ['-n', namespace, 'exec', '-i', 'mysql-0', '--', 'bash', '-c', login];
  return waitUntil('MySQL', () => kubectl(exec, { input: statements }).then((out) => out || ' '), { seconds: 10 });
}

async function inInfluxDb(namespace: string, what: 'query' | 'write', text: string): Promise<string> {
  const body = what === 'query' ? '--data-urlencode q@-' : '--data-binary @-';
  const login = '"$(cat /run/secrets/influxdb/username):$(cat /run/secrets/influxdb/password)"';
  const curl = `curl -sS -u ${login} -XPOST ${body} 'http://127.0.0.1:8086/${what}?db=metrics&epoch=ns'`;
  return kubectl(['-n', namespace, 'exec', '-i', 'influxdb-0', '--', 'bash', '-c', curl], { input: text });
}
