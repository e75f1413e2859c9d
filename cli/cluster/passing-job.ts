import { kubectl, type Session } from '../machine/session';
import { Shell } from '../machine/shell';
import { createJob, followJob, type JobEnd } from './jobs';
import type { Job } from './object';

/** Runs a job that only tells something, to its end. It is gone afterwards, also after Ctrl-C. */
export async function runPassingJob(session: Session, job: Job, tell: (news: string) => void): Promise<JobEnd> {
  const { name, namespace = 'default' } = job.metadata;
  try {
    await createJob(session, job);
    return await followJob(session, namespace, name, tell);
  } finally {
    // an interrupted shell runs nothing any more
    const shell = new Shell(new AbortController().signal);
    const remove = ['-n', namespace, 'delete', 'jobs.batch', name, '--ignore-not-found', '--wait=false'];
    await shell.run(...kubectl(session, ...remove));
  }
}
