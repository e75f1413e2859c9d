import { nextRun } from '../../../cli/backups/next-run';
import { dateOf, lasting, size } from '../../../cli/terminal/words';
import {
  cronJobsOf,
  ended,
  jobOf,
  kubectlWith,
  madeBefore,
  secondsAgo,
  TIMESTAMPS,
} from '../../support/backup-cluster';
import { stage } from '../../support/stage';

const HOUR = 3600;
const [OLD, NEW, TORN] = [madeBefore(60 * HOUR), madeBefore(12 * HOUR), madeBefore(130)];
const LISTED = `printf '%s\\t%s\\t%s\\n' ${OLD} 1234567 verified ${NEW} 1300 verified ${TORN} 0 unfinished
  echo '2026-11-21T03:00:00Z info backup: listed target:/backups/mysql'`;
const NONE = "echo '2026-11-21T03:00:00Z info backup: listed target:/backups/mysql'";

const MYSQL = cronJobsOf('shop', 'mysql');

describe('cdk8s-services backups', () => {
  const kubectl = kubectlWith(MYSQL, { logs: LISTED });

  it('says what there is of each service, how it went and how it goes on', async () => {
    const jobs = [
      jobOf('shop', 'backup-mysql', 'backup-mysql-1', ended('Complete', 12 * HOUR)),
      jobOf('shop', 'backup-mysql-restore', 'back', ended('Failed', HOUR)),
    ];
    const shop = stage({ kubectl: kubectlWith([...MYSQL, ...jobs], { logs: LISTED }) });
    const { code, stdout, stderr } = await shop.run('backups');
    expect([code, stderr]).toEqual([0, '']);
    const report = stdout
      .slice(stdout.indexOf('\n\n') + 2)
      .replaceAll(OLD, 'OLD')
      .replaceAll(NEW, 'NEW')
      .replaceAll(TORN, 'TORN')
      .replace(/in \d+ (h|min|s), \d{4}-\d\d-\d\d/, 'in … h, …');
    expect(report.split(/ {2,}|\n/)).toEqual(
      [
        ['mysql in shop, by backup-mysql', ''],
        ['last run', 'succeeded 12 h ago', ''],
        ['next run', 'in … h, … 03:00 Etc/UTC', ''],
        ['kept in', "the volume of claim 'backup'", ''],
        ['TORN', '2 min ago', '0 B', 'unfinished: it cannot be restored', ''],
        ['NEW', '12 h ago', '1.3 kB', 'verified', ''],
        ['OLD', '2 days ago', '1.2 MB', 'verified'],
        ['', 'to bring one back: npm run restore -- backup-mysql -n shop --from NEW', ''],
      ].flat(),
    );
  });

  it('asks by a job that needs nothing of the service, and removes it', async () => {
    const shop = stage({ kubectl });
    expect((await shop.run('backups', 'mysql')).code).toBe(0);
    const { metadata, spec } = JSON.parse(shop.calls('created'));
    expect(metadata).toEqual({ name: expect.stringMatching(/^backup-mysql-list-/), namespace: 'shop' });
    expect(spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 120, ttlSecondsAfterFinished: 60 });
    const pod = spec.template.spec;
    expect(Object.keys(pod).sort()).toEqual(['containers', 'restartPolicy', 'volumes']);
    expect(pod.containers).toEqual([expect.objectContaining({ name: 'list', image: 'backup:1', args: ['list'] })]);
    expect(pod.volumes.map(({ name }: { name: string }) => name)).toEqual(['backups', 'work']);
    expect(spec.template.metadata.labels).toEqual({ 'app.kubernetes.io/instance': 'backup-mysql' });
    expect(shop.calls('kubectl')).toContain(
      `-n shop delete jobs.batch ${metadata.name} --ignore-not-found --wait=false`,
    );
  });

  it('removes that job at Ctrl-C as well', async () => {
    const shop = stage({ kubectl: kubectlWith(MYSQL, { end: {}, logs: "echo 'it takes its time'" }) });
    const { child, result, said } = shop.start('backups');
    await said('it takes its time');
    child.kill('SIGINT');
    const { code, stderr } = await result;
    expect(code).toBe(130);
    expect(stderr).toContain("backups interrupted at 'list backups'");
    expect(shop.calls('kubectl')).toMatch(/delete jobs\.batch backup-mysql-list-\w+ --ignore-not-found/);
  });

  it('says so in words where there are none, and where nothing has run', async () => {
    const { code, stdout } = await stage({ kubectl: kubectlWith(MYSQL, { logs: NONE }) }).run('backups');
    expect(code).toBe(0);
    expect(stdout).toContain('  last run  none yet\n');
    expect(stdout).toContain('\n  there are no backups\n');
    expect(stdout).not.toContain('to bring one back');
  });

  it('says so where nothing is backed up', async () => {
    const { code, stderr } = await stage({ kubectl: kubectlWith([]) }).run('backups');
    expect(code).toBe(64);
    expect(stderr).toContain(
      "nothing is backed up: there is no 'Backup'\nnext: add a 'Backup' to the app, and apply it",
    );
    const far = await stage({ kubectl: kubectlWith([]) }).run('backups', '-n', 'far');
    expect(far.stderr).toContain("nothing is backed up in namespace far: there is no 'Backup'\n");
  });

  it('names those that there are where a service has none', async () => {
    const { code, stderr } = await stage({ kubectl }).run('backups', 'ftps');
    expect(code).toBe(64);
    expect(stderr).toContain("'ftps' has no backup\nnext: use one of: backup-mysql in shop\n");
  });

  it('never takes a list that it did not get for an empty one', async () => {
    const { code, stdout, stderr } = await stage({ kubectl: kubectlWith(MYSQL, { logs: ':' }) }).run('backups');
    expect(code).toBe(1);
    expect(stdout).not.toContain('there are no backups');
    expect(stderr).toContain('the backups of mysql cannot be listed: the job has lost its log');
  });

  it('tells why a bucket cannot be listed, and shows the others all the same', async () => {
    const items = [...MYSQL, ...cronJobsOf('shop', 'blog')];
    const failed = jobOf('shop', 'none', 'listing', ended('Failed', 0, 'BackoffLimitExceeded'));
    const more = `*'get jobs.batch backup-mysql-list'*) echo '${JSON.stringify(failed)}' ;;
      *'logs -l job-name=backup-mysql-list'*) echo '2026-11-21T03:00:00Z error backup: target:b/mysql cannot be listed: 403' | ${TIMESTAMPS} ;;`;
    const { code, stdout, stderr } = await stage({ kubectl: kubectlWith(items, { logs: LISTED, more }) }).run(
      'backups',
    );
    expect(code).toBe(1);
    const why = 'the backups of mysql cannot be listed: backup: target:b/mysql cannot be listed: 403';
    expect(stdout).toContain(`  ${why}\n\nblog in shop`);
    expect(stdout).toContain(`npm run restore -- backup-blog -n shop --from ${NEW}`);
    expect(stderr).toContain(`backups failed at 'list backups': ${why}`);
  });

  it.each<[string, object[], object, string]>([
    [
      'why it failed, from its own words',
      [jobOf('shop', 'backup-mysql', 'run', ended('Failed', 2 * HOUR, 'BackoffLimitExceeded'))],
      {},
      'failed 2 h ago: mysql-backup: the disk is full',
    ],
    [
      'how it died, and what it said last',
      [jobOf('shop', 'backup-mysql', 'dead', ended('Failed', 2 * HOUR, 'BackoffLimitExceeded'))],
      {},
      'failed 2 h ago: dead-x: crashed: dump ended with exit code 1: ERROR 2005: Unknown server host',
    ],
    [
      'why it goes on',
      [jobOf('shop', 'backup-mysql', 'run', { status: { startTime: secondsAgo(130) } })],
      {},
      'began 2 min ago and goes on: run-x: ErrImageNeverPull: image backup:1 is not on the node',
    ],
    [
      'when the last one succeeded that nobody remembers',
      [],
      { status: { lastScheduleTime: secondsAgo(9 * 24 * HOUR), lastSuccessfulTime: secondsAgo(9 * 24 * HOUR - 60) } },
      'succeeded 8 days ago',
    ],
    [
      'that one failed that nobody remembers',
      [],
      { status: { lastScheduleTime: secondsAgo(9 * 24 * HOUR), lastSuccessfulTime: secondsAgo(10 * 24 * HOUR) } },
      'failed 9 days ago, and its log is gone; the last that succeeded was 10 days ago',
    ],
  ])('says of the last run %s', async (_, jobs, make, text) => {
    const pod = {
      metadata: { name: 'run-x', namespace: 'shop' },
      spec: { containers: [{ name: 'keep', image: 'backup:1' }] },
      status: { containerStatuses: [{ name: 'keep', state: { waiting: { reason: 'ErrImageNeverPull' } } }] },
    };
    const dead = {
      metadata: { name: 'dead-x', namespace: 'shop' },
      status: { initContainerStatuses: [{ name: 'dump', restartCount: 0, state: { terminated: { exitCode: 1 } } }] },
    };
    const more = `*'logs -l job-name=dead '*) echo 'ERROR 2005: Unknown server host' | ${TIMESTAMPS} ;;
      *'get pods -l job-name=dead '*) echo '${JSON.stringify({ items: [dead] })}' ;;
      *'logs -l job-name=run '*) {
          echo '2026-11-21T03:00:00Z error mysql-backup: the disk is full'
          echo '2026-11-21T03:00:00Z info mysql-backup: bye'
        } | ${TIMESTAMPS} ;;
      *'get pods -l job-name=run '*) echo '${JSON.stringify({ items: [pod] })}' ;;`;
    const items = [...cronJobsOf('shop', 'mysql', make), ...jobs];
    const { stdout } = await stage({ kubectl: kubectlWith(items, { logs: LISTED, more }) }).run('backups');
    expect(stdout).toContain(`\n  last run  ${text}\n`);
  });

  it.each<[object, string]>([
    [{ suspend: true }, 'none: CronJob backup-mysql is suspended'],
    [{ schedule: '0 0 31 2 *' }, "none by the schedule '0 0 31 2 *'"],
  ])('says that there is no next run (%j)', async (make, text) => {
    const items = cronJobsOf('shop', 'mysql', make);
    const { stdout } = await stage({ kubectl: kubectlWith(items, { logs: NONE }) }).run('backups');
    expect(stdout).toContain(`\n  next run  ${text}\n`);
  });
});

