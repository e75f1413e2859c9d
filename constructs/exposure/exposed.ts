import type { IReachable } from '../endpoint';
import type { ExposedPort } from './exposed-port';

/** A web service whose place outside the cluster is known, so that others can send browsers there. */
export interface IExposed extends IReachable {
  /**
   * Where browsers find it.
   * @internal
   */
  readonly _exposed: ExposedPort;
}
