import type { CronJob, Job } from '../cluster/object';
import { runPassingJob } from '../cluster/passing-job';
import type { Session } from '../machine/session';
import { fetchOf, type ServiceBackup } from '../services/backups';
import { Failure } from '../terminal/failure';

/** In seconds: for a bucket that answers slowly, and until a job that nobody could remove removes itself. */
const DEADLINE = 120;
const FORGOTTEN = 60;

/** A backup that lies in a bucket or on a volume. */
export interface Listed {
  readonly name: string;
  readonly bytes: number;
  /** It was read back and tried when it was made. What is not does not count. */
  readonly verified: boolean;
}

/** Asks a bucket or a volume what is there, by a job that is gone afterwards, also after Ctrl-C. */
export async function listBackups(
  session: Session,
  { name, service, restore }: ServiceBackup,
  tell: (news: string) => void,
): Promise<readonly Listed[]> {
  const job = listingJob(restore, `${name}-list-${process.pid.toString(36)}${Date.now().toString(36).slice(-4)}`);
  const { succeeded, why, said } = await runPassingJob(session, job, tell);
  if (!succeeded || !said.some((line) => / info backup: listed /.test(line))) {
    throw new Failure({
      cause: `the backups of ${service} cannot be listed: ${why || 'the job has lost its log'}`,
      next: session.again,
    });
  }
  return said.flatMap(listed).reverse();
}

/**
 * The pod of a restore, without all that touches the service: with its data gone, or on a node that is away, its backups
 * are still there.
 */
function listingJob(restore: CronJob, name: string): Job {
  const { metadata, spec } = restore.spec.jobTemplate.spec.template;
  const { affinity: _, initContainers: __, ...pod } = spec;
  const step = { ...fetchOf(restore), name: 'list', args: ['list'] };
  const volumes = spec.volumes?.filter((volume) => step.volumeMounts?.some((mount) => mount.name === volume.name));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: restore.metadata.namespace },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: DEADLINE,
      ttlSecondsAfterFinished: FORGOTTEN,
      template: { metadata: { labels: metadata?.labels }, spec: { ...pod, volumes, containers: [step] } },
    },
  };
}

function listed(line: string): Listed[] {
  const [, name, bytes, state] = /^(\d{8}T\d{6}Z)\t(\d+)\t(verified|unfinished)$/.exec(line) ?? [];
  return name === undefined ? [] : [{ name, bytes: Number(bytes), verified: state === 'verified' }];
}
