import { EXIT_USAGE, Failure } from './failure';
import type { Condition, KubernetesObject, List } from './kubernetes';
import type { Line, Progress } from './progress';
import { kubectl, kubectlJson, type Session } from './session';
import { checkTools } from './steps/tools';

/** The CronJobs of a `Backup`: those from which a service is restored end so. */
const BACKUPS = 'app.kubernetes.io/name=backup,app.kubernetes.io/managed-by=cdk8s';
const SUFFIX = '-restore';
const WAIT = 1000;

export interface RestoreOptions {
  /** A service, or the CronJob of its backup. */
  readonly service: string;
  /** The name of a backup, in place of the newest. */
  readonly from?: string;
  readonly namespace?: string;
}

interface Job extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Starts the job that restores a service, and waits for its end. */
export async function restore(session: Session, progress: Progress, options: RestoreOptions): Promise<void> {
  const cronJob = await progress.run('find backup', async (line) => {
    checkTools(session.again, ['kubectl']);
    const found = await findCronJob(session, options);
    line.update(`${found.metadata.namespace}/${found.metadata.name}`);
    return found;
  });
  const { name: from, namespace = 'default' } = cronJob.metadata;
  const name = `${from}-${Math.floor(Date.now() / 1000)}`;
  await progress.run('restore', (line) => runJob(session, { namespace, name, from, backup: options.from ?? '' }, line));
}

async function findCronJob(session: Session, { service, namespace }: RestoreOptions): Promise<KubernetesObject> {
  const where = namespace === undefined ? ['--all-namespaces'] : ['-n', namespace];
  const { items } = await kubectlJson<List<KubernetesObject>>(session, 'get', 'cronjobs', ...where, '-l', BACKUPS);
  const restores = items.filter(({ metadata }) => metadata.name.endsWith(SUFFIX));
  const matching = restores.filter(({ metadata: { name } }) => `-${name}`.endsWith(`-${service}${SUFFIX}`));
  const [found] = matching;
  if (!found || matching.length > 1) {
    const all = (found ? matching : restores).map(
      ({ metadata }) => `${metadata.name.slice(0, -SUFFIX.length)} in ${metadata.namespace}`,
    );
    throw new Failure({
      cause: `'${service}' has ${found ? `${matching.length} backups` : 'no backup'}`,
      next: all.length > 0 ? `use one of: ${all.join(', ')} (--namespace)` : 'add a Backup to the app, and apply it',
      exitCode: EXIT_USAGE,
    });
  }
  return found;
}

interface Wanted {
  readonly namespace: string;
  readonly name: string;
  readonly from: string;
  readonly backup: string;
}

async function runJob(session: Session, { namespace, name, from, backup }: Wanted, line: Line): Promise<void> {
  const { shell, again } = session;
  const create = ['-n', namespace, 'create', 'job', name, `--from=cronjob/${from}`, '--dry-run=client', '-o', 'json'];
  const job = await shell.output(...kubectl(session, ...create), again);
  const set = ['set', 'env', '--local', '-f', '-', `RESTORE_FROM=${backup}`, '-o', 'json'];
  const wanted = await shell.output(...kubectl(session, ...set), again, { input: job });
  await shell.output(...kubectl(session, '-n', namespace, 'create', '-f', '-'), again, { input: wanted });
  line.update(`started job ${name}`);
  for (;;) {
    await shell.sleep(WAIT);
    const { status } = await kubectlJson<Job>(session, '-n', namespace, 'get', 'job', name);
    const ended = (status?.conditions ?? []).find(
      (one) => one.status === 'True' && /^(Complete|Failed)$/.test(one.type),
    );
    const logs = await shell.run(
      ...kubectl(
        session,
        '-n',
        namespace,
        'logs',
        '-l',
        `job-name=${name}`,
        '--all-containers',
        '--ignore-errors',
        '--tail=-1',
      ),
    );
    const said = logs.ok ? logs.lines : [];
    line.update(said.at(-1) ?? `started job ${name}`);
    if (ended?.type === 'Failed') {
      const next = `kubectl --context ${session.profile} -n ${namespace} logs -l job-name=${name} --all-containers --ignore-errors`;
      throw new Failure({
        cause: `job ${name} failed: ${ended.message ?? ended.reason}`,
        details: said.slice(-10),
        next,
      });
    }
    if (ended) {
      return;
    }
  }
}
