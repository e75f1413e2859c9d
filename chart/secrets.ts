import type { Construct, IConstruct } from 'constructs';
import { CredentialsFile } from '../constructs';
import type { Fields, Node } from './nodes';

type Request = Parameters<CredentialsFile['_secret']>[1];
type CertificateRequest = Parameters<CredentialsFile['_certificate']>[1];

/** Takes down which Secrets the services want, and makes none: that is done by Helm, at the installation. */
export class WantedSecrets extends CredentialsFile {
  /** By name: labels and values, or the names that a certificate is for. */
  public readonly wanted = new Map<string, Fields>();

  public constructor(scope: Construct, id: string) {
    super(scope, id, { path: 'no-credentials-in-a-chart' });
  }

  /** @internal */
  public override _secret(_scope: IConstruct, { name, labels, values }: Request): { [key: string]: string } {
    this.wanted.set(name, { labels: { ...labels }, values: { ...values } as unknown as Node });
    return {};
  }

  /** @internal */
  public override _certificate(
    _scope: IConstruct,
    { name, labels, names }: CertificateRequest,
  ): { [key: string]: string } {
    this.wanted.set(name, { labels: { ...labels }, names });
    return {};
  }
}
