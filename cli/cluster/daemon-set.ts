import { isKind } from '../../constructs/manifest/kinds';
import type { Workload } from './object';

interface DaemonSetStatus {
  readonly desiredNumberScheduled?: number;
  readonly currentNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberReady?: number;
  readonly numberAvailable?: number;
}

/** A DaemonSet in the words of Deployments, with a replica for each node that wants a pod; those as they are. */
export function asWorkload(workload: Workload): Workload {
  if (!isKind(workload, 'DaemonSet')) {
    return workload;
  }
  const status = (workload.status ?? {}) as Workload['status'] & DaemonSetStatus;
  return {
    ...workload,
    spec: { ...workload.spec, replicas: status.desiredNumberScheduled ?? 0 },
    status: {
      ...status,
      replicas: status.currentNumberScheduled,
      updatedReplicas: status.updatedNumberScheduled,
      readyReplicas: status.numberReady,
      availableReplicas: status.numberAvailable,
    },
  };
}
