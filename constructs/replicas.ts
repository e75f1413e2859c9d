import type { Construct } from 'constructs';
import { problem } from './problems';
import type { Storage } from './storage';

/** The number of pods, checked against what their volume allows. */
export function replicasOf(scope: Construct, replicas = 1, storage?: Storage): number {
  if (!Number.isInteger(replicas) || replicas < 0) {
    problem(scope, `'replicas' is ${replicas}; use a whole number, 0 or more`);
  } else if (replicas > 1 && storage?._singleNode) {
    problem(
      scope,
      `'replicas' is ${replicas} but its volume can be mounted by one node at a time; ` +
        'use storage: Storage.shared(...) or Storage.existingShared(...), or replicas: 1',
    );
  }
  return replicas;
}
