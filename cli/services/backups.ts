import { isKind } from '../../constructs/manifest/kinds';
import type { Container, CronJob, Job, KubernetesObject, List } from '../cluster/object';
import { kubectlJson, type Session } from '../machine/session';
import { EXIT_USAGE, Failure } from '../terminal/failure';

/** What belongs to a `Backup`. The CronJobs from which a service is restored end so. */
const BACKUPS = 'app.kubernetes.io/name=backup,app.kubernetes.io/managed-by=cdk8s';
const SUFFIX = '-restore';

/** The first step of a restore. */
export const FETCH = 'fetch';

export interface Wanted {
  /** A service, or the CronJob of its backup; all of them unless given. */
  readonly service?: string;
  /** Everywhere unless given. */
  readonly namespace?: string;
}

/** The backup of a service, as the cluster has it. */
export interface ServiceBackup {
  /** Of the CronJob that makes it. */
  readonly name: string;
  readonly service: string;
  readonly namespace: string;
  readonly make?: CronJob;
  readonly restore: CronJob;
  /** What these two have started, and those of other backups of the service, newest first. */
  readonly jobs: readonly Job[];
}

/** The backups that are meant, in the order of their names. */
export async function findBackups(session: Session, { service, namespace }: Wanted): Promise<ServiceBackup[]> {
  const where = namespace === undefined ? ['--all-namespaces'] : ['-n', namespace];
  const { items } = await kubectlJson<List<KubernetesObject>>(
    session,
    'get',
    'cronjobs.batch,jobs.batch',
    ...where,
    '-l',
    BACKUPS,
  );
  const cronJobs = items.filter((object) => isKind(object, 'CronJob')) as CronJob[];
  const jobs = (items.filter((object) => isKind(object, 'Job')) as Job[]).sort((a, b) => created(b) - created(a));
  const all = cronJobs
    .filter(({ metadata }) => metadata.name.endsWith(SUFFIX))
    .map((restore) => backupOf(restore, cronJobs, jobs));
  const found = all.filter((one) => service === undefined || one.service === service || one.name === service);
  if (found.length === 0) {
    throw new Failure({
      cause: service === undefined || all.length === 0 ? nothing(namespace) : `'${service}' has no backup`,
      next: all.length > 0 ? `use one of: ${namesOf(all)}` : "add a 'Backup' to the app, and apply it",
      exitCode: EXIT_USAGE,
    });
  }
  return found;
}

/** By what each can be told, in words. */
export function namesOf(backups: readonly ServiceBackup[]): string {
  return backups.map(({ name, namespace }) => `${name} in ${namespace}`).join(', ');
}

function nothing(namespace: string | undefined): string {
  return `nothing is backed up${namespace === undefined ? '' : ` in namespace ${namespace}`}: there is no 'Backup'`;
}

function backupOf(restore: CronJob, cronJobs: readonly CronJob[], jobs: readonly Job[]): ServiceBackup {
  const { namespace = 'default' } = restore.metadata;
  const name = restore.metadata.name.slice(0, -SUFFIX.length);
  const isHere = (object: KubernetesObject) => (object.metadata.namespace ?? 'default') === namespace;
  const make = cronJobs.find((one) => isHere(one) && one.metadata.name === name);
  const service = serviceOf(restore);
  const ofService = cronJobs.filter((one) => isHere(one) && serviceOf(one) === service);
  const started = jobs.filter((job) => isHere(job) && ofService.some((one) => isFrom(job, one)));
  return { name, namespace, service: service ?? name, make, restore, jobs: started };
}

function serviceOf({ spec }: CronJob): string | undefined {
  const { initContainers = [], containers } = spec.jobTemplate.spec.template.spec;
  return [...initContainers, ...containers].map((step) => envOf(step, 'BACKUP_OF')).find((name) => name !== undefined);
}

/** Whether a job was started from a CronJob, by its schedule or by hand. */
export function isFrom({ metadata }: Job, cronJob: CronJob): boolean {
  return (
    metadata.ownerReferences?.some((owner) => isKind(owner, 'CronJob') && owner.name === cronJob.metadata.name) ?? false
  );
}

/** Where backups are kept, in words. */
export function placeOf({ restore }: ServiceBackup): string {
  const step = fetchOf(restore);
  const [path, store] = [envOf(step, 'TARGET_PATH'), envOf(step, 'S3_ENDPOINT')];
  if (store !== undefined) {
    return `the bucket ${path} of ${store}`;
  }
  const { volumes = [] } = restore.spec.jobTemplate.spec.template.spec;
  const claims = volumes.flatMap(({ name, persistentVolumeClaim: claim }) =>
    claim && step.volumeMounts?.some((mount) => mount.name === name) ? claim.claimName : [],
  );
  return `the volume of claim '${claims.join()}'`;
}

/** The step that knows where backups are kept. */
export function fetchOf({ spec }: CronJob): Container {
  const step = spec.jobTemplate.spec.template.spec.initContainers?.find(({ name }) => name === FETCH);
  return step ?? { name: FETCH };
}

export function envOf({ env = [] }: Container, name: string): string | undefined {
  return env.find((one) => one.name === name)?.value;
}

function created({ metadata }: Job): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
