import { isKind } from '../../constructs/manifest/kinds';
import { asWorkload } from './daemon-set';
import type { Source } from './logs';
import type { ContainerStatus, Event, Pod, Workload } from './object';

/** Why a workload is not ready yet. */
export interface Reason {
  readonly text: string;
  /** Waiting does not help: somebody has to do something, which is `remedy` where it is known. */
  readonly permanent?: boolean;
  readonly remedy?: string;
  /** The container whose last log line says more. */
  readonly log?: Source;
}

/** Whether all of a workload's pods are of its newest version and ready. */
export function isReady(workload: Workload): boolean {
  const { metadata, spec, status = {} } = asWorkload(workload);
  const { replicas = 1 } = spec;
  const rolled =
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas;
  if (isKind(workload, 'StatefulSet')) {
    const current = replicas === 0 || status.currentRevision === status.updateRevision;
    return replicas === 0 || (rolled && current && (status.readyReplicas ?? 0) === replicas);
  }
  return rolled && (status.availableReplicas ?? 0) === replicas;
}

/** How many of a workload's pods are new and ready, such as '0/1 ready'; those that are old still count as ready. */
export function readiness(workload: Workload): string {
  const { spec, status = {} } = asWorkload(workload);
  const { replicas = 1 } = spec;
  const old = (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return `${Math.min(replicas, Math.max(0, (status.readyReplicas ?? 0) - old))}/${replicas} ready`;
}

/** What a container waits with whose pod does not become ready by itself. */
const BROKEN = /ImagePull|InvalidImageName|CreateContainer|RunContainerError|CrashLoopBackOff/;

/**
 * The broken pod of an older version that a StatefulSet waits for before it makes the newer one: without help it waits
 * for ever (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback).
 */
export function obstacleOf(workload: Workload, pods: readonly Pod[]): Pod | undefined {
  const { metadata, status = {} } = workload;
  if (!isKind(workload, 'StatefulSet') || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return undefined;
  }
  return pods.find(
    (pod) =>
      belongs(pod, workload) &&
      !pod.metadata.deletionTimestamp &&
      pod.metadata.labels?.['controller-revision-hash'] !== status.updateRevision &&
      [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].some(({ state }) =>
        BROKEN.test(state?.waiting?.reason ?? ''),
      ),
  );
}

/** Why a workload is not ready: what its pods say, or why it has none. */
export function reasonOf(workload: Workload, pods: readonly Pod[], events: readonly Event[], profile: string): Reason {
  const own = pods
    .filter((pod) => belongs(pod, workload) && !pod.metadata.deletionTimestamp && !isPodReady(pod))
    .sort((a, b) => created(b) - created(a));
  const [pod] = own;
  if (pod) {
    return reasonOfPod(pod, events, profile);
  }
  const refusal = refusalOf(workload, events);
  if (refusal) {
    return refused(refusal, workload, profile);
  }
  const { replicas = 0, updatedReplicas = 0 } = workload.status ?? {};
  return { text: replicas > updatedReplicas && updatedReplicas > 0 ? 'its old pods end' : 'rolling out' };
}

/** Why a workload's pods are not made: Deployments have a condition for it, StatefulSets only say it in events. */
function refusalOf(workload: Workload, events: readonly Event[]): string | undefined {
  const { metadata, spec, status } = workload;
  const condition = status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (isKind(workload, 'Deployment') || (status?.replicas ?? 0) >= (spec.replicas ?? 1)) {
    return condition?.message;
  }
  return events.find(({ reason, involvedObject }) => reason === 'FailedCreate' && involvedObject.uid === metadata.uid)
    ?.message;
}

/** Why a pod is not ready. */
export function reasonOfPod(pod: Pod, events: readonly Event[], profile: string): Reason {
  const { name, namespace, uid } = pod.metadata;
  const {
    conditions = [],
    initContainerStatuses = [],
    containerStatuses = [],
    phase,
    reason,
    message,
  } = pod.status ?? {};
  const own = events.filter(({ involvedObject }) => involvedObject.uid === uid);
  if (phase === 'Failed' && reason) {
    return {
      text: `${name}: ${reason}: ${oneLine(message)}`,
      remedy: reason === 'Evicted' ? 'free some disk or memory of the node' : undefined,
    };
  }
  if (phase === 'Succeeded') {
    return { text: `${name}: it has done its work, and ended` };
  }
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled) {
    return notScheduled(name, unscheduled.message, profile, namespace);
  }
  const running = initContainerStatuses.find(({ state }) => state?.running);
  const failing = [...initContainerStatuses, ...containerStatuses]
    .map((container) => reasonOfContainer(pod, container, profile))
    .find((found) => found !== undefined);
  if (failing) {
    return failing;
  }
  if (running && !running.ready && containerStatuses.every(({ state }) => state?.waiting)) {
    return {
      text: `${name}: its init container ${running.name} runs`,
      log: { pod: name, container: running.name, previous: false },
    };
  }
  const mount = own.find(({ reason }) => reason === 'FailedMount' || reason === 'FailedAttachVolume');
  const starting = containerStatuses.find(({ state }) => state?.waiting);
  if (starting || containerStatuses.length === 0) {
    return mount
      ? { text: `${name}: ${oneLine(mount.message)}`, remedy: describe(profile, namespace, name) }
      : { text: `${name}: ${starting?.state?.waiting?.reason ?? phase ?? 'waiting'}` };
  }
  const unready = containerStatuses.find(({ ready }) => !ready);
  const probe = own.find(({ reason }) => reason === 'Unhealthy');
  return {
    text: `${name}: ${unready?.name ?? 'it'} runs and is not ready${probe ? `: ${oneLine(probe.message)}` : ' yet'}`,
    remedy: `kubectl --context ${profile} -n ${namespace} logs ${name}${unready ? ` -c ${unready.name}` : ''}`,
  };
}

