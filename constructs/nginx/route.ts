import type { IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';

/** What nginx does with the requests below a path. */
export class Route {
  /**
   * Passes them on to a service, without the path, which the service is told in `X-Forwarded-Prefix`. The service need
   * not run yet when nginx starts.
   *
   * @param path Such as `/phpmyadmin`, or `/` for everything.
   * @param to A service, or `Endpoint.external(...)`. It is spoken to in plain HTTP, unless it is a service with a
   *   certificate: then by TLS, and its certificate must be of the authority that is `ca.crt` in its Secret.
   * @throws If `to` is missing.
   */
  public static proxy(path: string, to: IReachable): Route {
    return new Route(path, given('Route.proxy', to), undefined);
  }

  /**
   * Sends the browser to where the service is exposed, by a temporary redirect (307).
   *
   * @param path Such as `/wordpress`.
   * @param to A service with an exposure.
   * @throws If `to` is missing.
   */
  public static redirect(path: string, to: IExposed): Route {
    return new Route(path, undefined, given('Route.redirect', to));
  }

  private constructor(
    /** The path. */
    public readonly path: string,
    /** @internal */
    public readonly _proxied?: IReachable,
    /** @internal */
    public readonly _redirected?: IExposed,
  ) {}
}

function given<T>(where: string, to: T | undefined): T {
  if (to === undefined || to === null) {
    throw new Error(`${where}: 'to' is missing; pass the service that the path leads to`);
  }
  return to;
}
