import type { Pem } from './generate';
import type { SecretValue } from './secret-source';

/** What the Secrets of an app hold. A Secret is called by its entry: its namespace, where that is known, and its name. */
export interface SecretValues {
  /**
   * The value of one key.
   *
   * @throws If it cannot be made of what is kept.
   */
  value(entry: string, key: string, wanted: SecretValue): string;

  /**
   * The files of a certificate: `tls.crt`, `tls.key` and `ca.crt`.
   *
   * @throws If it cannot be made.
   */
  certificate(entry: string, names: readonly string[]): Pem;

  /** What keeps the app from being written. Nothing is changed by asking. */
  mistakes(): string[];

  /**
   * Keeps what was made, if that is not done yet. Nothing that holds a value is written before.
   *
   * @throws If it cannot be kept.
   */
  keep(): void;
}

/** The name of a Secret, from its entry. */
export function secretName(entry: string): string {
  return entry.replace(/^.*\//, '');
}
