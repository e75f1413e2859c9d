import type { Endpoint } from '../endpoint';
import type { ExposedService } from './exposed-service';
import type { OutsidePort } from './service-port';

/** The port of a Service on which browsers find what is behind it. */
export class ExposedPort {
  constructor(
    public readonly service: ExposedService,
    private readonly name: string,
  ) {}

  /** Where it is for services in the cluster. */
  public get endpoint(): Endpoint {
    return this.service.endpoint(this.name);
  }

  /** Where it is for browsers; empty where it is not exposed. */
  public get outside(): OutsidePort {
    return this.service.outside(this.name);
  }

  /** The same port of another Service. */
  public of(service: ExposedService): ExposedPort {
    return new ExposedPort(service, this.name);
  }
}
