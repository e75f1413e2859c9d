import { isKind } from '../../constructs/manifest/kinds';
import { apiOf } from '../cluster/api';
import type { Container, Job, KubernetesObject, Pod, PodTemplate, Workload } from '../cluster/object';
import { runPassingJob } from '../cluster/passing-job';
import { commandOf, kubectl, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';

/** A program of an image: the release of the data that it writes and whatever else helps a reader, such as '11.8 (…)'. */
const PROGRAM = 'data-release';
/** In seconds: for an image that has to be pulled, and until a job that nobody could remove removes itself. */
const DEADLINE = 60;
const FORGOTTEN = 60;

interface Templated extends Workload {
  readonly spec: Workload['spec'] & { readonly template: PodTemplate };
}

/** A container whose image changes. */
interface Change {
  readonly workload: Templated;
  readonly namespace: string;
  readonly container: Container;
}

/**
 * Refuses images that are older than the data. An older server does not start with it, and the one that is there has
 * ended by then. What an image does not tell is not known, and holds up nothing.
 */
export async function checkReleases(
  session: Session,
  objects: readonly KubernetesObject[],
  fallback: string,
): Promise<void> {
  const changes = await changesOf(session, objects, fallback);
  const older = (await Promise.all(changes.map((change) => olderIn(session, change)))).flatMap((found) => found ?? []);
  if (older.length > 0) {
    throw new Failure({
      cause: "this revision has images that are older than the data, with which they don't start",
      details: older,
      next: `choose another revision: ${commandOf(session, 'history')}`,
    });
  }
}

async function changesOf(session: Session, objects: readonly KubernetesObject[], fallback: string): Promise<Change[]> {
  const wanted = objects.filter((object) => isKind(object, 'Deployment', 'StatefulSet')) as Templated[];
  const namespaces = [...new Set(wanted.map(({ metadata }) => metadata.namespace ?? fallback))];
  const api = apiOf(session);
  const lists = await Promise.all(
    namespaces.flatMap((namespace) =>
      ['apps/v1/deployments', 'apps/v1/statefulsets'].map((type) => api.list<Templated>(type, { namespace })),
    ),
  );
  const live = lists.flat();
  return wanted.flatMap((workload) => {
    const { kind, metadata, spec } = workload;
    const namespace = metadata.namespace ?? fallback;
    const isSame = (other: Templated) =>
      other.kind === kind && other.metadata.name === metadata.name && other.metadata.namespace === namespace;
    const before = live.find(isSame)?.spec.template.spec.containers ?? [];
    return spec.template.spec.containers
      .filter(({ name, image }) => before.some((one) => one.name === name && one.image !== image))
      .map((container) => ({ workload, namespace, container }));
  });
}

/** What is wrong with the image of a change, if anything. */
async function olderIn(session: Session, change: Change): Promise<string | undefined> {
  const here = await releaseHere(session, change);
  const there = here && (await releaseThere(session, change));
  if (here === undefined || there === undefined || !isOlder(there, here)) {
    return undefined;
  }
  const { kind, metadata } = change.workload;
  return `${kind} ${metadata.name}: ${change.container.image} has ${there}, and the data is of ${here}`;
}

/** Of the pods that run. */
async function releaseHere(session: Session, { workload, namespace, container }: Change): Promise<string | undefined> {
  const labels = Object.entries(workload.spec.selector.matchLabels ?? {}).map(([name, value]) => `${name}=${value}`);
  const pods = await apiOf(session).list<Pod>('v1/pods', { namespace, labels: labels.join(',') });
  const isRunning = ({ status }: Pod) =>
    status?.containerStatuses?.some(({ name, state }) => name === container.name && state?.running !== undefined);
  const pod = pods.find((one) => one.metadata.deletionTimestamp === undefined && isRunning(one));
  if (!pod) {
    return undefined;
  }
  const exec = ['-n', namespace, 'exec', pod.metadata.name, '-c', container.name, '--', PROGRAM];
  const { ok, stdout } = await session.shell.run(...kubectl(session, ...exec));
  return ok ? releaseIn([stdout]) : undefined;
}

/** Of an image that does not run: a job asks it, with nothing mounted. */
async function releaseThere(session: Session, change: Change): Promise<string | undefined> {
  const name = `${PROGRAM}-${process.pid.toString(36)}${Date.now().toString(36).slice(-4)}-${change.container.name}`;
  const job = askingJob(name.slice(0, 63), change);
  try {
    const { succeeded, said } = await runPassingJob(session, job, () => {});
    return succeeded ? releaseIn(said) : undefined;
  } catch (error) {
    if (error instanceof Failure) {
      return undefined;
    }
    throw error;
  }
}

function askingJob(name: string, { workload, namespace, container }: Change): Job {
  const { initContainers: _, containers: __, volumes: ___, affinity: ____, ...pod } = workload.spec.template.spec;
  const { image, ...rest } = container;
  const { imagePullPolicy, resources, securityContext } = rest as { readonly [field: string]: unknown };
  const asking = { name: PROGRAM, image, imagePullPolicy, resources, securityContext, command: [PROGRAM] };
  const spec = { ...pod, restartPolicy: 'Never', automountServiceAccountToken: false, containers: [asking] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: DEADLINE,
      ttlSecondsAfterFinished: FORGOTTEN,
      template: { spec },
    },
  };
}

function releaseIn(lines: readonly string[]): string | undefined {
  return lines.map((line) => line.trim()).find((line) => /^\d+(\.\d+)*( |$)/.test(line));
}

function isOlder(one: string, other: string): boolean {
  return numbersOf(one).localeCompare(numbersOf(other), 'en', { numeric: true }) < 0;
}

function numbersOf(release: string): string {
  return release.split(' ')[0] ?? '';
}
