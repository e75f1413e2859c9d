const uid = 'u';

function step(name: string, service: string, more: object = {}): object {
  return { name, image: 'backup:1', args: [name], env: [{ name: 'BACKUP_OF', value: service }], ...more };
}

/** What `kubectl logs --timestamps` does. */
export const TIMESTAMPS = `while IFS= read -r line; do echo "2026-11-21T03:00:00.123456789Z $line"; done`;

/** The two CronJobs of a service's backup, as Kubernetes shows them. */
export function cronJobsOf(namespace: string, service: string, make: object = {}): object[] {
  const labels = { 'app.kubernetes.io/instance': `backup-${service}` };
  const cronJob = (name: string, spec: object, steps: object, status: object = {}) => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { namespace, name, uid },
    spec: { ...spec, jobTemplate: { metadata: { labels }, spec: { template: { metadata: { labels }, spec: steps } } } },
    status,
  });
  const { status, ...spec } = make as { status?: object };
  const fetch = step('fetch', service, {
    env: [
      { name: 'BACKUP_OF', value: service },
      { name: 'TARGET_PATH', value: '/backups' },
      { name: 'RESTORE_FROM', value: '' },
    ],
    volumeMounts: [{ name: 'backups' }, { name: 'work' }],
  });
  const volumes = [
    { name: 'backups', persistentVolumeClaim: { claimName: 'backup' } },
    { name: 'data', persistentVolumeClaim: { claimName: service } },
    { name: 'work', emptyDir: {} },
  ];
  const containers = [{ name: 'restore', image: `${service}:1` }];
  return [
    cronJob(
      `backup-${service}`,
      { schedule: '0 3 * * *', timeZone: 'Etc/UTC', ...spec },
      { containers: [step('keep', service)] },
      status,
    ),
    cronJob(
      `backup-${service}-restore`,
      { schedule: '0 0 31 2 *', suspend: true },
      { initContainers: [fetch], containers, volumes, affinity: { podAffinity: {} }, restartPolicy: 'Never' },
    ),
  ];
}

/** A job that one of them has started. */
export function jobOf(namespace: string, cronJob: string, name: string, more: object = {}): object {
  const ownerReferences = [{ kind: 'CronJob', name: cronJob, uid }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace, name, ownerReferences, creationTimestamp: secondsAgo(3600) },
    spec: { template: { spec: { containers: [] } } },
    ...more,
  };
}

/** How a job ends, that many seconds before now. */
export function ended(type: 'Complete' | 'Failed', seconds: number, message = ''): object {
  return { status: { conditions: [{ type, status: 'True', message, lastTransitionTime: secondsAgo(seconds) }] } };
}

export function secondsAgo(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+/, '');
}

/** The name of a backup that was made that many seconds before now. */
export function madeBefore(seconds: number): string {
  return secondsAgo(seconds).replace(/[-:]/g, '');
}

/**
 * A kubectl for a cluster with these objects. Jobs that are created end as told, and have said what `logs` prints.
 */
export function kubectlWith(
  items: object[],
  { end = ended('Complete', 0), logs = ':', more = '' }: { end?: object; logs?: string; more?: string } = {},
): string {
  return `case "$*" in
    ${more}
    *'get cronjobs,jobs'*) echo '${JSON.stringify({ items })}' ;;
    *'create -f'*) cat >>"$CALLS/created" ;;
    *'get job '*) echo '${JSON.stringify({ metadata: { namespace: 'shop', name: 'it' }, ...end })}' ;;
    *'get pods'*|*'get events'*) echo '{"items":[]}' ;;
    *'logs -l'*) echo 'error: container "it" in pod "it-1" is waiting to start: ContainerCreating'; { ${logs}; } | ${TIMESTAMPS} ;;
    *'delete job'*) ;;
  esac`;
}
