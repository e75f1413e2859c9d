import { isIPv4, isIPv6 } from 'node:net';
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { checkReference, type Instance } from './private/names';
import { isText, problem } from './private/problems';
import { secretSourceOf } from './private/secret-source';
import type { Mount } from './private/volume';

/** A certificate that cert-manager keeps valid. */
export interface CertManagerProps {
  /** The name of the issuer. */
  readonly issuer: string;

  /**
   * `Issuer` for one in the same namespace, `ClusterIssuer` for one of the whole cluster, or a kind of the `issuerGroup`.
   * @default 'ClusterIssuer'
   */
  readonly issuerKind?: string;

  /**
   * The API group of an issuer that is not cert-manager's own, such as `awspca.cert-manager.io`. Its `issuerKind` is
   * needed then.
   * @default 'cert-manager.io'
   */
  readonly issuerGroup?: string;

  /**
   * The host names and addresses that the certificate is for, beside the host of an ingress.
   * @default - none
   */
  readonly names?: string[];

  /**
   * Whether the issuer puts its authority beside the certificate, as `ca.crt`: issuers of the types CA, SelfSigned and
   * Vault do, those of ACME, such as Let's Encrypt, do not. nginx mounts it, to verify the certificate of a service
   * that it proxies to.
   * @default false
   */
  readonly writesAuthority?: boolean;
}

/** Who a self-signed certificate is for. */
export interface SelfSignedProps {
  /**
   * More host names and addresses, beside `localhost` and the service's names in the cluster.
   * @default - none
   */
  readonly names?: string[];
}

/**
 * The TLS certificate of a service: a Secret with `tls.crt` and `tls.key`. When it is renewed, the pods that mount it take
 * it up within two minutes, without a restart.
 */
