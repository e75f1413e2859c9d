import type { Autoscaling } from './autoscaling';

/** How many pods a service has. More than one needs a volume that many nodes can mount, where it keeps files on one. */
export interface ScalableProps {
  /**
   * How many pods serve.
   * @default 1
   */
  readonly replicas?: number;

  /**
   * A number of pods that follows the load, in place of `replicas`.
   * @default - always as many as `replicas`
   */
  readonly autoscaling?: Autoscaling;
}
