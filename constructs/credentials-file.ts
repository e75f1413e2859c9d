import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct, IConstruct } from 'constructs';
import { AUTHORITY, ChangedMeanwhile, CredentialsStore, type Entry } from './private/credentials-store';
import { certificate, MissingCommand, password, sshPrivateKey, sshPublicKey } from './private/generate';
import { problem } from './private/problems';
import { Renewal, withoutNamespace } from './private/renewal';
import {
  type CertificateRequest,
  type GeneratedRequest,
  markSecretSource,
  type SecretRequest,
  type SecretValue,
  secretSourceOf,
  wantedSecretsBefore,
} from './private/secret-source';

const DEFAULT_PATH = '.credentials.json';
/** The variable with which the command line looks at an app: nothing that it makes is kept. */
const PREVIEW = 'CDK8S_SERVICES_PREVIEW';

/** Where the generated credentials of an app are kept. */
export interface CredentialsFileProps {
  /**
   * The file, relative to the folder in which the app runs. Keep it out of git.
   * @default '.credentials.json'
   */
  readonly path?: string;
}

/**
 * The chart with the Secrets of all services of an app, and the file that keeps their random values.
 *
 * A value that the file lacks (a password, a key, a certificate) is made once, and the file is written with mode 0600
 * before the app is synthesized. From then on synth is a function of the program and of that file: the same input
 * gives the same bytes. A file that can't be read, or that another program has written meanwhile, is reported and never
 * written over.
 *
 * Two variables of the environment have values made anew, as `cdk8s-services rotate` and `up` do: Secrets that
 * `CDK8S_SERVICES_ROTATE` names (or `all`), and certificates that expire before `CDK8S_SERVICES_RENEW_BEFORE`.
 *
 * With `CDK8S_SERVICES_PREVIEW` set, as by `doctor` and `graph`, nothing is written, and where there is no file yet all
 * values are placeholders.
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
    file.store = new CredentialsStore('');
    file.placeholder = true;
    return file;
  }

  private store: CredentialsStore;
  private readonly renewal = new Renewal();
  private placeholder = false;
  private made = 0;
  /** Whether the authority has signed something in this run, and is to sign the rest. */
  private signed = false;
  /** The entry behind each Secret: a copy may be asked for again, another Secret of its name may not. */
  private readonly origins = new Map<string, object>();

  public constructor(scope: Construct, id: string, props: CredentialsFileProps = {}) {
    super(scope, id);
    markSecretSource(this);
    this.store = new CredentialsStore(resolve(props.path ?? DEFAULT_PATH));
    this.placeholder = process.env[PREVIEW] !== undefined && !existsSync(this.store.path);
    this.node.addValidation({ validate: () => this.save() });
    if (wantedSecretsBefore(scope.node.root)) {
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
    } else if (secretSourceOf(this) !== this) {
      problem(this, 'the app has a credentials file already; remove one of them');
    }
  }

  /**
   * Adds a Secret whose random values come from the file, and returns its values.
   * @internal
   */
  public _secret(scope: IConstruct, request: GeneratedRequest): { [key: string]: string } {
    const secret = keyOf(request);
    const data: { [key: string]: string } = {};
    for (const [key, value] of Object.entries(request.values)) {
      data[key] = this.valueFor(scope, secret, key, value);
    }
    this.write(scope, request, 'Opaque', data);
    return data;
  }

  /**
   * Adds the Secret of a certificate for `names`, signed by the app's authority.
   * @internal
   */
  public _certificate(scope: IConstruct, request: CertificateRequest): { [key: string]: string } {
    const secret = keyOf(request);
    const entry = this.entry(secret);
    const names = request.names.join(' ');
    if (this.placeholder) {
      Object.assign(entry, placeholderCertificate(request.name));
    } else if (this.renewal.replaces(secret, 'tls.crt') || this.isOutdated(entry, names)) {
      const made = this.attempt(scope, () => certificate(this.authority(), request.names));
      if (made) {
        this.store.entries[AUTHORITY] = made.authority;
        this.signed = true;
      }
      Object.assign(entry, made?.certificate ?? placeholderCertificate(request.name), { names });
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

  /** The authority, unless it is about to expire. */
  private authority(): Entry | undefined {
    const kept = this.store.entries[AUTHORITY];
    return kept && !this.signed && this.renewal.expires(kept, 'ca.crt') ? undefined : kept;
  }

  /** Whether a certificate is for other names, of another authority, or expires soon. */
  private isOutdated(entry: Entry, names: string): boolean {
    return (
      entry.names !== names ||
      entry['ca.crt'] !== this.authority()?.['ca.crt'] ||
      this.renewal.expires(entry, 'tls.crt')
    );
  }

  private entry(secret: string): Entry {
    const { entries, mistake } = this.store;
    this.placeholder ||= mistake !== undefined;
    entries[secret] ??= {};
    return entries[secret];
  }

  /** Only what is random is kept in the file; the rest follows from the program and from what is kept. */
  private valueFor(scope: IConstruct, secret: string, key: string, value: SecretValue): string {
    if (value.kind === 'text') {
      return value.text;
    }
    const entry = this.entry(secret);
    if (this.placeholder) {
      return `placeholder of ${withoutNamespace(secret)} ${key}`;
    }
    if (value.kind === 'ssh-public-key') {
      return this.attempt(scope, () => sshPublicKey(entry[value.of] ?? '')) ?? '';
    }
    const replaced = !value.lasting && this.renewal.replaces(secret, key);
    if (entry[key] === undefined || replaced) {
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
        known ? reason : `${this.store.path} holds a key that cannot be used (${reason}); restore it from a copy`,
      );
      this.placeholder = true;
      return undefined;
    }
  }

  private write(scope: IConstruct, request: SecretRequest, type: string, data: { [key: string]: string }): void {
    const id = `${request.namespace ?? Chart.of(scope).node.path}/${request.name}`.replaceAll('/', '--');
    const origin = this.entry(keyOf(request));
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

  /** Validation is the last moment before synth, and runs once the whole app is known. */
  private save(): string[] {
    const { mistake, path } = this.store;
    if (mistake !== undefined) {
      return [
        `'path' is ${path}, which cannot be used (${mistake}); restore it from a copy, or move it away to have every ` +
          'credential made anew; it was not written over',
      ];
    }
    // what is written from here on holds the Secrets
    process.umask(0o077);
    const mistakes = this.renewal.mistakes();
    const keepsNothing = this.placeholder || process.env[PREVIEW] !== undefined;
    if (mistakes.length > 0 || this.made === 0 || keepsNothing) {
      return this.placeholder ? [] : mistakes;
    }
    try {
      this.store.write();
    } catch (error) {
      if (error instanceof ChangedMeanwhile) {
        return [`'path' is ${path}, which another program has written meanwhile; run this one again`];
      }
      const reason = (error as Error).message;
      return [`'path' is ${path}, which cannot be written (${reason}); make its folder writable, or choose another`];
    }
    const made = this.made === 1 ? '1 credential' : `${this.made} credentials`;
    process.stderr.write(`made ${made} in ${path} (mode 0600); keep the file, and keep it out of git\n`);
    this.made = 0;
    return [];
  }
}

/** The entry of a Secret, or of the one that it repeats. */
function keyOf(request: SecretRequest): string {
  const { name, namespace } = request.copyOf ?? request;
  return namespace ? `${namespace}/${name}` : name;
}

function placeholderCertificate(name: string): Entry {
  return Object.fromEntries(['tls.crt', 'tls.key', 'ca.crt'].map((key) => [key, `placeholder of ${name} ${key}`]));
}
