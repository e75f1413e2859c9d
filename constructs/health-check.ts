import { k8s } from 'cdk8s-plus-28';

/** A question that the node asks a container, again and again. */
export class HealthCheck {
  /**
   * Whether a port takes connections.
   *
   * @param port The port's number.
   */
  public static tcp(port: number): HealthCheck {
    return new HealthCheck({ tcpSocket: { port: k8s.IntOrString.fromNumber(port) }, timeoutSeconds: 3 });
  }

  /**
   * Whether an HTTP request is answered with a status from 200 to 399.
   *
   * @param port The port's number.
   * @param path What is asked for, such as `/healthz`.
   */
  public static http(port: number, path: string): HealthCheck {
    return new HealthCheck({ httpGet: { port: k8s.IntOrString.fromNumber(port), path }, timeoutSeconds: 5 });
  }

  /**
   * Whether a command inside the container ends with 0.
   *
   * @param words The command and its arguments. No shell reads them.
   */
  public static command(...words: string[]): HealthCheck {
    return new HealthCheck({ exec: { command: words }, timeoutSeconds: 5 });
  }

  private constructor(
    /** @internal */
    public readonly _probe: k8s.Probe,
  ) {}
}
