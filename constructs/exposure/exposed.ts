import type { IReachable } from '../endpoint';
import type { ExposedService } from './exposed-service';

/** Where clients outside the cluster find one port. */
export interface OutsidePort {
  /** By host name, through an ingress controller or a gateway. */
  readonly url?: string;
  /** How its URLs begin. */
  readonly scheme?: string;
  /** At the load balancer's address. */
  readonly port?: number;
  /** At a node's address. */
  readonly nodePort?: number;
}

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
