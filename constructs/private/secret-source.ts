import type { IConstruct } from 'constructs';

/** What a generated Secret holds under one key. A lasting value is read once, by a first start: no rotation changes it. */
export type SecretValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'password'; readonly lasting?: boolean }
  | { readonly kind: 'ssh-private-key'; readonly lasting?: boolean }
  | { readonly kind: 'ssh-public-key'; readonly of: string };

export const PASSWORD: SecretValue = { kind: 'password' };
export const LASTING_PASSWORD: SecretValue = { kind: 'password', lasting: true };
export const text = (value: string): SecretValue => ({ kind: 'text', text: value });

export interface SecretRequest {
  readonly name: string;
  readonly namespace?: string;
  /** The Secret that this one repeats, for pods of another namespace. */
  readonly copyOf?: { readonly name: string; readonly namespace?: string };
  readonly labels: { readonly [label: string]: string };
}

export interface GeneratedRequest extends SecretRequest {
  readonly values: { readonly [key: string]: SecretValue };
}

export interface CertificateRequest extends SecretRequest {
  /** The host names and addresses that the certificate is for. */
  readonly names: string[];
}

/** Where the Secrets of an app come from. The services of the app ask it; they know no more of it than this. */
export interface SecretSource {
  /** Has a Secret with generated values, and returns these. */
  secret(scope: IConstruct, request: GeneratedRequest): { [key: string]: string };
  /** Has a Secret with a certificate that the app's own authority signs. */
  certificate(scope: IConstruct, request: CertificateRequest): void;
}

/** Under this symbol a child of an app offers its source. A symbol, as the constructs of a bundle are other classes. */
const SOURCE = Symbol.for('cdk8s-services.SecretSource');
/** Apps whose services were added without, or before, a source of Secrets. */
const askedInVain = new WeakSet<IConstruct>();

interface Offering {
  readonly [SOURCE]: SecretSource;
}

/** Offers a source to the app of which `child` is a child; it is made when the first Secret is asked for. */
export function offerSecrets(child: IConstruct, source: () => SecretSource): void {
  Object.defineProperty(child, SOURCE, { get: source });
}

/** The child of an app that offers Secrets, if there is one. */
export function secretOffererOf(scope: IConstruct): IConstruct | undefined {
  return scope.node.root.node.children.find((child) => SOURCE in child);
}

/** The source of the app that a construct belongs to, if it has one. */
export function secretSourceOf(scope: IConstruct): SecretSource | undefined {
  const offerer = secretOffererOf(scope);
  if (!offerer) {
    askedInVain.add(scope.node.root);
  }
  return (offerer as unknown as Offering | undefined)?.[SOURCE];
}

/** Whether a service of this app has wanted a Secret before there was a source. */
export function wantedSecretsBefore(app: IConstruct): boolean {
  return askedInVain.has(app);
}
