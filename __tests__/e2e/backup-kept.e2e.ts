/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 12
 */
import { type Chart, Size } from 'cdk8s';
import {
  Backup,
  BackupTarget,
  Credentials,
  type InfluxDb,
  type MySql,
  Storage,
  type WordPress,
} from '../../constructs';
import { command, commandSucceeds, keptBy, openVolume, runJob, shareVolume, succeed } from './cluster/backups';
import { built } from './cluster/images';
import { kubectl, OWN, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { addSystem, Data, SERVICES } from './fixtures/backed-up';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';

const EMPTY = `${MARK}-empty`;
const CLAIM = 'backup';
/** An image of versitygw, or of another S3-compatible server that is told its key and port as that is. */
const S3_IMAGE = process.env.E2E_S3_IMAGE;
const S3_KEY = { username: 'e2e', password: 'not-a-secret-of-anything' };

/** Backups that go elsewhere, are damaged, old or refused, and a new system that gets the data of another one. */
describe('kept backups', () => {
  let data: Data;
  let shell: (script: string) => Promise<string>;
  const kept: { [service: string]: string } = {};
  const about = { of: [...SERVICES, ...SERVICES.map((service) => `backup-${service}`)], namespace: () => MARK };
  setUp(async () => {
    await built('backup');
    await applyOwn((app) =>
      addSystem(app, MARK, BackupTarget.volume(Storage.claim({ size: Size.gibibytes(1) })), addBucket),
    );
    await Promise.all(SERVICES.map((service) => readyPod(service, 120, MARK)));
    data = await Data.write(MARK);
    const said = await Promise.all(SERVICES.map((service) => succeed(MARK, `backup-${service}`, `${service}-1`)));
    SERVICES.forEach((service, index) => {
      kept[service] = keptBy(said[index] ?? '');
    });
  }, 360);
  afterAll(async () => {
    await removeOwn();
    await kubectl(['delete', 'persistentvolumes', '-l', OWN, '--wait=false']);
  }, 180_000);

  check('are brought back once more over what they have brought', { ...about, seconds: 300 }, async () => {
    for (const _ of ['once', 'again']) {
      await Promise.all(SERVICES.map((service) => commandSucceeds(MARK, 'restore', `backup-${service}`)));
      await data.complete(MARK);
    }
  });

  check('go into a new, empty system with other passwords', { ...about, seconds: 400 }, async () => {
    await applyOwn((app) => addSystem(app, EMPTY, BackupTarget.volume(Storage.existing(CLAIM))));
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

  check('that are damaged or unfinished are refused, and nothing is changed', { ...about, seconds: 300 }, async () => {
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

  check('of a newer program than the one that runs are refused', { ...about, seconds: 200 }, async () => {
    const version = await data.version('60000');
    const refused = await command(MARK, 'restore', 'backup-mysql');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      `(its version is ${version}, here it is 60000): bring back the newer program first`,
    );
    await data.complete(MARK);
    await data.version(version);
  });

  check('go when they are neither among the last nor young', { ...about, seconds: 240 }, async () => {
    const recent = nameOf(Date.now() - 10 * 24 * 3600 * 1000);
    const torn = nameOf(Date.now() - 3600 * 1000);
    await shell(`cd /backups/mysql
      cp -r ${kept.mysql} 20200102T000000Z; cp -r ${kept.mysql} ${recent}
      mkdir 20200103T000000Z ${torn} notes; touch {20200103T000000Z,${torn},notes}/file`);
    const now = keptBy(await succeed(MARK, 'backup-mysql', 'mysql-2'));
    const there = (await shell('ls /backups/mysql')).trim().split('\n');
    expect(there).toEqual([recent, kept.mysql, now, torn, 'notes'].sort());
  });

  check('are not made, and the run says why, when the server is away', { ...about, seconds: 300 }, async () => {
    await kubectl(['-n', MARK, 'scale', 'statefulset/mysql', '--replicas=0']);
    await kubectl(['-n', MARK, 'wait', '--for=delete', 'pod/mysql-0', '--timeout=60s'], { seconds: 70 });
    const { succeeded, said } = await runJob(MARK, 'backup-mysql', 'away');
    expect(succeeded).toBe(false);
    expect(said).toMatch(/mysql/);
    expect(said).not.toContain('kept target');
    await kubectl(['-n', MARK, 'scale', 'statefulset/mysql', '--replicas=1']);
    await readyPod('mysql', 90, MARK);
    const listed = await commandSucceeds(MARK, 'backups', 'backup-mysql');
    expect(listed).toMatch(
      / {2}last run {2}failed .+ ago: .*(Unknown server host 'mysql'|Can't connect to server on 'mysql')/,
    );
  });

  const skip = S3_IMAGE ? undefined : 'set E2E_S3_IMAGE to an image of versitygw';
  check('go into a bucket, and come back from there', { ...about, skip, seconds: 500 }, async () => {
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
