import { AUTHORITY, type CredentialsStore, type Entry } from './credentials-store';
import { certificate, MissingProgram, type Pem, password, sshPrivateKey, sshPublicKey } from './generate';
import { Renewal } from './renewal';
import type { SecretValue } from './secret-source';
import type { SecretValues } from './secret-values';

/** Random values: what a store lacks, or what is to be renewed, is made; the rest is what it has. */
export class GeneratedValues implements SecretValues {
  private readonly renewal = new Renewal();
  /** How many were made and are not kept yet. */
  private made = 0;
  /** Whether the authority has signed something in this run, and is to sign the rest. */
  private signed = false;

  constructor(private readonly store: CredentialsStore) {}

  /** Only what is random is kept in the store; the rest follows from the program and from what is kept. */
  public value(entry: string, key: string, wanted: SecretValue): string {
    switch (wanted.kind) {
      case 'text':
        return wanted.text;
      case 'ssh-public-key':
        return this.usingKeys(() => sshPublicKey(this.kept(entry)[wanted.of] ?? ''));
      default:
        return this.random(entry, key, wanted);
    }
  }

  public certificate(entry: string, names: readonly string[]): Pem {
    const kept = this.kept(entry);
    if (this.renewal.replaces(entry, 'tls.crt') || this.isOutdated(kept, names)) {
      const made = this.usingKeys(() => certificate(this.authority(), names));
      this.store.entries[AUTHORITY] = made.authority;
      this.signed = true;
      Object.assign(kept, made.certificate, { names: joined(names) });
      this.made++;
    }
    const { 'tls.crt': crt = '', 'tls.key': key = '', 'ca.crt': ca = '' } = kept;
    return { 'tls.crt': crt, 'tls.key': key, 'ca.crt': ca };
  }

  public mistakes(): string[] {
    const mistakes = this.renewal.mistakes();
    const obstacle = this.made > 0 && mistakes.length === 0 ? this.store.obstacle() : undefined;
    return obstacle === undefined ? mistakes : [obstacle];
  }

  public keep(): void {
    if (this.made > 0 && this.store.write()) {
      const made = this.made === 1 ? '1 credential' : `${this.made} credentials`;
      process.stderr.write(`made ${made} in ${this.store.path} (mode 0600); keep the file, and keep it out of git\n`);
      this.made = 0;
    }
  }

  private random(entry: string, key: string, { kind, lasting }: { kind: string; lasting?: boolean }): string {
    const kept = this.kept(entry);
    const replaced = !lasting && this.renewal.replaces(entry, key);
    const value = replaced ? undefined : kept[key];
    if (value !== undefined) {
      return value;
    }
    this.made++;
    const made = kind === 'password' ? password() : sshPrivateKey();
    kept[key] = made;
    return made;
  }

  /** The authority, unless it is about to expire. */
  private authority(): Entry | undefined {
    const kept = this.store.entries[AUTHORITY];
    return kept && !this.signed && this.renewal.expires(kept, 'ca.crt') ? undefined : kept;
  }

  /** Whether a certificate is for other names, of another authority, or expires soon. */
  private isOutdated(entry: Entry, names: readonly string[]): boolean {
    return (
      entry.names !== joined(names) ||
      entry['ca.crt'] !== this.authority()?.['ca.crt'] ||
      this.renewal.expires(entry, 'tls.crt')
    );
  }

  private kept(entry: string): Entry {
    const { entries } = this.store;
    entries[entry] ??= {};
    return entries[entry];
  }

  /** What `make` makes of the keys that are kept. */
  private usingKeys<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof MissingProgram) {
        throw error;
      }
      const reason = (error as Error).message;
      throw new Error(`${this.store.path} holds a key that cannot be used (${reason}); restore it from a copy`);
    }
  }
}

/** How the store notes what a certificate is for. */
function joined(names: readonly string[]): string {
  return names.join(' ');
}
