import type { IConstruct } from 'constructs';

/** What a generated Secret holds under one key; what is lasting is read once, so that no rotation changes it. */
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
  /** What the certificate is for. */
  readonly names: string[];
}

/** What writes the Secrets of all services of an app; each method returns what the Secret holds. */
export interface SecretSource {
  _secret(scope: IConstruct, request: GeneratedRequest): { [key: string]: string };
  _certificate(scope: IConstruct, request: CertificateRequest): { [key: string]: string };
}

const TYPE = Symbol.for('cdk8s-services.CredentialsFile');
/** Apps whose services were added without, or before, a source of Secrets. */
const askedInVain = new WeakSet<IConstruct>();

/** Makes a child of an app the source of its Secrets. */
export function markSecretSource(source: SecretSource & IConstruct): void {
  Object.defineProperty(source, TYPE, { value: true });
}

/** The source of the app that a construct belongs to, if it has one. */
export function secretSourceOf(scope: IConstruct): SecretSource | undefined {
  const { root } = scope.node;
  const source = root.node.children.find((child) => TYPE in child);
  if (!source) {
    askedInVain.add(root);
  }
  return source as (SecretSource & IConstruct) | undefined;
}

/** Whether a service of this app has wanted a Secret before there was a source. */
export function wantedSecretsBefore(app: IConstruct): boolean {
  return askedInVain.has(app);
}
