import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, randomInt } from 'node:crypto';
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
import { join, resolve } from 'node:path';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct, IConstruct } from 'constructs';
import { PACKAGE_ROOT } from './asset';
import type { SecretValue } from './credentials';
import { problem } from './problems';

const DEFAULT_PATH = '.credentials.json';
/**
 * The entry of the authority that signs the app's certificates. Its key is never put into the cluster, and no Secret's
 * name begins with a dot.
 */
const AUTHORITY = '.authority';
/** Apps whose services were added without, or before, a credentials file. */
const askedInVain = new WeakSet<IConstruct>();
const TYPE = Symbol.for('cdk8s-services.CredentialsFile');

/** Where the generated credentials of an app are kept. */
export interface CredentialsFileProps {
  /**
   * The file, relative to the folder in which the app runs. Keep it out of git.
   * @default '.credentials.json'
   */
  readonly path?: string;
}

interface Entries {
  [secret: string]: { [key: string]: string };
}

interface SecretRequest {
  readonly name: string;
  readonly namespace?: string;
  /** The Secret that this one repeats, for pods of another namespace. */
  readonly copyOf?: { readonly name: string; readonly namespace?: string };
  readonly labels: { readonly [label: string]: string };
}

/**
 * The chart with the Secrets of all services of an app, and the file that keeps their random values.
 *
 * A value that the file lacks (a password, a key, a certificate) is made once, and the file is written with mode 0600
 * before the app is synthesized. From then on synth is a function of the program and of that file: the same input
 * gives the same bytes. A file that can't be read is reported and never written over.
 *
 * Add it to the app before the services. Its YAML is the only one with secret values in it.
 */
export class CredentialsFile extends Chart {
  /**
   * Secrets with fixed, worthless values: for snapshot tests, and for reviews of what an app would apply.
   *
   * @param scope The app.
   * @param id The chart's id.
   */
  public static placeholders(scope: Construct, id: string): CredentialsFile {
    const file = new CredentialsFile(scope, id);
    file.kept = {};
    file.placeholder = true;
    return file;
  }

  /**
   * The file of the app that a construct belongs to, if it has one.
   * @internal
   */
  public static _of(scope: IConstruct): CredentialsFile | undefined {
    const { root } = scope.node;
    const file = root.node.children.find((child) => TYPE in child) as CredentialsFile | undefined;
    if (!file) {
      askedInVain.add(root);
    }
    return file;
  }

  private readonly path: string;
  private readonly problems: string[] = [];
  private placeholder = false;
  private made = 0;
  private kept?: Entries;
  /** The entry behind each Secret: a copy may be asked for again, another Secret of its name may not. */
  private readonly origins = new Map<string, object>();

  public constructor(scope: Construct, id: string, props: CredentialsFileProps = {}) {
    super(scope, id);
    Object.defineProperty(this, TYPE, { value: true });
    const path = resolve(props.path ?? DEFAULT_PATH);
    this.path = existsSync(path) ? realpathSync(path) : path;
    this.node.addValidation({ validate: () => this.save() });
    if (askedInVain.has(scope.node.root)) {
      problem(
        this,
        'some services came before their credentials file and got no Secrets; add the file to the app first',
      );
    }
    if (scope !== scope.node.root) {
      problem(
        this,
        'a credentials file belongs to the whole app, but its scope is a part of it; pass the app as scope',
      );
    } else if (CredentialsFile._of(this) !== this) {
      problem(this, 'the app has a credentials file already; remove one of them');
    }
  }

  /**
   * Adds a Secret whose random values come from the file, and returns its values.
   * @internal
   */
  public _secret(
    scope: IConstruct,
    request: SecretRequest & { readonly values: { readonly [key: string]: SecretValue } },
  ): { [key: string]: string } {
    const entry = this.entry(request);
    const data: { [key: string]: string } = {};
    for (const [key, value] of Object.entries(request.values)) {
      data[key] = this.valueFor(scope, (request.copyOf ?? request).name, key, value, entry);
    }
    this.write(scope, request, 'Opaque', data);
    return data;
  }

  /**
   * Adds the Secret of a certificate for `names`, signed by the app's authority.
   * @internal
   */
  public _certificate(
    scope: IConstruct,
    request: SecretRequest & { readonly names: string[] },
  ): { [key: string]: string } {
    const entry = this.entry(request);
    const names = request.names.join(' ');
    if (this.placeholder) {
      Object.assign(entry, placeholderCertificate(request.name));
    } else if (entry.names !== names) {
      Object.assign(
        entry,
        this.attempt(scope, () => this.issue(request.names)) ?? placeholderCertificate(request.name),
      );
      entry.names = names;
      this.made++;
    }
    const data = {
      'tls.crt': entry['tls.crt'] ?? '',
      'tls.key': entry['tls.key'] ?? '',
      'ca.crt': entry['ca.crt'] ?? '',
    };
    this.write(scope, request, 'kubernetes.io/tls', data);
    return data;
  }