describe('the next run', () => {
  it.each([
    ['0 3 * * *', 'Etc/UTC', '2026-11-21T02:59:59Z', '2026-11-21T03:00:00.000Z'],
    ['0 3 * * *', 'Etc/UTC', '2026-11-21T03:00:00Z', '2026-11-22T03:00:00.000Z'],
    ['0 3 * * *', 'Europe/Berlin', '2026-11-21T03:00:00Z', '2026-11-22T02:00:00.000Z'],
    ['@daily', 'America/St_Johns', '2026-11-21T12:00:00Z', '2026-11-22T03:30:00.000Z'],
    ['*/20 22-23 * * *', 'Etc/UTC', '2026-11-21T22:41:00Z', '2026-11-21T23:00:00.000Z'],
    ['5/20 * * * *', 'Etc/UTC', '2026-11-21T22:26:00Z', '2026-11-21T22:45:00.000Z'],
    ['30 2 * * mon-fri', 'Etc/UTC', '2026-11-21T12:00:00Z', '2026-11-23T02:30:00.000Z'],
    ['0 0 1 jan ?', 'Etc/UTC', '2026-11-21T12:00:00Z', '2027-01-01T00:00:00.000Z'],
    // either day
    ['0 0 13 * fri', 'Etc/UTC', '2026-11-21T12:00:00Z', '2026-11-27T00:00:00.000Z'],
    ['0 0 29 feb *', 'Etc/UTC', '2026-11-21T12:00:00Z', '2028-02-29T00:00:00.000Z'],
    // the night in which the clocks of Berlin have no half past two
    ['30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', '2027-03-29T00:30:00.000Z'],
    // the night in which they have two
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00.000Z'],
    // every second day is some of the days, and every one is all of them
    ['0 0 13 * */1', 'Etc/UTC', '2026-11-21T12:00:00Z', '2026-12-13T00:00:00.000Z'],
    ['0 0 13 * */2', 'Etc/UTC', '2026-11-21T12:00:00Z', '2026-11-22T00:00:00.000Z'],
  ])('of %j in %s after %s', (schedule, timeZone, after, next) => {
    expect(nextRun(schedule, timeZone, new Date(after))?.toISOString()).toBe(next);
  });

  it('never comes on the 31st of February', () => {
    expect(nextRun('0 0 31 2 *', 'Etc/UTC', new Date())).toBeUndefined();
  });
});

describe('words', () => {
  it('are of the unit of which there are two', () => {
    expect([-5, 0, 119_000, 120_000, 7_199_000, 47 * HOUR * 1000, 48 * HOUR * 1000].map(lasting)).toEqual([
      '0 s',
      '0 s',
      '119 s',
      '2 min',
      '119 min',
      '47 h',
      '2 days',
    ]);
    expect([0, 999, 1000, 12_345, 1_250_000_000].map(size)).toEqual(['0 B', '999 B', '1.0 kB', '12 kB', '1.3 GB']);
    expect(dateOf(new Date('2026-11-22T02:00:00Z'), 'Europe/Berlin')).toBe('2026-11-22 03:00 Europe/Berlin');
  });
});
