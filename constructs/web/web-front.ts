import type { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { BoundCertificate } from '../certificate';
import type { IReachable } from '../endpoint';
import { ExposedPort } from '../exposure/exposed-port';
import { ExposedService } from '../exposure/exposed-service';
import { hostsOf } from '../exposure/exposure';
import type { ServicePort } from '../exposure/service-port';
import { servedCertificate, type TelegrafInput } from '../monitoring';
import type { Instance } from '../private/names';
import { http } from '../private/probe';
import type { Mount } from '../private/volume';
import type { Workload } from '../private/workload';
import type { WebProps } from '../web-props';
import { checkHsts, hstsFile, listenFiles, TLS_FOLDER } from './tls';

export interface WebFrontProps {
  readonly instance: Instance;
  /** The container's port. */
  readonly port: number;
  readonly web: WebProps;
  /** The host names and addresses by which browsers come, beside those of the exposure. */
  readonly hosts?: string[];
  /** Whether browsers come by TLS although it ends before the service. */
  readonly endsBefore?: boolean;
}

/** How a web service speaks to browsers: on one port, by TLS or by plain HTTP. */
export class WebFront {
  public readonly certificate?: BoundCertificate;

  constructor(
    private readonly scope: Construct,
    private readonly props: WebFrontProps,
  ) {
    const { instance, web, hosts = [], endsBefore = false } = props;
    this.certificate = web.certificate?._bind(scope, {
      instance,
      secretName: `${instance.name}-tls`,
      hosts: [...hostsOf(web.exposure), ...hosts],
    });
    checkHsts(scope, { ...web, speaksTls: endsBefore || this.certificate !== undefined });
  }

  /** The files of its nginx that say how the port speaks, and what browsers are told. */
  public get files(): { [file: string]: string } {
    return { ...listenFiles(this.props.port, this.certificate), ...hstsFile(this.props.web.hsts) };
  }

  public get mounts(): Mount[] {
    return this.certificate ? [this.certificate.at(TLS_FOLDER)] : [];
  }

  /** What Telegraf reads of it: when its certificate ends, where it has one. */
  public inputs(service: IReachable): TelegrafInput[] {
    return this.certificate ? [servedCertificate(service)] : [];
  }

  public probe(path: string): k8s.Probe {
    return http('http', path, this.certificate && 'HTTPS');
  }

  /** The Service before the pods, and the port of it on which browsers find them. */
  public expose(workload: Workload): ExposedPort {
    const { port } = this.props;
    const scheme = this.certificate ? 'https' : 'http';
    return this.exposePorts(workload, [{ name: 'http', port, target: port, scheme, certificate: this.certificate }]);
  }

  /** The same for a service with more than one port: `name` says which of them is for browsers. */
  public exposePorts(workload: Workload, ports: ServicePort[], name = 'http'): ExposedPort {
    const { instance, web } = this.props;
    const service = new ExposedService(this.scope, 'Service', { instance, workload, exposure: web.exposure, ports });
    return new ExposedPort(service, name);
  }
}
