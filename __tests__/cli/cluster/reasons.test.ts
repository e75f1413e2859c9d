import type { ContainerStatus, Event, Pod, Workload } from '../../../cli/cluster/object';
import { isReady, obstacleOf, readiness, reasonOf, reasonOfPod } from '../../../cli/cluster/reasons';

const labels = { 'app.kubernetes.io/instance': 'web' };

function podWith(status: Pod['status'], metadata: Partial<Pod['metadata']> = {}): Pod {
  const spec = { containers: [{ name: 'web', image: 'cdk8s-services/web:0123456789ab' }] };
  const name = 'web-1';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: 'u1', labels, ...metadata },
    spec,
    status,
  };
}

function container(fields: Partial<ContainerStatus>): ContainerStatus {
  return { name: 'web', image: '', ready: false, restartCount: 0, ...fields };
}

function workload(kind: string, status: Workload['status'], replicas?: number): Workload {
  const metadata = { name: 'web', namespace: 'shop', uid: 'w1', generation: 2 };
  return { apiVersion: 'apps/v1', kind, metadata, spec: { replicas, selector: { matchLabels: labels } }, status };
}

function warning(reason: string, message: string, uid: string): Event {
  return { type: 'Warning', reason, message, involvedObject: { uid } };
}

const textOf = (status: Pod['status'], events: Event[] = []) => reasonOfPod(podWith(status), events, 'minikube').text;

describe('the reason why a pod is not ready', () => {
  it('names an image that is not on the node, and the command that brings it there', () => {
    const containerStatuses = [container({ state: { waiting: { reason: 'ErrImageNeverPull', message: 'x' } } })];
    expect(reasonOfPod(podWith({ containerStatuses }), [], 'shop')).toEqual({
      text: 'web-1: ErrImageNeverPull: image cdk8s-services/web:0123456789ab is not on the node',
      permanent: true,
      remedy: 'minikube -p shop image load cdk8s-services/web:0123456789ab',
    });
  });

  it('is the exit code of a container that crashes again and again, with the log that it left', () => {
    const state = { waiting: { reason: 'CrashLoopBackOff' } };
    const lastState = { terminated: { exitCode: 2, reason: 'Error' } };
    const reason = reasonOfPod(
      podWith({ containerStatuses: [container({ state, lastState, restartCount: 3 })] }),
      [],
      'm',
    );
    expect(reason.text).toBe('web-1: CrashLoopBackOff: web ended with exit code 2, restarted 3×');
    expect(reason.log).toEqual({ pod: 'web-1', container: 'web', previous: true });
    expect(reason.remedy).toBe('kubectl --context m -n shop logs web-1 -c web --previous');
  });

  it('is none where it has done its work', () => {
    const containerStatuses = [container({ state: { terminated: { exitCode: 0 } } })];
    expect(textOf({ phase: 'Succeeded', containerStatuses })).toBe('web-1: it has done its work, and ended');
  });

  it('is memory where a container was killed for it', () => {
    const state = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
    expect(textOf({ containerStatuses: [container({ state })] })).toContain('out of memory (OOMKilled)');
  });

  it('is an init container, running or failing', () => {
    const containerStatuses = [container({ state: { waiting: { reason: 'PodInitializing' } } })];
    const setup = (state: ContainerStatus['state']) => [container({ name: 'setup', state })];
    expect(textOf({ initContainerStatuses: setup({ running: {} }), containerStatuses })).toBe(
      'web-1: its init container setup runs',
    );
    expect(textOf({ initContainerStatuses: setup({ terminated: { exitCode: 1 } }), containerStatuses })).toBe(
      'web-1: crashed: setup ended with exit code 1',
    );
    expect(textOf({ initContainerStatuses: setup({ terminated: { exitCode: 0 } }), containerStatuses })).toBe(
      'web-1: PodInitializing',
    );
  });

  it('is what the scheduler says', () => {
    const message = '0/1 nodes are available:\n 1 Insufficient cpu.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    const reason = reasonOfPod(podWith({ phase: 'Pending', conditions }), [], 'minikube');
    expect(reason.text).toBe('web-1: not scheduled: 0/1 nodes are available: 1 Insufficient cpu.');
    expect(reason.permanent).toBe(true);
  });

  it('is a Secret that is missing', () => {
    const waiting = { reason: 'CreateContainerConfigError', message: 'secret "web" not found' };
    expect(textOf({ containerStatuses: [container({ state: { waiting } })] })).toBe(
      'web-1: CreateContainerConfigError: secret "web" not found',
    );
  });

  it('is a volume that cannot be mounted, or a probe that fails, by its own events', () => {
    const creating = [container({ state: { waiting: { reason: 'ContainerCreating' } } })];
    const mount = warning('FailedMount', 'configmap "web" not found', 'u1');
    expect(textOf({ containerStatuses: creating }, [mount])).toBe('web-1: configmap "web" not found');
    expect(textOf({ containerStatuses: creating }, [{ ...mount, involvedObject: { uid: 'other' } }])).toBe(
      'web-1: ContainerCreating',
    );
    const probe = warning('Unhealthy', 'Readiness probe failed: 503', 'u1');
    expect(textOf({ containerStatuses: [container({ state: { running: {} } })] }, [probe])).toBe(
      'web-1: web runs and is not ready: Readiness probe failed: 503',
    );
  });
});

