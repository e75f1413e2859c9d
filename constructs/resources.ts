import { Size } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { IConstruct } from 'constructs';
import { mebibytes } from './manifest/mebibytes';
import { coresQuantity, mebibytesQuantity } from './manifest/quantity';
import { problem } from './private/problems';
import { Where } from './private/where';

/** What a container asks for and may use. Every field that is left out keeps the service's own default. */
export interface Resources {
  /**
   * How many times the service's own amounts of processor and memory, where they are not stated below. What a service
   * sets itself, such as MySQL's buffers, stays as it is: see its `settings`.
   * @default 1
   */
  readonly times?: number;

  /**
   * Processor time asked for, in cores (0.1 is a tenth of one).
   * @default - the service's own: a share for where processors are short, which a busy pod exceeds (see `bench/README.md`)
   */
  readonly cpu?: number;

  /**
   * Processor time that is never exceeded, in cores.
   * @default - ten times what is asked for, or one core if that is more
   */
  readonly cpuLimit?: number;

  /**
   * Memory asked for.
   * @default - the service's own, a fifth or more above what it uses under the load of `bench/README.md`
   */
  readonly memory?: Size;

  /**
   * Memory above which the container is killed.
   * @default - twice what is asked for, or the service's own if neither is given
   */
  readonly memoryLimit?: Size;

  /**
   * Room on the node's disk for logs and temporary files, asked for and limit alike.
   * @default Size.mebibytes(256)
   */
  readonly ephemeralStorage?: Size;
}

/** The highest multiple: larger amounts are stated by themselves. */
const MOST_TIMES = 64;

/** Named sizes of a service, as multiples of what was measured for a small site (`bench/README.md`). */
export class Sizes {
  /** The service's own: what a small site on a two-core node needs. */
  public static small(): Resources {
    return { times: 1 };
  }

  /** Twice that. */
  public static medium(): Resources {
    return { times: 2 };
  }

  /** Four times that. */
  public static large(): Resources {
    return { times: 4 };
  }

  private constructor() {}
}

export interface ResourceDefaults extends Resources {
  readonly cpu: number;
  readonly memory: Size;
}

/** The Kubernetes form of `resources` over a service's `defaults`. */
export function requirements(
  scope: IConstruct,
  defaults: ResourceDefaults,
  resources: Resources = {},
  where = new Where('resources'),
): k8s.ResourceRequirements {
  const { times = 1 } = resources;
  const cpu = resources.cpu ?? defaults.cpu * times;
  const cpuLimit = resources.cpuLimit ?? Math.max(cpu * 10, 1);
  const memory = resources.memory ? mebibytes(resources.memory) : Math.ceil(mebibytes(defaults.memory) * times);
  const ownLimit = resources.memory || !defaults.memoryLimit ? memory * 2 : mebibytes(defaults.memoryLimit) * times;
  const memoryLimit = resources.memoryLimit ? mebibytes(resources.memoryLimit) : Math.ceil(ownLimit);
  const disk = mebibytes(resources.ephemeralStorage ?? defaults.ephemeralStorage ?? Size.mebibytes(256));
  if (!(times > 0 && times <= MOST_TIMES)) {
    problem(scope, `${where} has times ${times}; use a number above 0, ${MOST_TIMES} at most`);
    return requirements(scope, defaults);
  }
  if (!(Number.isFinite(cpu) && Number.isFinite(cpuLimit))) {
    problem(scope, `${where} has cpu ${cpu} and cpuLimit ${cpuLimit}; use numbers of cores`);
  } else if (!(cpu >= 0.001 && cpuLimit >= cpu)) {
    problem(scope, `${where} has cpu ${cpu} and cpuLimit ${cpuLimit}; use 0.001 or more, and a limit that is no less`);
  }
  if (!(memory >= 1 && memoryLimit >= memory)) {
    problem(
      scope,
      `${where} has memory ${memory} MiB and memoryLimit ${memoryLimit} MiB; use 1 MiB or more, and a limit that is no less`,
    );
  }
  if (!(disk >= 1)) {
    problem(scope, `${where} has ephemeralStorage ${disk} MiB; use 1 MiB or more`);
  }
  const quantities = (cores: number, memory: number) => ({
    cpu: coresQuantity(cores),
    memory: mebibytesQuantity(memory),
    'ephemeral-storage': mebibytesQuantity(disk),
  });
  return { requests: quantities(cpu, memory), limits: quantities(cpuLimit, memoryLimit) };
}
