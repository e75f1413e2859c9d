import type { Construct } from 'constructs';
import type { Autoscaling } from '../autoscaling';
import type { Storage } from '../storage';
import { problem } from './problems';

/** Kubernetes' numbers are of 32 bits. */
const MOST = 2 ** 31 - 1;

export interface ScaleProps {
  readonly replicas?: number;
  readonly autoscaling?: Autoscaling;
}

/** How many pods a workload has: a number that is stated, or a range that a scaler chooses from. */
export interface Scale {
  /** Left out where there is an autoscaler: each apply would undo the number that it has set. */
  readonly replicas?: number;
  readonly autoscaling?: Autoscaling;
  readonly most: number;
}

/** The number of pods, checked against what their volume allows. */
export function scaleOf(scope: Construct, { replicas, autoscaling }: ScaleProps, storage?: Storage): Scale {
  const most = autoscaling?.max ?? replicas ?? 1;
  const said = autoscaling ? `'autoscaling' has 'max' ${most}` : `'replicas' is ${most}`;
  if (autoscaling) {
    checkAutoscaling(scope, autoscaling);
    if (replicas !== undefined) {
      problem(
        scope,
        `'replicas' is ${replicas}, but with 'autoscaling' its scaler says how many; leave one of them out`,
      );
    }
  } else if (!Number.isInteger(most) || most < 0) {
    problem(scope, `${said}; use a whole number, 0 or more`);
  }
  if (most > MOST) {
    problem(scope, `${said}, which is more than Kubernetes counts; use ${MOST} at most`);
  }
  if (Number.isInteger(most) && most > 1 && storage?._singleNode) {
    problem(
      scope,
      `${said} but its volume can be mounted by one node at a time; ` +
        `use storage: Storage.shared(...) or Storage.existingShared(...), or ${autoscaling ? 'max' : 'replicas'}: 1`,
    );
  }
  return { replicas: autoscaling ? undefined : most, autoscaling, most: Number.isInteger(most) ? most : 1 };
}

function checkAutoscaling(scope: Construct, { min = 1, max, cpu = 1, memory = 1 }: Autoscaling): void {
  if (!Number.isInteger(min) || min < 1) {
    problem(scope, `'autoscaling' has 'min' ${min}; use a whole number, 1 or more`);
  }
  if (!Number.isInteger(max) || max < min) {
    problem(scope, `'autoscaling' has 'max' ${max}; use a whole number, 'min' (${min}) or more`);
  }
  for (const [name, percent] of Object.entries({ cpu, memory })) {
    if (!Number.isInteger(percent) || percent < 1) {
      problem(scope, `'autoscaling' has '${name}' ${percent}; use a whole number of percent, 1 or more`);
    } else if (percent > MOST) {
      problem(
        scope,
        `'autoscaling' has '${name}' ${percent}, which is more than Kubernetes counts; use ${MOST} at most`,
      );
    }
  }
}
