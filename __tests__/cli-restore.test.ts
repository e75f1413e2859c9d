import { existsSync } from 'node:fs';
import { CLI, stage } from './support/stage';

// each case starts several processes, on a machine that may be busy
jest.setTimeout(30_000);

const cronJob = (namespace: string, name: string) => ({
  metadata: { namespace, name },
});
const CRON_JOBS = {
  items: [
    cronJob('shop', 'backup-mysql'),
    cronJob('shop', 'backup-mysql-restore'),
    cronJob('shop', 'backup-blog-restore'),
    cronJob('office', 'backup-blog-restore'),
  ],
};

/** A cluster in which a job ends like this. */
function kubectl(condition: object): string {
  return `case "$*" in
    *'get cronjobs'*) echo '${JSON.stringify(CRON_JOBS)}' ;;
    *'set env'*) cat >/dev/null; echo '{"kind":"Job","changed":true}' ;;
    *'create job'*) echo '{"kind":"Job"}' ;;
    *'create -f'*) cat >"$CALLS/created" ;;
    *'get job '*) echo '${JSON.stringify({ status: { conditions: [{ status: 'True', ...condition }] } })}' ;;
    *logs*) echo 'mysql-backup: restored 1 databases' ;;
  esac`;
}

(existsSync(CLI) ? describe : describe.skip)('cdk8s-services restore', () => {
  const complete = kubectl({ type: 'Complete' });

  it('starts the job of a service, with the backup that is asked for, and waits for its end', async () => {
    const shop = stage({ kubectl: complete });
    const { code, stdout, stderr } = await shop.run('restore', 'mysql', '--from', '20261121T030000Z');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('restore: mysql-backup: restored 1 databases');
    expect(JSON.parse(shop.calls('created'))).toEqual({ kind: 'Job', changed: true });
    const calls = shop.calls('kubectl');
    expect(calls).toMatch(/-n shop create job backup-mysql-restore-\d+ --from=cronjob\/backup-mysql-restore/);
    expect(calls).toContain('set env --local -f - RESTORE_FROM=20261121T030000Z');
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

  it('fails with what the job said last', async () => {
    const failed = kubectl({ type: 'Failed', message: 'it has reached the limit' });
    const { code, stderr } = await stage({ kubectl: failed }).run('restore', 'backup-mysql');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /job backup-mysql-restore-\d+ failed: it has reached the limit\n {2}\| mysql-backup: restored/,
    );
    expect(stderr).toMatch(/next: kubectl --context minikube -n shop logs -l job-name=backup-mysql-restore-\d+ /);
  });
});
