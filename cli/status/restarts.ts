import type { Pod } from '../cluster/object';

/** How often the containers of a workload's pods have ended, and the last of those ends. */
export interface Restarts {
  readonly count: number;
  readonly reason?: string;
  readonly when?: string;
}

export function restartsOf(pods: readonly Pod[]): Restarts {
  const containers = pods.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]);
  const count = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const [last] = containers
    .flatMap(({ lastState }) => lastState?.terminated ?? [])
    .sort((a, b) => (b.finishedAt ?? '').localeCompare(a.finishedAt ?? ''));
  if (count === 0 || !last) {
    return { count };
  }
  const { reason, exitCode, finishedAt } = last;
  return { count, when: finishedAt, reason: reason === 'OOMKilled' ? 'out of memory' : `exit code ${exitCode}` };
}