  private entry(request: SecretRequest): { [key: string]: string } {
    const { name, namespace } = request.copyOf ?? request;
    const key = namespace ? `${namespace}/${name}` : name;
    this.content[key] ??= {};
    return this.content[key];
  }

  /** Only what is random is kept in the file; the rest follows from the program and from what is kept. */
  private valueFor(
    scope: IConstruct,
    secret: string,
    key: string,
    value: SecretValue,
    entry: { [key: string]: string },
  ): string {
    if (value.kind === 'text') {
      return value.text;
    }
    if (this.placeholder) {
      return `placeholder of ${secret} ${key}`;
    }
    if (value.kind === 'ssh-public-key') {
      return this.attempt(scope, () => sshPublicKey(entry[value.of] ?? '')) ?? '';
    }
    if (entry[key] === undefined) {
      entry[key] = value.kind === 'password' ? password() : sshPrivateKey();
      this.made++;
    }
    return entry[key];
  }

  /** What `make` makes of what is kept; its failure is reported with the app's other mistakes, and nothing is kept. */
  private attempt<T>(scope: IConstruct, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      const known = error instanceof MissingCommand;
      const reason = (error as Error).message;
      problem(
        scope,
        known ? reason : `${this.path} holds a key that cannot be used (${reason}); restore it from a copy`,
      );
      this.placeholder = true;
      return undefined;
    }
  }

  /** A certificate comes from the command line of this package, which brings a library for X.509. */
  private issue(names: string[]): { [key: string]: string } {
    const command = join(PACKAGE_ROOT, 'lib', 'cli.js');
    if (!existsSync(command)) {
      throw new MissingCommand(`${command} makes certificates and is not there; run: npm run build:cli`);
    }
    const input = JSON.stringify({ authority: this.content[AUTHORITY], names });
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'certificate'], {
      input,
      encoding: 'utf8',
    });
    if (status !== 0) {
      throw new Error(`cannot make a certificate for ${names.join(', ')}: ${stderr.trim()}`);
    }
    const made = JSON.parse(stdout);
    this.content[AUTHORITY] = made.authority;
    return made.certificate;
  }

  private write(scope: IConstruct, request: SecretRequest, type: string, data: { [key: string]: string }): void {
    const id = `${request.namespace ?? Chart.of(scope).node.path}/${request.name}`.replaceAll('/', '--');
    const origin = this.entry(request);
    if (this.node.tryFindChild(id)) {
      if (!request.copyOf || this.origins.get(id) !== origin) {
        problem(scope, `its Secret '${request.name}' is another service's already; rename one of the two`);
      }
      return;
    }
    this.origins.set(id, origin);
    const base64 = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    new k8s.KubeSecret(this, id, {
      metadata: { name: request.name, namespace: request.namespace, labels: request.labels },
      type,
      data: Object.fromEntries(base64),
    });
  }

  private get content(): Entries {
    this.kept ??= this.read();
    return this.kept;
  }

  private read(): Entries {
    if (!existsSync(this.path)) {
      return {};
    }
    try {
      return checked(parse(readFileSync(this.path, 'utf8')));
    } catch (error) {
      const reason = (error as Error).message;
      this.problems.push(
        `'path' is ${this.path}, which cannot be used (${reason}); restore it from a copy, or move it away to have ` +
          'every credential made anew; it was not written over',
      );
      this.placeholder = true;
      return {};
    }
  }

  /** Validation is the last moment before synth, and runs once the whole app is known. */
  private save(): string[] {
    if (this.content && (this.problems.length > 0 || this.made === 0 || this.placeholder)) {
      return this.problems;
    }
    try {
      writeWhole(this.path, `${JSON.stringify(this.content, undefined, 2)}\n`);
    } catch (error) {
      const reason = (error as Error).message;
      return [
        `'path' is ${this.path}, which cannot be written (${reason}); make its folder writable, or choose another`,
      ];
    }
    const made = this.made === 1 ? '1 credential' : `${this.made} credentials`;
    const note = `made ${made} in ${this.path} (mode 0600); keep the file, and keep it out of git`;
    process.stderr.write(`${note}\n`);
    this.made = 0;
    return [];
  }
}

class MissingCommand extends Error {}

/** The whole text or nothing, whenever the program or the machine stops. */
function writeWhole(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

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

/** 32 characters of 62, about 190 bits: no character that a shell, a URL or a configuration file would need quoted. */
function password(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

function sshPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }) as string;
}

/** The line of an authorized_keys file for a P-256 key, as in RFC 5656. */
function sshPublicKey(privateKey: string): string {
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x ?? '', 'base64url'), Buffer.from(y ?? '', 'base64url')]);
  const fields = [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point].flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `ecdsa-sha2-nistp256 ${Buffer.concat(fields).toString('base64')}\n`;
}

function placeholderCertificate(name: string): { [key: string]: string } {
  return Object.fromEntries(['tls.crt', 'tls.key', 'ca.crt'].map((key) => [key, `placeholder of ${name} ${key}`]));
}
