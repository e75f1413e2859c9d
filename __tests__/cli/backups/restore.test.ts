import { cronJobsOf, ended, jobOf, kubectlWith } from '../../support/backup-cluster';
import { stage } from '../../support/stage';

const CRON_JOBS = [...cronJobsOf('shop', 'mysql'), ...cronJobsOf('shop', 'blog'), ...cronJobsOf('office', 'blog')];
const SAID = `echo '2026-11-21T03:00:00Z info backup: fetched target:/backups/mysql/20261121T030000Z of 2K, and so on'
  echo '2026-11-21T03:00:01Z info mysql-backup: restored 1 databases'`;

const fetchOf = (job: any) => job.spec.template.spec.initContainers[0];

describe('cdk8s-services restore', () => {
  const complete = kubectlWith(CRON_JOBS, { logs: SAID });

  it('starts the job of a service, with the backup that is asked for, and waits for its end', async () => {
    const shop = stage({ kubectl: complete });
    const { code, stdout, stderr } = await shop.run('restore', 'mysql', '--from', '20261121T030000Z');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('mysql-backup: restored 1 databases');
    expect(stdout).toContain('\nmysql is restored from 20261121T030000Z\n');
    const job = JSON.parse(shop.calls('created'));
    expect(job.metadata).toMatchObject({
      name: expect.stringMatching(/^backup-mysql-restore-\d+$/),
      namespace: 'shop',
      labels: { 'app.kubernetes.io/instance': 'backup-mysql' },
      ownerReferences: [expect.objectContaining({ kind: 'CronJob', name: 'backup-mysql-restore', controller: true })],
    });
    expect(fetchOf(job).env).toContainEqual({ name: 'RESTORE_FROM', value: '20261121T030000Z' });
  });

  it('takes the newest unless it is told, and never because what it is told is empty', async () => {
    const shop = stage({ kubectl: complete });
    expect((await shop.run('restore', 'mysql')).code).toBe(0);
    expect(fetchOf(JSON.parse(shop.calls('created'))).env).toContainEqual({ name: 'RESTORE_FROM', value: '' });
    const { code, stderr } = await shop.run('restore', 'mysql', '--from', '');
    expect(code).toBe(64);
    expect(stderr).toContain("Use one that 'backups' names");
  });

  it('asks which of several is meant, and takes the one that is', async () => {
    const shop = stage({ kubectl: complete });
    const { code, stderr } = await shop.run('restore', 'blog');
    expect(code).toBe(64);
    expect(stderr).toContain("restore failed at 'find backup': 'blog' has 2 backups");
    expect(stderr).toContain('next: use one of: backup-blog in shop, backup-blog in office (--namespace)');
  });

  it('says what there is where a service has no backup', async () => {
    const { code, stderr } = await stage({ kubectl: complete }).run('restore', 'ftps');
    expect(code).toBe(64);
    expect(stderr).toContain("'ftps' has no backup\nnext: use one of: backup-mysql in shop, ");
  });

  it('says which backups there are when it is asked for another', async () => {
    const says =
      "backup: there is no backup '20200101T000000Z' in target:/backups/mysql; use one of: 20261121T030000Z 20261122T030000Z";
    const kubectl = kubectlWith(CRON_JOBS, {
      end: ended('Failed', 0, 'policy'),
      logs: `echo "2026-11-22T09:00:00Z error ${says}"`,
    });
    const { code, stderr } = await stage({ kubectl }).run('restore', 'mysql', '--from', '20200101T000000Z');
    expect(code).toBe(64);
    expect(stderr).toContain(`restore failed at 'restore': ${says.replace('backup: ', '')}\n`);
    expect(stderr).toContain('next: see what there is: npm run backups -- backup-mysql -n shop\n');
  });

  it('fails with what the job said last', async () => {
    const failed = kubectlWith(CRON_JOBS, { logs: SAID, end: ended('Failed', 0, 'it has reached the limit') });
    const { code, stderr } = await stage({ kubectl: failed }).run('restore', 'backup-mysql');
    expect(code).toBe(1);
    expect(stderr).toMatch(/job backup-mysql-restore-\d+ failed: it has reached the limit\n/);
    expect(stderr).toContain('  | 2026-11-21T03:00:01Z info mysql-backup: restored 1 databases\n');
    expect(stderr).toMatch(/next: kubectl --context minikube -n shop logs -l job-name=backup-mysql-restore-\d+ /);
  });

  it('tells why the job has no pod', async () => {
    const refusal = { reason: 'FailedCreate', message: 'exceeded quota: shop', involvedObject: { name: 'back-1' } };
    const running = jobOf('shop', 'backup-mysql-restore', 'back-1', {
      spec: { template: { spec: { initContainers: [{ name: 'fetch' }] } } },
    });
    const more = `*'get events'*) echo '${JSON.stringify({ items: [refusal] })}' ;;`;
    const end = { metadata: { name: 'back-1' }, ...ended('Failed', 0, 'DeadlineExceeded') };
    const kubectl = kubectlWith([...CRON_JOBS, running], { more, end });
    const { code, stderr } = await stage({ kubectl }).run('restore', 'mysql');
    expect(code).toBe(1);
    expect(stderr).toContain('job back-1 failed: its pod is refused: exceeded quota: shop\n');
  });

  it('goes on with the job of a run that was interrupted', async () => {
    const running = jobOf('shop', 'backup-mysql-restore', 'back-1', {
      spec: { template: { spec: { initContainers: [{ name: 'fetch', env: [{ name: 'RESTORE_FROM', value: '' }] }] } } },
    });
    const shop = stage({ kubectl: kubectlWith([...CRON_JOBS, running], { logs: SAID }) });
    expect((await shop.run('restore', 'mysql')).code).toBe(0);
    expect(shop.calls('created')).toBe('');
    expect(shop.calls('kubectl')).toContain('get jobs.batch back-1');
    const { code, stderr } = await shop.run('restore', 'mysql', '--from', '20261121T030000Z');
    expect(code).toBe(1);
    expect(stderr).toContain('job back-1 restores the newest backup, and not both can be done at a time');
  });

  it('does not start while a backup of the service is made', async () => {
    const weekly = JSON.parse(JSON.stringify(CRON_JOBS[0]).replaceAll('backup-mysql', 'weekly-mysql'));
    const running = jobOf('shop', 'weekly-mysql', 'weekly-mysql-2');
    const shop = stage({ kubectl: kubectlWith([...CRON_JOBS, weekly, running]) });
    const { code, stderr } = await shop.run('restore', 'mysql');
    expect(code).toBe(1);
    expect(stderr).toContain("restore failed at 'restore': job weekly-mysql-2 makes a backup, and not both");
    expect(stderr).toContain(
      'stop it: kubectl --context minikube -n shop delete job weekly-mysql-2, then run: npm run',
    );
    expect(shop.calls('created')).toBe('');
  });
});
