import { createJob, endOf, followJob, type JobEnd, jobFrom } from '../cluster/jobs';
import type { Job } from '../cluster/object';
import { commandOf, type Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { envOf, FETCH, findBackups, namesOf, type ServiceBackup } from '../services/backups';
import { EXIT_USAGE, Failure } from '../terminal/failure';
import type { Line, Progress } from '../terminal/progress';

/** The name of the backup, or '' for the newest. */
const FROM = 'RESTORE_FROM';

export interface RestoreOptions {
  /** A service, or the CronJob of its backup. */
  readonly service: string;
  /** The name of a backup, in place of the newest. */
  readonly from?: string;
  readonly namespace?: string;
}

/** Starts the job that restores a service, and waits for its end. One that an interrupted run has started goes on. */
export async function restore(session: Session, progress: Progress, options: RestoreOptions): Promise<void> {
  const backup = await progress.run('find backup', async (line) => {
    checkTools(session.again, ['kubectl']);
    const found = await findBackup(session, options);
    line.update(`${found.namespace}/${found.name}`);
    return found;
  });
  const end = await progress.run('restore', (line) => runJob(session, backup, options.from ?? '', line));
  const [, from] = /fetched \S+\/(\d{8}T\d{6}Z) /.exec(end.said.join('\n')) ?? [];
  process.stdout.write(`\n${backup.service} is restored${from === undefined ? '' : ` from ${from}`}\n`);
}

async function findBackup(session: Session, options: RestoreOptions): Promise<ServiceBackup> {
  const found = await findBackups(session, options);
  const [backup, ...more] = found;
  if (!backup || more.length > 0) {
    throw new Failure({
      cause: `'${options.service}' has ${found.length} backups`,
      next: `use one of: ${namesOf(found)} (--namespace)`,
      exitCode: EXIT_USAGE,
    });
  }
  return backup;
}

async function runJob(session: Session, backup: ServiceBackup, from: string, line: Line): Promise<JobEnd> {
  const { namespace, restore } = backup;
  const name = runningJob(session, backup, from) ?? `${restore.metadata.name}-${Math.floor(Date.now() / 1000)}`;
  if (backup.jobs.every(({ metadata }) => metadata.name !== name)) {
    await createJob(session, restoringJob(backup, name, from));
  }
  line.update(`started job ${name}`);
  const end = await followJob(session, namespace, name, (news) => line.update(news));
  if (!end.succeeded) {
    throw failed(session, backup, name, end);
  }
  return end;
}

/** The job that does it already. Two at a time would take the tables from under each other. */
function runningJob(session: Session, { namespace, jobs }: ServiceBackup, from: string): string | undefined {
  const running = jobs.filter((job) => !endOf(job));
  const other = running.find((job) => restoredBy(job) !== from);
  if (other) {
    const stop = `kubectl --context ${session.profile} -n ${namespace} delete job ${other.metadata.name}`;
    throw new Failure({
      cause: `job ${other.metadata.name} ${whatItDoes(other)}, and not both can be done at a time`,
      next: `wait for its end, or stop it: ${stop}, then run: ${session.again}`,
    });
  }
  return running[0]?.metadata.name;
}

/** The job that restores, from a backup by its name or from the newest. */
function restoringJob({ restore }: ServiceBackup, name: string, from: string): Job {
  const job = jobFrom(restore, name);
  const { template } = job.spec;
  const initContainers = template.spec.initContainers?.map((step) =>
    step.name === FETCH
      ? { ...step, env: [...(step.env ?? []).filter((one) => one.name !== FROM), { name: FROM, value: from }] }
      : step,
  );
  return { ...job, spec: { ...job.spec, template: { ...template, spec: { ...template.spec, initContainers } } } };
}

/** What a job restores, '' being the newest; nothing if it does not restore. */
function restoredBy({ spec }: Job): string | undefined {
  const step = spec.template.spec.initContainers?.find(({ name }) => name === FETCH);
  return step && (envOf(step, FROM) ?? '');
}

function whatItDoes(job: Job): string {
  const from = restoredBy(job);
  return from === undefined ? 'makes a backup' : `restores ${from === '' ? 'the newest backup' : from}`;
}

function failed(session: Session, { name: backup, namespace }: ServiceBackup, job: string, end: JobEnd): Failure {
  if (/^backup: there is no backup /.test(end.why)) {
    return new Failure({
      cause: end.why.replace(/^backup: /, ''),
      next: `see what there is: ${commandOf(session, 'backups', backup, '-n', namespace)}`,
      exitCode: EXIT_USAGE,
    });
  }
  return new Failure({
    cause: `job ${job} failed: ${end.why}`,
    details: end.said.slice(-10),
    next: `kubectl --context ${session.profile} -n ${namespace} logs -l job-name=${job} --all-containers --ignore-errors`,
  });
}
