import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/**
 * The entry of the authority that signs the app's certificates. Its key is never put into the cluster, and no Secret's
 * name begins with a dot.
 */
export const AUTHORITY = '.authority';

/** What is kept of one Secret. */
export interface Entry {
  [key: string]: string;
}

export interface Entries {
  [secret: string]: Entry;
}

/** A file of credentials, which is read when the first is asked for. One that can't be read is never written over. */
export class CredentialsStore {
  public readonly path: string;
  /** What was in it when it was read. */
  private original?: string;
  private content?: { readonly entries: Entries; readonly mistake?: string };

  constructor(path: string) {
    this.path = existsSync(path) ? realpathSync(path) : path;
  }

  public get entries(): Entries {
    this.content ??= this.read();
    return this.content.entries;
  }

  /** Why the file cannot be used, if it can't. */
  public get mistake(): string | undefined {
    this.content ??= this.read();
    return this.content.mistake;
  }

  /**
   * The whole text or nothing, whenever the program or the machine stops.
   *
   * @throws If another program has written it since it was read: what that made would be lost.
   */
  public write(): void {
    const temporary = `${this.path}.${process.pid}.tmp`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, `${JSON.stringify(this.entries, undefined, 2)}\n`);
      fsyncSync(file);
      if (this.text() !== this.original) {
        throw new ChangedMeanwhile();
      }
      renameSync(temporary, this.path);
      this.original = this.text();
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }

  private text(): string | undefined {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8') : undefined;
  }

  private read(): { entries: Entries; mistake?: string } {
    try {
      this.original = this.text();
      return { entries: this.original === undefined ? {} : checked(parse(this.original)) };
    } catch (error) {
      return { entries: {}, mistake: (error as Error).message };
    }
  }
}

/** Two programs have made credentials at once. */
export class ChangedMeanwhile extends Error {}

/** The parser's own message would quote what it could not read. */
function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new Error('it is not JSON, or only the beginning of it');
  }
}

function checked(content: unknown): Entries {
  const isRecord = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isRecord(content)) {
    throw new Error('it is not a JSON object');
  }
  for (const [name, entry] of Object.entries(content)) {
    if (!isRecord(entry) || Object.values(entry).some((value) => typeof value !== 'string' || value === '')) {
      throw new Error(`its entry '${name}' is not an object of texts, none of them empty`);
    }
    if (name === AUTHORITY && !('ca.crt' in entry && 'ca.key' in entry)) {
      throw new Error(`its entry '${name}' lacks 'ca.crt' or 'ca.key'`);
    }
  }
  return content as Entries;
}
