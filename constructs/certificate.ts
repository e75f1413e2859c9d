import { isIP } from 'node:net';
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { CredentialsFile } from './credentials-file';
import { shortHash } from './hash';
import { checkReference, type Instance } from './names';
import { problem } from './problems';
import type { Mount } from './volume';

/** A certificate that cert-manager keeps valid. */
export interface CertManagerProps {
  /** The name of the issuer. */
  readonly issuer: string;

  /**
   * `Issuer` for one in the same namespace, `ClusterIssuer` for one of the whole cluster.
   * @default 'ClusterIssuer'
   */
  readonly issuerKind?: string;

  /**
   * The host names that the certificate is for, beside the host of an ingress.
   * @default - none
   */
  readonly names?: string[];
}

/** Who a self-signed certificate is for. */
export interface SelfSignedProps {
  /**
   * More host names and addresses, beside `localhost` and the service's names in the cluster.
   * @default - none
   */
  readonly names?: string[];
}

/** The TLS certificate of a service: a Secret with `tls.crt` and `tls.key`. */
export class Certificate {
  /**
   * A certificate signed by the app's own authority. Authority and certificate are made once and kept in the app's
   * `CredentialsFile`; people who trust the authority (`ca.crt` in the Secret) trust every service.
   *
   * @param props Further names.
   */
  public static selfSigned(props: SelfSignedProps = {}): Certificate {
    return new Certificate((scope, { instance, secretName, hosts = [] }) => {
      const names = [...hosts, ...serviceNames(instance), 'localhost', ...(props.names ?? [])];
      const { namespace, labels } = instance;
      const request = { name: secretName, namespace, labels, names: [...new Set(names)] };
      const data = CredentialsFile._of(scope)?._certificate(scope, request);
      return { secretName, contentHash: data && (() => shortHash(Object.values(data))) };
    });
  }

  /**
   * A Secret of type `kubernetes.io/tls` that exists, or that something else makes, in the service's namespace.
   *
   * @param secretName Its name.
   */
  public static fromSecret(secretName: string): Certificate {
    checkReference('Certificate.fromSecret', 'secretName', secretName);
    return new Certificate(() => ({ secretName }));
  }

  /**
   * A certificate from cert-manager, which must run in the cluster.
   *
   * @param props The issuer, and the names.
   */
  public static certManager(props: CertManagerProps): Certificate {
    return new Certificate((scope, holder) => {
      const { instance, secretName } = holder;
      const names = [...new Set([...(holder.hosts ?? []), ...(props.names ?? [])])];
      const hosts = names.filter((name) => !isIP(name));
      const addresses = names.filter((name) => isIP(name));
      if (names.length === 0) {
        problem(scope, "'certificate' is for no name, and cert-manager needs one; add 'names' to it");
      }
      new ApiObject(scope, 'Certificate', {
        apiVersion: 'cert-manager.io/v1',
        kind: 'Certificate',
        metadata: { name: secretName, labels: instance.labels },
        spec: {
          secretName,
          ...(hosts.length > 0 && { dnsNames: hosts }),
          ...(addresses.length > 0 && { ipAddresses: addresses }),
          issuerRef: { group: 'cert-manager.io', kind: props.issuerKind ?? 'ClusterIssuer', name: props.issuer },
        },
      });
      return { secretName };
    });
  }

  private constructor(private readonly resolve: (scope: Construct, holder: Holder) => Resolved) {}

  /**
   * The name of the Secret, once what makes it has been added to `scope`.
   * @internal
   */
  public _bind(scope: Construct, holder: Holder): BoundCertificate {
    return new BoundCertificate(this.resolve(scope, holder));
  }
}

/** Who presents the certificate. */
interface Holder {
  readonly instance: Instance;
  readonly secretName: string;
  /** Host names, beside those that the service has in the cluster. */
  readonly hosts?: string[];
}

interface Resolved {
  readonly secretName: string;
  readonly contentHash?: () => string;
}

/** The certificate of one service. */
export class BoundCertificate {
  public readonly secretName: string;

  constructor(private readonly resolved: Resolved) {
    this.secretName = resolved.secretName;
  }

  /** `tls.crt` and `tls.key` as files in the folder `path`. */
  public at(path: string): Mount {
    const items = ['tls.crt', 'tls.key'].map((key) => ({ key, path: key }));
    return {
      volume: {
        name: 'tls',
        source: { secret: { secretName: this.secretName, items, defaultMode: 0o440 } },
        contentHash: this.resolved.contentHash,
      },
      path,
    };
  }
}

function serviceNames({ name, namespace }: Instance): string[] {
  return namespace ? [name, `${name}.${namespace}`, `${name}.${namespace}.svc`] : [name];
}
