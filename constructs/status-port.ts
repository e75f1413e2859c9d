import { Construct } from 'constructs';
import type { Endpoint, IReachable } from './endpoint';
import { ExposedService } from './exposure';
import { TelegrafInput } from './monitoring';
import type { Instance } from './names';
import type { Workload } from './workload';

/** Where nginx tells of itself, and of PHP behind it. Nobody but a watching Telegraf is let in. */
const PORT = 8081;

/** The status port of a web service; its Service is there only if somebody watches. */
export class StatusPort extends Construct implements IReachable {
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
      ports: [{ name: 'status', port: PORT, target: PORT }],
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
}
