import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/** What a container asks for and may use. Every field that is left out keeps the service's own default. */
export interface Resources {
  /**
   * Processor time asked for, in cores (0.1 is a tenth of one).
   * @default - the service's own, stated at its `resources` prop
   */
  readonly cpu?: number;

  /**
   * Processor time that is never exceeded, in cores.
   * @default - ten times what is asked for, or one core if that is more
   */
  readonly cpuLimit?: number;

  /**
   * Memory asked for.
   * @default - the service's own, stated at its `resources` prop
   */
  readonly memory?: Size;

  /**
   * Memory above which the container is killed.
   * @default - twice what is asked for
   */
  readonly memoryLimit?: Size;

  /**
   * Room on the node's disk for logs and temporary files, asked for and limit alike.
   * @default Size.mebibytes(256)
   */
  readonly ephemeralStorage?: Size;
}

export interface ResourceDefaults extends Resources {
  readonly cpu: number;
  readonly memory: Size;
}

/** The Kubernetes form of `resources` over a service's `defaults`. */
export function requirements(defaults: ResourceDefaults, resources: Resources = {}): k8s.ResourceRequirements {
  const cpu = resources.cpu ?? defaults.cpu;
  const memory = (resources.memory ?? defaults.memory).toMebibytes();
  const disk = mebibytes(
    (resources.ephemeralStorage ?? defaults.ephemeralStorage ?? Size.mebibytes(256)).toMebibytes(),
  );
  const cpuLimit = resources.cpuLimit ?? Math.max(cpu * 10, 1);
  const memoryLimit = resources.memoryLimit?.toMebibytes() ?? memory * 2;
  return {
    requests: { cpu: millis(cpu), memory: mebibytes(memory), 'ephemeral-storage': disk },
    limits: { cpu: millis(cpuLimit), memory: mebibytes(memoryLimit), 'ephemeral-storage': disk },
  };
}

function millis(cores: number): k8s.Quantity {
  return k8s.Quantity.fromString(`${Math.round(cores * 1000)}m`);
}

function mebibytes(amount: number): k8s.Quantity {
  return k8s.Quantity.fromString(`${amount}Mi`);
}
