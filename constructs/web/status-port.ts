import { Construct } from 'constructs';
import type { Endpoint, IReachable } from '../endpoint';
import { ExposedService } from '../exposure/exposed-service';
import { TelegrafInput } from '../monitoring';
import type { Instance } from '../private/names';
import type { Workload } from '../private/workload';

/**
 * The port with the figures of a service. Only a Telegraf that watches the service can connect to it; without one it
 * has no Service.
 */
export class StatusPort extends Construct implements IReachable {
  public static readonly NUMBER = 8081;

  private service?: ExposedService;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: { readonly instance: Instance; readonly workload: Workload },
  ) {
    super(scope, id);
  }

  public get endpoint(): Endpoint {
    this.service ??= new ExposedService(this, 'Service', {
      instance: { ...this.props.instance, name: `${this.props.instance.name}-status` },
      workload: this.props.workload,
      ports: [{ name: 'status', port: StatusPort.NUMBER, target: StatusPort.NUMBER }],
    });
    return this.service.endpoint('status');
  }

  public nginx(): TelegrafInput {
    const urls = ['http://${host}:${port}/nginx-status'];
    return new TelegrafInput({ plugin: 'nginx', options: { urls }, endpoint: this });
  }

  public phpFpm(): TelegrafInput {
    const urls = ['http://${host}:${port}/fpm-status'];
    return new TelegrafInput({ plugin: 'phpfpm', options: { urls, timeout: '5s' }, endpoint: this });
  }

  /** Figures in InfluxDB's line protocol. */
  public figures(): TelegrafInput {
    const urls = ['http://${host}:${port}/'];
    return new TelegrafInput({
      plugin: 'http',
      options: { urls, data_format: 'influx', tagexclude: ['url'] },
      endpoint: this,
    });
  }
}
