// cli/backups/: the commands `backups` and `restore`: Jobs made from the CronJobs of a `Backup` construct, and when a
// CronJob runs next.

import { endOf, reasonOf, whyFailed } from '../cluster/jobs';
import { commandOf, type Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { findBackups, isFrom, placeOf, type ServiceBackup, type Wanted } from '../services/backups';
import { Failure } from '../terminal/failure';
import type { Line, Progress } from '../terminal/progress';
import { table } from '../terminal/table';
import { ago, dateOf, lasting, size } from '../terminal/words';
import { type Listed, listBackups } from './listing';
import { nextRun } from './next-run';

/** A pod each: what a node has room for beside its services. */
const LISTED_AT_ONCE = 3;

interface Report {
  readonly backup: ServiceBackup;
  readonly lastRun: string;
  readonly listed: readonly Listed[] | Failure;
}

/** Says which backups there are of each service, how its last run ended and when the next one is. */
export async function backups(session: Session, progress: Progress, wanted: Wanted): Promise<void> {
  const found = await progress.run('find backups', async (line) => {
    checkTools(session.again, ['kubectl']);
    const found = await findBackups(session, wanted);
    line.update(`of ${found.map(({ service }) => service).join(', ')}`);
    return found;
  });
  const items = found.map((backup) => ({
    name: backup.name,
    run: async (line: Line): Promise<Report> => {
      const lastRun = await lastRunOf(session, backup);
      const listed = await orFailure(listBackups(session, backup, (news) => line.update(news)));
      line.update(listed instanceof Failure ? `failed: ${listed.message}` : counted(listed));
      return { backup, lastRun, listed };
    },
  }));
  const reports = await progress.each('list backups', items, LISTED_AT_ONCE);
  process.stdout.write(`\n${[...reports.map(shown), ...hint(session, reports)].join('\n\n')}\n`);
  const failure = reports.map(({ listed }) => listed).find((listed) => listed instanceof Failure);
  if (failure) {
    failure.step = progress.step;
    throw failure;
  }
}

/** What cannot be listed of one service keeps nobody from reading about the others. */
async function orFailure(listing: Promise<readonly Listed[]>): Promise<readonly Listed[] | Failure> {
  try {
    return await listing;
  } catch (error) {
    if (error instanceof Failure) {
      return error;
    }
    throw error;
  }
}

async function lastRunOf(session: Session, { make, jobs }: ServiceBackup): Promise<string> {
  const job = make && jobs.find((one) => isFrom(one, make));
  if (!job) {
    return forgottenRun(make?.status?.lastScheduleTime, make?.status?.lastSuccessfulTime);
  }
  const end = endOf(job);
  const began = ago(momentOf(job.status?.startTime ?? job.metadata.creationTimestamp));
  if (!end) {
    const reason = await reasonOf(session, job.metadata.namespace ?? 'default', job.metadata.name);
    return `began ${began} and goes on${reason === undefined ? '' : `: ${reason}`}`;
  }
  return end.type === 'Complete'
    ? `succeeded ${ago(momentOf(end.lastTransitionTime))}`
    : `failed ${ago(momentOf(end.lastTransitionTime))}: ${await whyFailed(session, job)}`;
}

/** Jobs are removed after a week. */
function forgottenRun(last: string | undefined, success: string | undefined): string {
  if (last === undefined && success === undefined) {
    return 'none yet';
  }
  if (success !== undefined && (last === undefined || success >= last)) {
    return `succeeded ${ago(momentOf(success))}`;
  }
  const before = success === undefined ? '' : `; the last that succeeded was ${ago(momentOf(success))}`;
  return `failed ${ago(momentOf(last))}, and its log is gone${before}`;
}

function nextRunOf({ make }: ServiceBackup): string {
  if (!make) {
    return 'none: its CronJob is gone; apply the app again';
  }
  const { schedule, timeZone = 'Etc/UTC', suspend } = make.spec;
  if (suspend) {
    return `none: CronJob ${make.metadata.name} is suspended`;
  }
  const now = new Date();
  const next = nextRun(schedule, timeZone, now);
  return next
    ? `in ${lasting(next.getTime() - now.getTime())}, ${dateOf(next, timeZone)}`
    : `none by the schedule '${schedule}'`;
}

function shown({ backup, lastRun, listed }: Report): string {
  const about = [
    ['  last run', lastRun],
    ['  next run', nextRunOf(backup)],
    ['  kept in', placeOf(backup)],
  ];
  const lines = [`${backup.service} in ${backup.namespace}, by ${backup.name}`, table(about)];
  if (listed instanceof Failure) {
    return [...lines, `  ${listed.message}`].join('\n');
  }
  const rows = listed.map(({ name, bytes, verified }) => [
    `  ${name}`,
    ago(timeOf(name)),
    size(bytes),
    verified ? 'verified' : 'unfinished: it cannot be restored',
  ]);
  return [...lines, rows.length > 0 ? table(rows) : '  there are no backups'].join('\n');
}

function hint(session: Session, reports: readonly Report[]): string[] {
  for (const { backup, listed } of reports) {
    const one = listed instanceof Failure ? undefined : listed.find(({ verified }) => verified);
    if (one) {
      const command = commandOf(session, 'restore', backup.name, '-n', backup.namespace, '--from', one.name);
      return [`to bring one back: ${command}`];
    }
  }
  return [];
}

function counted(listed: readonly Listed[]): string {
  const verified = listed.filter((one) => one.verified).length;
  return verified === 1 ? '1 backup' : `${verified} backups`;
}

function momentOf(time: string | undefined): Date {
  return new Date(time ?? Number.NaN);
}

/** The name of a backup is the time when it was made. */
function timeOf(name: string): Date {
  return new Date(name.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
