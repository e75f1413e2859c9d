import type { Duration } from 'cdk8s';
import type { Certificate } from './certificate';
import type { Exposure } from './exposure/exposure';
import type { ServiceProps } from './service-props';

/** What every web service can be told of how browsers reach it. */
export interface WebProps extends ServiceProps {
  /**
   * The certificate with which the service itself speaks TLS. Grafana's port then refuses plain HTTP; the others redirect it.
   * @default - `Certificate.selfSigned()` for `Nginx`; plain HTTP for the others, whose TLS ends at an ingress, or at a proxy
   */
  readonly certificate?: Certificate;

  /**
   * For how long browsers shall use TLS only: the `max-age` of the header `Strict-Transport-Security` (HSTS). It holds for all
   * ports of the host name, and browsers keep it until that time is over or the service sends `Duration.seconds(0)`. They
   * ignore it where they come by an address instead of a host name.
   * @default - no such header
   */
  readonly hsts?: Duration;

  /**
   * How the service is reached from outside the cluster, on the ports that its class names.
   * @default Exposure.clusterIp()
   */
  readonly exposure?: Exposure;
}
