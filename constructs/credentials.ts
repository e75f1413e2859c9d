import type { IConstruct } from 'constructs';
import { shortHash } from './private/hash';
import { checkReference, type Instance, type Labels } from './private/names';
import { isText, problem } from './private/problems';
import { type Login, SecretFiles } from './private/secret-files';
import { type SecretValue, secretOffererOf, secretSourceOf } from './private/secret-source';
import { Where } from './private/where';
import { contentsOf } from './team/contents';

/** Under which keys an existing Secret holds what a service reads. */
export interface SecretKeys {
  /**
   * The key of the user's name.
   * @default 'username'
   */
  readonly username?: string;

  /**
   * The key of the password.
   * @default 'password'
   */
  readonly password?: string;
}

interface Written {
  readonly stringData?: { readonly [key: string]: string };
  readonly data?: { readonly [key: string]: string };
}

/**
 * The Secret in which a service finds names and passwords, always as files, never in its environment.
 *
 * Every service makes its own: the Secret's values come from the app's `CredentialsFile`. An app without such a file
 * gets no Secret objects at all, and the pods expect Secrets of the same names, made by whatever else keeps your
 * secrets (External Secrets, Sealed Secrets, `kubectl create secret`).
 */
export class Credentials {
  /**
   * A Secret that exists, or that something else makes, in the namespace of the service.
   *
   * @param secretName Its name.
   * @param keys Its keys, where they are not `username` and `password`.
   * @throws If no Secret can have that name, or those keys.
   */
  public static fromSecret(secretName: string, keys: SecretKeys = {}): Credentials {
    checkReference('Credentials.fromSecret', 'secretName', secretName);
    for (const [prop, key] of Object.entries(keys)) {
      if (key !== undefined && !isText(/^[-._A-Za-z0-9]{1,253}$/, key)) {
        throw new Error(
          `Credentials.fromSecret: '${prop}' is '${key}', which is no key of a Secret; use letters, digits, '-', '_' and '.'`,
        );
      }
    }
    return new Credentials(secretName, keys);
  }

  /**
   * A Secret with generated values.
   * @internal
   */
  public static _generated(
    scope: IConstruct,
    instance: Instance,
    secretName: string,
    values: { [key: string]: SecretValue },
  ): Credentials {
    const { namespace, labels } = instance;
    const request = { name: secretName, namespace, labels, values };
    const secret = secretSourceOf(scope)?.secret(scope, request);
    return new Credentials(secretName, {}, secret && (() => shortHash(Object.entries(secret).flat())), request);
  }

  /**
   * The credentials of a prop, or what `make` makes; a password in their place is reported, without repeating it.
   * @internal
   */
  public static _given(
    scope: IConstruct,
    where: Where,
    given: Credentials | undefined,
    make: () => Credentials,
  ): Credentials {
    const mistake = given === undefined ? undefined : mistakeIn(given, where);
    if (mistake !== undefined) {
      problem(scope, mistake);
    }
    return given === undefined || mistake !== undefined ? make() : given;
  }

  /**
   * @throws If what was given is no `Credentials`, such as a password itself.
   * @internal
   */
  public static _check(caller: string, prop: string, given: Credentials): void {
    const mistake = mistakeIn(given, new Where(prop));
    if (mistake !== undefined) {
      throw new Error(`${caller}: ${mistake}`);
    }
  }

  private constructor(
    /** The name of the Secret. */
    public readonly secretName: string,
    private readonly keys: SecretKeys,
    private readonly contentHash?: () => string,
    private readonly generated?: {
      readonly namespace?: string;
      readonly name: string;
      readonly labels: Labels;
      readonly values: { [key: string]: SecretValue };
    },
  ) {}

  /**
   * The same credentials for the pods of `instance`. Pods mount Secrets of their own namespace only, so that another
   * namespace gets a copy, called '<namespace>-<name>' after the first.
   * @internal
   */
  public _for(scope: IConstruct, instance: Instance): Credentials {
    if (!this.generated || this.generated.namespace === instance.namespace) {
      return this;
    }
    const name = `${this.generated.namespace}-${this.secretName}`;
    const request = { ...this.generated, name, namespace: instance.namespace, copyOf: this.generated };
    secretSourceOf(scope)?.secret(scope, request);
    return new Credentials(name, this.keys, this.contentHash);
  }

  /**
   * What the Secret holds, as files in the folder `path`: only what is wanted, or everything.
   * @internal
   */
  public _at<K extends string>(path: string, volumeName: string, wanted?: readonly K[]): SecretFiles<K> {
    const keys: { [key: string]: string | undefined } = { ...this.keys };
    const items = wanted?.map((key) => ({ key: keys[key] ?? key, path: key }));
    return new SecretFiles(this.secretName, {
      volume: {
        name: volumeName,
        source: { secret: { secretName: this.secretName, items, defaultMode: 0o440 } },
        contentHash: this.contentHash,
      },
      path,
    });
  }

  /**
   * The user's name, where the app writes the Secret itself.
   * @internal
   */
  public _writtenUsername(root: IConstruct, namespace?: string): string | undefined {
    const key = this.keys.username ?? 'username';
    // those of the credentials file have names that are checked where they are asked for
    const others = contentsOf(root, namespace, ['Secret']).filter(({ node }) => node.scope !== secretOffererOf(root));
    const secrets = others.filter(({ name }) => name === this.secretName);
    const [{ stringData, data } = {} as Written] = secrets.map((secret) => secret.toJson() as Written);
    return stringData?.[key] ?? (data?.[key] === undefined ? undefined : Buffer.from(data[key], 'base64').toString());
  }

  /**
   * The name and the password of a user, as the files `username` and `password` in the folder `path`.
   * @internal
   */
  public _login(path: string, volumeName: string): Login {
    return this._at(path, volumeName, ['username', 'password']);
  }
}

/** What is wrong with credentials of a program without types, which it does not repeat. */
function mistakeIn(given: unknown, where: Where): string | undefined {
  return given instanceof Credentials
    ? undefined
    : `${where} is a ${typeof given}, not credentials; put it into a Secret and pass Credentials.fromSecret('…')`;
}
