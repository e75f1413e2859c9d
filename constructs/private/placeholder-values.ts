import type { Pem } from './generate';
import type { SecretValue } from './secret-source';
import { type SecretValues, secretName } from './secret-values';

/** Fixed, worthless values that name what they stand for. None is kept. */
export class PlaceholderValues implements SecretValues {
  /** @param reasons Why there are no others, where the app must not be written. */
  constructor(private readonly reasons: string[] = []) {}

  public value(entry: string, key: string, wanted: SecretValue): string {
    return wanted.kind === 'text' ? wanted.text : placeholder(entry, key);
  }

  public certificate(entry: string): Pem {
    return Object.fromEntries(['tls.crt', 'tls.key', 'ca.crt'].map((key) => [key, placeholder(entry, key)]));
  }

  public mistakes(): string[] {
    return this.reasons;
  }

  public keep(): void {}
}

function placeholder(entry: string, key: string): string {
  return `placeholder of ${secretName(entry)} ${key}`;
}
