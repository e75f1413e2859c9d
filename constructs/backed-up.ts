import type { Endpoint } from './endpoint';
import type { Instance } from './private/names';
import type { ContainerProps } from './private/pod';
import type { Mount } from './private/volume';
import type { ResourceDefaults } from './resources';

/** A service whose data can be backed up: it declares beside itself how that is taken, looked into and brought back. */
export interface IBackedUp {
  /** How its data is taken and brought back. */
  backup(): BackedUp;
}

/** What is done with a service's image: `backup dump`, `backup verify` or `backup restore`. */
export type BackupStep = 'dump' | 'verify' | 'restore';

export interface BackedUpProps {
  readonly instance: Instance;
  /** The service's image. Its program `backup` dumps the data to /workspace/data, verifies a dump, or restores it. */
  readonly image: ContainerProps['image'];
  readonly resources: ResourceDefaults;
  readonly mounts: (step: BackupStep) => Mount[];
  /** Where to ask for the data, if it is not on a volume. */
  readonly endpoint?: Endpoint;
  /** The data is on a volume that one node mounts. */
  readonly onItsNode?: boolean;
}

/** How a service's data is taken and brought back. */
export class BackedUp {
  /** @internal */
  public static _by(props: BackedUpProps): BackedUp {
    return new BackedUp(props);
  }

  private constructor(
    /** @internal */
    public readonly _props: BackedUpProps,
  ) {}
}
