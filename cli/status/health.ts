// cli/status/: the command `status`: the health of each workload, the addresses, and the drift between the last
// revision and the live objects.

import { endOf, whyFailed } from '../cluster/jobs';
import type { CronJob, Event, Job, Pod, Workload } from '../cluster/object';
import { isReady, type Reason, reasonOf } from '../cluster/reasons';
import { lastLog } from '../deploy/rollout';
import type { Session } from '../machine/session';
import { isFrom } from '../services/backups';
import { isCronJob, isJob, podsOf, type Runner } from './workloads';

/** How long what has a remedy may last before it counts as a failure: probes fail while a program starts. */
const GRACE = 60_000;

export interface Health {
  readonly state: 'ok' | 'progressing' | 'failing';
  /** Such as `1/1`; of jobs nothing. */
  readonly ready?: string;
  readonly reason?: string;
  readonly remedy?: string;
}

/** What the cluster says around an app's workloads. */
export interface Surroundings {
  readonly pods: readonly Pod[];
  readonly jobs: readonly Job[];
  /** Newest first. */
  readonly warnings: readonly Event[];
}

export async function healthOf(session: Session, runner: Runner, around: Surroundings): Promise<Health> {
  if (isCronJob(runner)) {
    return healthOfCronJob(session, runner, around);
  }
  return isJob(runner) ? healthOfJob(session, runner) : healthOfWorkload(session, runner, around);
}

async function healthOfWorkload(session: Session, workload: Workload, around: Surroundings): Promise<Health> {
  const { replicas = 1 } = workload.spec;
  const ready = `${workload.status?.readyReplicas ?? 0}/${replicas}`;
  if (isReady(workload)) {
    return { state: 'ok', ready };
  }
  const pods = podsOf(workload, around.pods);
  const reason = reasonOf(workload, pods, around.warnings, session.profile);
  const said = await lastLog(session, workload.metadata.namespace ?? 'default', reason, new Map());
  return {
    state: isFailing(reason, pods) ? 'failing' : 'progressing',
    ready,
    reason: said === undefined ? reason.text : `${reason.text}: ${said}`,
    remedy: reason.remedy,
  };
}

/** Whether waiting is of no use: a container has died, or what there is a remedy for lasts. */
function isFailing({ permanent, remedy, log }: Reason, pods: readonly Pod[]): boolean {
  if (permanent || (remedy !== undefined && log)) {
    return true;
  }
  const since = Math.min(...pods.map(unreadySince));
  return remedy !== undefined && Date.now() - since > GRACE;
}

function unreadySince({ metadata, status }: Pod): number {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True'
    ? Number.POSITIVE_INFINITY
    : Date.parse(ready?.lastTransitionTime ?? metadata.creationTimestamp ?? '');
}

async function healthOfJob(session: Session, job: Job): Promise<Health> {
  const end = endOf(job);
  if (!end) {
    return { state: 'progressing', reason: 'it runs' };
  }
  return end.type === 'Complete' ? { state: 'ok' } : { state: 'failing', ...(await failureOf(session, job)) };
}

/** A CronJob is as well as its last job. */
async function healthOfCronJob(session: Session, cronJob: CronJob, { jobs }: Surroundings): Promise<Health> {
  const last = jobs
    .filter((job) => job.metadata.namespace === cronJob.metadata.namespace && isFrom(job, cronJob) && endOf(job))
    .sort((a, b) => time(b) - time(a))[0];
  if (!last || endOf(last)?.type === 'Complete') {
    return { state: 'ok' };
  }
  return { state: 'failing', ...(await failureOf(session, last)) };
}

async function failureOf(session: Session, job: Job): Promise<Pick<Health, 'reason' | 'remedy'>> {
  const { name, namespace } = job.metadata;
  return {
    reason: `job ${name} failed: ${await whyFailed(session, job)}`,
    remedy: `kubectl --context ${session.profile} -n ${namespace} logs job/${name} --all-containers`,
  };
}

function time({ metadata }: Job): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
