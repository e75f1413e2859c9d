import { kubectl, kubectlJson, type Session } from '../machine/session';
import type { Condition, CronJob, Event, Job, List, Pod } from './object';
import { reasonOfPod } from './reasons';

const WAIT = 1000;

/** How a job has ended. */
export interface JobEnd {
  readonly succeeded: boolean;
  /** Why it has not succeeded. */
  readonly why: string;
  /** What its steps have said. */
  readonly said: readonly string[];
}

/** A job as `kubectl create job --from` makes it. */
export function jobFrom({ apiVersion, kind, metadata, spec }: CronJob, name: string): Job {
  return {
    apiVersion,
    kind: 'Job',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: spec.jobTemplate.metadata?.labels,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }],
    },
    spec: spec.jobTemplate.spec,
  };
}

export async function createJob(session: Session, job: Job): Promise<void> {
  const create = ['-n', job.metadata.namespace ?? 'default', 'create', '-f', '-'];
  await session.shell.output(...kubectl(session, ...create), session.again, { input: JSON.stringify(job) });
}

/** The condition with which a job has ended, if it has. */
export function endOf({ status }: Job): Condition | undefined {
  return status?.conditions?.find((one) => one.status === 'True' && /^(Complete|Failed)$/.test(one.type));
}

/** Waits for the end of a job, and says what goes on meanwhile. */
export async function followJob(
  session: Session,
  namespace: string,
  name: string,
  tell: (news: string) => void,
): Promise<JobEnd> {
  // a job that has failed may have no pods any more
  let stuck: string | undefined;
  for (;;) {
    const job = await kubectlJson<Job>(session, '-n', namespace, 'get', 'jobs.batch', name);
    const end = endOf(job);
    const said = await logsOf(session, namespace, name);
    const news = messageOf(said.at(-1));
    if (end) {
      tell(news ?? 'done');
      const succeeded = end.type === 'Complete';
      return { succeeded, said, why: succeeded ? '' : await whyFailed(session, job, said, stuck) };
    }
    stuck = said.length === 0 ? ((await reasonOf(session, namespace, name)) ?? stuck) : undefined;
    tell(news ?? stuck ?? `started job ${name}`);
    await session.shell.sleep(WAIT);
  }
}

/** Why a job has failed: the error that a step told, or what happened to its pod, or what Kubernetes says. */
export async function whyFailed(
  session: Session,
  job: Job,
  said?: readonly string[],
  otherwise?: string,
): Promise<string> {
  const { name, namespace = 'default' } = job.metadata;
  const lines = said ?? (await logsOf(session, namespace, name));
  const told = messageOf(lines.findLast((line) => ERROR.test(line)));
  if (told !== undefined) {
    return told;
  }
  const reason = await reasonOf(session, namespace, name);
  if (reason !== undefined) {
    return [reason, ...lines.slice(-1)].join(': ');
  }
  const end = endOf(job);
  return otherwise ?? end?.message ?? end?.reason ?? 'nobody knows why';
}

/** What the newest pod of a job waits for or died of, or why it has none. */
export async function reasonOf(session: Session, namespace: string, job: string): Promise<string | undefined> {
  const ask = <T>(...args: string[]) => kubectlJson<List<T>>(session, '-n', namespace, 'get', ...args);
  const [{ items: pods }, { items: warnings }] = await Promise.all([
    ask<Pod>('pods', '-l', `job-name=${job}`),
    ask<Event>('events', '--field-selector', 'type=Warning'),
  ]);
  const time = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? '') || 0;
  const [pod] = [...pods].sort((a, b) => time(b) - time(a));
  if (pod) {
    return reasonOfPod(pod, warnings, session.profile).text;
  }
  const refusal = warnings.find(({ reason, involvedObject: { name } }) => reason === 'FailedCreate' && name === job);
  return refusal && `its pod is refused: ${refusal.message}`;
}

/** How the lines begin that the images' programs write. */
const LOG = /^\S+ (?:info|warning|error) (?=[\w-]+: )/;
const ERROR = /^\S+ error [\w-]+: /;
/** What `--timestamps` puts before each line. */
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) /;

/** What all steps have said, in the order of time; what kubectl says of those that have not begun has no time. */
async function logsOf(session: Session, namespace: string, job: string): Promise<readonly string[]> {
  const which = ['-l', `job-name=${job}`, '--all-containers', '--ignore-errors', '--tail=-1', '--timestamps'];
  const { lines } = await session.shell.run(...kubectl(session, '-n', namespace, 'logs', ...which));
  return lines
    .filter((line) => TIME.test(line))
    .sort()
    .map((line) => line.replace(TIME, ''));
}

function messageOf(line: string | undefined): string | undefined {
  return line?.replace(LOG, '');
}
