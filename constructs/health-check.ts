import type { k8s } from 'cdk8s-plus-28';
import { command, http, tcpSocket } from './private/probe';
import { isText } from './private/problems';

/** A question that the node asks a container, again and again. */
export class HealthCheck {
  /**
   * Whether a port takes connections.
   *
   * @param port The port's number.
   * @throws If it is not a whole number from 1 to 65535.
   */
  public static tcp(port: number): HealthCheck {
    checkPort('HealthCheck.tcp', port);
    return new HealthCheck(tcpSocket(port));
  }

  /**
   * Whether an HTTP request is answered with a status from 200 to 399.
   *
   * @param port The port's number.
   * @param path What is asked for, such as `/healthz`.
   * @throws If the port is not a whole number from 1 to 65535, or the path does not begin with a slash.
   */
  public static http(port: number, path: string): HealthCheck {
    checkPort('HealthCheck.http', port);
    if (!isText(/^\/\S*$/, path)) {
      throw new Error(`HealthCheck.http: 'path' is '${path}'; use one such as '/healthz'`);
    }
    return new HealthCheck(http(port, path));
  }

  /**
   * Whether a command inside the container ends with 0.
   *
   * @param words The command and its arguments. No shell reads them.
   * @throws If there is no command.
   */
  public static command(...words: string[]): HealthCheck {
    if (!words[0]) {
      throw new Error(
        "HealthCheck.command: 'words' is empty; name a command, such as HealthCheck.command('pgrep', 'agent')",
      );
    }
    return new HealthCheck(command(...words));
  }

  private constructor(
    /** @internal */
    public readonly _probe: k8s.Probe,
  ) {}
}

function checkPort(where: string, port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`${where}: 'port' is ${port}; use a whole number from 1 to 65535`);
  }
}