function notScheduled(pod: string, message = '', profile: string, namespace: string | undefined): Reason {
  const text = `${pod}: not scheduled: ${oneLine(message)}`;
  if (/insufficient/i.test(message)) {
    const remedy = `give minikube more processors or memory ('kubectl --context ${profile} describe node' says what is used)`;
    return { text, permanent: true, remedy };
  }
  if (/(disk|memory|pid)-pressure/.test(message)) {
    return { text, permanent: true, remedy: `free disk or memory of the node ('minikube -p ${profile} ssh -- df -h')` };
  }
  if (/persistentvolumeclaim/i.test(message)) {
    return { text, remedy: `kubectl --context ${profile} -n ${namespace} describe persistentvolumeclaim` };
  }
  return { text, remedy: describe(profile, namespace, pod) };
}

/** What keeps a container from running, if anything does. */
function reasonOfContainer(pod: Pod, container: ContainerStatus, profile: string): Reason | undefined {
  const { name, namespace } = pod.metadata;
  const { waiting, terminated } = container.state ?? {};
  const image = pod.spec?.containers.find((spec) => spec.name === container.name)?.image ?? container.image;
  switch (waiting?.reason) {
    case 'ErrImageNeverPull':
      return {
        text: `${name}: ErrImageNeverPull: image ${image} is not on the node`,
        permanent: true,
        remedy: `minikube -p ${profile} image load ${image}`,
      };
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return {
        text: `${name}: ${waiting.reason}: ${oneLine(waiting.message ?? image)}`,
        remedy: `see that the node reaches the registry of ${image}, or: minikube -p ${profile} image load ${image}`,
      };
    case 'InvalidImageName':
      return { text: `${name}: InvalidImageName: ${image}`, permanent: true };
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return {
        text: `${name}: ${waiting.reason}: ${oneLine(waiting.message)}`,
        remedy: describe(profile, namespace, name),
      };
  }
  const dead = terminated ?? (waiting?.reason === 'CrashLoopBackOff' ? container.lastState?.terminated : undefined);
  if (!dead || (terminated && dead.exitCode === 0)) {
    return undefined;
  }
  const previous = waiting !== undefined;
  const why = dead.reason === 'OOMKilled' ? 'out of memory (OOMKilled)' : `exit code ${dead.exitCode}`;
  const restarts = container.restartCount > 0 ? `, restarted ${container.restartCount}×` : '';
  return {
    text: `${name}: ${waiting?.reason ?? 'crashed'}: ${container.name} ended with ${why}${restarts}`,
    remedy: `kubectl --context ${profile} -n ${namespace} logs ${name} -c ${container.name}${previous ? ' --previous' : ''}`,
    log: { pod: name, container: container.name, previous },
  };
}

function refused(message: string, { kind, metadata }: Workload, profile: string): Reason {
  const quota = /exceeded quota/.test(message);
  return {
    text: quota ? `a quota refuses its pod: ${oneLine(message)}` : `its pod is refused: ${oneLine(message)}`,
    permanent: true,
    remedy: quota
      ? `kubectl --context ${profile} -n ${metadata.namespace} describe resourcequota`
      : `kubectl --context ${profile} -n ${metadata.namespace} describe ${kind.toLowerCase()} ${metadata.name}`,
  };
}

function belongs({ metadata }: Pod, workload: Workload): boolean {
  const labels = Object.entries(workload.spec.selector.matchLabels ?? {});
  return (
    metadata.namespace === workload.metadata.namespace &&
    labels.every(([label, value]) => metadata.labels?.[label] === value)
  );
}

function isPodReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function created({ metadata }: Pod): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

function describe(profile: string, namespace: string | undefined, pod: string): string {
  return `kubectl --context ${profile} -n ${namespace} describe pod ${pod}`;
}

function oneLine(text = 'no reason given'): string {
  return text.trim().replace(/\s+/g, ' ');
}
