import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Instance } from './private/names';

/** The target of most of Kubernetes' examples: a fifth is left for what comes while more pods start. */
const CPU_PERCENT = 80;

/**
 * Seconds for which the load must be low before pods are taken away: Kubernetes' own default, written down because a
 * cluster's controller manager may have another.
 */
const SECONDS_BEFORE_LESS = 300;

/**
 * How many pods there are, by what they use (a HorizontalPodAutoscaler). The cluster must have a metrics-server;
 * without one the number stays as it is.
 *
 * Pods are added at once, and removed when the load has been low for five minutes. A service that had `replicas` before
 * starts again from one pod when it gets `autoscaling`, because its Deployment states no number any more.
 */
export interface Autoscaling {
  /**
   * The fewest pods, 1 or more.
   * @default 1
   */
  readonly min?: number;

  /** The most pods. */
  readonly max: number;

  /**
   * The CPU that pods shall use on average, in percent of what each requests. It may be above 100. The default request
   * is a share that a busy pod exceeds: set `resources.cpu` to what a busy pod uses.
   * @default 80
   */
  readonly cpu?: number;

  /**
   * The memory that pods shall use on average, in percent of what each requests. Programs seldom give memory back, so
   * that pods which were added for it may never be removed.
   * @default - memory does not count
   */
  readonly memory?: number;
}

/** Scales the Deployment of an instance. */
export function autoscaler(scope: Construct, id: string, { name, labels }: Instance, autoscaling: Autoscaling): void {
  const { min = 1, max, cpu = CPU_PERCENT, memory } = autoscaling;
  new k8s.KubeHorizontalPodAutoscalerV2(scope, id, {
    metadata: { name, labels },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [utilization('cpu', cpu), ...(memory === undefined ? [] : [utilization('memory', memory)])],
      behavior: { scaleDown: { stabilizationWindowSeconds: SECONDS_BEFORE_LESS } },
    },
  });
}

function utilization(name: 'cpu' | 'memory', averageUtilization: number): k8s.MetricSpecV2 {
  return { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } };
}
