import type { InitContainer, Sidecar } from './extra-containers';
import type { Resources } from './resources';

/** What every service can be told about its pods. */
export interface ServiceProps {
  /**
   * An image to run in place of this package's own. It must keep the same contract: user, ports, paths and entrypoint
   * arguments as in this package's `dockerfiles` folder.
   * @default - the service's image, from where `Images` says
   */
  readonly image?: string;

  /**
   * What its main container asks for and may use.
   * @default - sized for a small site on a two-core node, as measured in `bench/README.md`
   */
  readonly resources?: Resources;

  /**
   * Containers of your own that run in this order before the service starts, after its own ones.
   * @default - none
   */
  readonly initContainers?: InitContainer[];

  /**
   * Containers of your own that run beside the service.
   * @default - none
   */
  readonly sidecars?: Sidecar[];
}