describe('the reason why a workload is not ready', () => {
  const quota = 'pods "web-2" is forbidden: exceeded quota: small, requested: pods=1';

  it('is a quota that refuses the pods of a Deployment, though its old ones run', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: quota }];
    const old = podWith({ conditions: [{ type: 'Ready', status: 'True' }] });
    const reason = reasonOf(workload('Deployment', { replicas: 1, conditions }), [old], [], 'minikube');
    expect(reason.text).toBe(`a quota refuses its pod: ${quota}`);
    expect(reason.remedy).toBe('kubectl --context minikube -n shop describe resourcequota');
  });

  it('is a quota that refuses the pods of a StatefulSet, which only its events tell', () => {
    const events = [warning('FailedCreate', quota, 'w1')];
    expect(reasonOf(workload('StatefulSet', { replicas: 0 }), [], events, 'minikube').text).toContain(quota);
    expect(reasonOf(workload('StatefulSet', { replicas: 1 }), [], events, 'minikube').text).toBe('rolling out');
  });

  it('is its newest pod that is not ready, and never one that is ending or of another workload', () => {
    const waiting = (reason: string) => ({ containerStatuses: [container({ state: { waiting: { reason } } })] });
    const pods = [
      podWith(waiting('Older'), { creationTimestamp: '2026-01-01T00:00:00Z' }),
      podWith(waiting('Newer'), { creationTimestamp: '2026-01-02T00:00:00Z' }),
      podWith(waiting('Ending'), {
        creationTimestamp: '2026-01-03T00:00:00Z',
        deletionTimestamp: '2026-01-03T00:00:00Z',
      }),
      podWith(waiting('Other'), { creationTimestamp: '2026-01-03T00:00:00Z', labels: {} }),
    ];
    expect(reasonOf(workload('Deployment', {}), pods, [], 'minikube').text).toBe('web-1: Newer');
  });
});

describe('a workload is ready', () => {
  const done = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

  it('when all of its pods are new and ready', () => {
    expect(isReady(workload('Deployment', done))).toBe(true);
    expect(isReady(workload('StatefulSet', { ...done, currentRevision: 'a', updateRevision: 'a' }))).toBe(true);
    expect(isReady(workload('Deployment', { observedGeneration: 2 }, 0))).toBe(true);
  });

  it('not while its change is not seen yet, an old pod is there, or a new one is not ready', () => {
    expect(isReady(workload('Deployment', { ...done, observedGeneration: 1 }))).toBe(false);
    expect(isReady(workload('Deployment', { ...done, replicas: 2 }))).toBe(false);
    expect(isReady(workload('Deployment', { ...done, availableReplicas: 0 }))).toBe(false);
    expect(isReady(workload('StatefulSet', { ...done, currentRevision: 'a', updateRevision: 'b' }))).toBe(false);
    expect(isReady(workload('StatefulSet', undefined))).toBe(false);
  });

  it('by its new pods: those that they replace do not count', () => {
    expect(readiness(workload('Deployment', { ...done, replicas: 2, readyReplicas: 1 }))).toBe('0/1 ready');
    expect(readiness(workload('Deployment', done))).toBe('1/1 ready');
  });
});

describe('the obstacle of a StatefulSet', () => {
  const broken = { containerStatuses: [container({ state: { waiting: { reason: 'ImagePullBackOff' } } })] };
  const old = podWith(broken, { labels: { ...labels, 'controller-revision-hash': 'web-2' } });
  const set = workload('StatefulSet', { observedGeneration: 2, updateRevision: 'web-3' });

  it('is a broken pod of an older version, which it would wait for for ever', () => {
    expect(obstacleOf(set, [old])).toBe(old);
  });

  it('is no pod of the newest version, none that runs or ends, and none as long as the newest is not known', () => {
    const newest = podWith(broken, { labels: { ...labels, 'controller-revision-hash': 'web-3' } });
    const running = podWith(
      { containerStatuses: [container({ state: { running: {} } })] },
      { labels: old.metadata.labels },
    );
    const ending = podWith(broken, { labels: old.metadata.labels, deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(obstacleOf(set, [newest, running, ending])).toBeUndefined();
    expect(obstacleOf({ ...set, status: { ...set.status, observedGeneration: 1 } }, [old])).toBeUndefined();
    expect(obstacleOf({ ...set, kind: 'Deployment' }, [old])).toBeUndefined();
  });
});
