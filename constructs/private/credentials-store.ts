import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

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

/**
 * A file of credentials, which is read when the first of them is asked for. A file that cannot be read, or that another
 * program has written meanwhile, is never written over.
 */
export class CredentialsStore {
  public readonly path: string;
  /** What was in it when it was read. */
  private original?: string;
  private content?: { readonly entries: Entries; readonly mistake?: string };

  constructor(path: string) {
    this.path = existsSync(path) ? realpathSync(path) : path;
  }

  public get exists(): boolean {
    return existsSync(this.path);
  }

  public get entries(): Entries {
    this.content ??= this.read();
    return this.content.entries;
  }

  /** Why the file cannot be used, if it can't. */
  public get mistake(): string | undefined {
    this.content ??= this.read();
    const reason = this.content.mistake;
    return (
      reason &&
      `'path' is ${this.path}, which cannot be used (${reason}); restore it from a copy, or move it away to have every ` +
        'credential made anew; it was not written over'
    );
  }

  /** Why the file cannot be written now, if it can't. This only looks: the file stays as it is. */
  public obstacle(): string | undefined {
    if (this.text() !== this.original) {
      return this.changedMeanwhile;
    }
    try {
      accessSync(dirname(this.path), constants.W_OK);
      return undefined;
    } catch (error) {
      return this.notWritten(error);
    }
  }

  /**
   * Writes the whole text or nothing, whenever the program or the machine stops.
   *
   * @returns Whether the entries are kept now.
   * @throws If another program has written the file since it was read, as what that made would be lost; or if the file
   * cannot be written.
   */
  public write(): boolean {
    try {
      this.replace();
    } catch (error) {
      throw error instanceof ChangedMeanwhile ? error : new Error(this.notWritten(error));
    }
    return true;
  }

  private replace(): void {
    const temporary = `${this.path}.${process.pid}.tmp`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, `${JSON.stringify(this.entries, undefined, 2)}\n`);
      fsyncSync(file);
      if (this.text() !== this.original) {
        throw new ChangedMeanwhile(this.changedMeanwhile);
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

  private get changedMeanwhile(): string {
    return `'path' is ${this.path}, which another program has written meanwhile; run this one again`;
  }

  private notWritten(error: unknown): string {
    const reason = (error as Error).message;
    return `'path' is ${this.path}, which cannot be written (${reason}); make its folder writable, or choose another`;
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

/** The same file for an app that is only looked at: nothing is written. */
export class PreviewedStore extends CredentialsStore {
  public override obstacle(): undefined {
    return undefined;
  }

  public override write(): boolean {
    return false;
  }
}

/** Two programs have made credentials at once. */
class ChangedMeanwhile extends Error {}

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
