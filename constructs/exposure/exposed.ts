import type { IReachable } from '../endpoint';
import type { ExposedService } from './exposed-service';
import type { OutsidePort } from './service-port';

/** A web service whose place outside the cluster is known, so that others can send browsers there. */
export interface IExposed extends IReachable {
  /**
   * Where browsers find it.
   * @internal
   */
  readonly _outside: OutsidePort;

  /**
   * The Service that leads to it.
   * @internal
   */
  readonly _exposed: ExposedService;
}
