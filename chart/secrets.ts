import { Construct } from 'constructs';
import {
  type CertificateRequest,
  type GeneratedRequest,
  offerSecrets,
  type SecretSource,
} from '../constructs/private/secret-source';
import type { Fields, Node } from './nodes';

/** Takes down which Secrets the services want, and makes none: that is done by Helm, at the installation. */
export class WantedSecrets extends Construct implements SecretSource {
  /** By name: labels and values, or the names that a certificate is for. */
  public readonly wanted = new Map<string, Fields>();

  public constructor(app: Construct, id: string) {
    super(app, id);
    offerSecrets(this, () => this);
  }

  public secret(_scope: Construct, { name, labels, values }: GeneratedRequest): { [key: string]: string } {
    this.wanted.set(name, { labels: { ...labels }, values: { ...values } as unknown as Node });
    return {};
  }

  public certificate(_scope: Construct, { name, labels, names }: CertificateRequest): void {
    this.wanted.set(name, { labels: { ...labels }, names });
  }
}