export class Certificate {
  /**
   * A certificate signed by the app's own authority. Authority and certificate are made once and kept in the app's
   * `CredentialsFile`; people who trust the authority (`ca.crt` in the Secret) trust every service. An app without such
   * a file expects the Secret, with `tls.crt`, `tls.key` and `ca.crt`.
   *
   * @param props Further names.
   * @throws If a name is neither a host name nor an address.
   */
  public static selfSigned(props: SelfSignedProps = {}): Certificate {
    checkNames('Certificate.selfSigned', props.names);
    return new Certificate((scope, { instance, secretName, hosts = [] }) => {
      const names = [...hosts, ...serviceNames(instance), 'localhost', ...(props.names ?? [])];
      const { namespace, labels } = instance;
      const request = { name: secretName, namespace, labels, names: [...new Set(names)] };
      secretSourceOf(scope)?.certificate(scope, request);
      return { secretName, names, authority: true };
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
   * The key is an ECDSA key on P-256, a new one with each certificate. How long one lasts is up to the issuer.
   *
   * @param props The issuer, and the names.
   * @throws If there can be no such issuer, or a name is neither a host name nor an address.
   */
  public static certManager(props: CertManagerProps): Certificate {
    const issuerRef = issuerOf(props);
    checkNames('Certificate.certManager', props.names);
    return new Certificate((scope, holder) => {
      const { instance, secretName } = holder;
      const names = [...new Set([...(holder.hosts ?? []), ...(props.names ?? [])])];
      const hosts = names.filter((name) => !isAddress(name));
      const addresses = names.filter(isAddress);
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
          issuerRef,
          // as self-signed ones are; what cert-manager does by default depends on its version, and lacks 'server auth',
          // without which Apple's systems refuse a certificate (https://support.apple.com/en-us/103769)
          privateKey: { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8', rotationPolicy: 'Always' },
          usages: ['digital signature', 'server auth'],
          revisionHistoryLimit: 1,
          secretTemplate: { labels: instance.labels },
        },
      });
      return { secretName, names: hosts, authority: props.writesAuthority };
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
  /** Whom it is for, where that is known. */
  readonly names?: string[];
  /** Whether the Secret is known to have its authority too, as `ca.crt`. */
  readonly authority?: boolean;
}

/** The certificate of one service. */
export class BoundCertificate {
  public readonly secretName: string;
  /** A host name that it is for, where one is known. */
  public readonly serverName?: string;
  /** Whether clients can verify it: its authority is in the Secret, and a host name of it is known. */
  public readonly canBeChecked: boolean;

  constructor({ secretName, names, authority = false }: Resolved) {
    this.secretName = secretName;
    this.serverName = names?.find((name) => !isAddress(name) && !name.includes('*'));
    this.canBeChecked = authority && this.serverName !== undefined;
  }

  /** `tls.crt` and `tls.key` as files in the folder `path`. A renewal restarts no pod: programs reload the files. */
  public at(path: string): Mount {
    return this.mount('tls', ['tls.crt', 'tls.key'], path);
  }

  /** `ca.crt` alone, for those who check the certificate, in the folder `path`. */
  public authorityAt(path: string, volumeName: string): Mount {
    return this.mount(volumeName, ['ca.crt'], path);
  }

  private mount(name: string, keys: string[], path: string): Mount {
    const items = keys.map((key) => ({ key, path: key }));
    return { volume: { name, source: { secret: { secretName: this.secretName, items, defaultMode: 0o440 } } }, path };
  }
}

function serviceNames({ name, namespace }: Instance): string[] {
  return namespace ? [name, `${name}.${namespace}`, `${name}.${namespace}.svc`] : [name];
}

const OWN_GROUP = 'cert-manager.io';
const OWN_KINDS = ['ClusterIssuer', 'Issuer'];
const API_GROUP = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/;
const HOST_NAME = /^(\*\.)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/i;
/** As in RFC 1035. */
const LONGEST_HOST_NAME = 253;

/** The `issuerRef` of a Certificate. It is checked here, as cert-manager would refuse it in the cluster only. */
function issuerOf({ issuer, issuerKind, issuerGroup = OWN_GROUP }: CertManagerProps): { [field: string]: string } {
  const where = 'Certificate.certManager';
  checkReference(where, 'issuer', issuer);
  if (!API_GROUP.test(issuerGroup)) {
    throw new Error(
      `${where}: 'issuerGroup' is '${issuerGroup}', which is no API group; use one such as 'awspca.cert-manager.io'`,
    );
  }
  const kind = issuerKind ?? (issuerGroup === OWN_GROUP ? 'ClusterIssuer' : undefined);
  if (kind === undefined) {
    throw new Error(`${where}: 'issuerGroup' is '${issuerGroup}' without an 'issuerKind'; add the kind of its issuer`);
  }
  if (issuerGroup === OWN_GROUP && !OWN_KINDS.includes(kind)) {
    throw new Error(
      `${where}: 'issuerKind' is '${kind}', but cert-manager has ${OWN_KINDS.join(' and ')}; use one of these, or add ` +
        "the 'issuerGroup' of that kind",
    );
  }
  if (!/^[A-Z][A-Za-z0-9]*$/.test(kind)) {
    throw new Error(`${where}: 'issuerKind' is '${kind}', which is no kind; use one such as 'AWSPCAClusterIssuer'`);
  }
  return { group: issuerGroup, kind, name: issuer };
}

function checkNames(where: string, names: string[] = []): void {
  const isName = (name: string) => isText(HOST_NAME, name) && name.length <= LONGEST_HOST_NAME;
  const wrong = names.findIndex((name) => !isName(name) && !isAddress(`${name}`));
  if (wrong !== -1) {
    throw new Error(
      `${where}: 'names' has '${names[wrong]}', which is no host name and no address; use such as 'blog.example.org', ` +
        "'*.example.org' or '192.0.2.7', without a scheme or a port",
    );
  }
}

/** The colon decides first: no host name has one, and to compile Node's expression for IPv6 takes 2 % of a synth. */
function isAddress(name: string): boolean {
  return name.includes(':') ? isIPv6(name) : isIPv4(name);
}
