import { resolve } from 'node:path';
import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { CredentialsStore, PreviewedStore } from './private/credentials-store';
import { GeneratedValues } from './private/generated-values';
import { PlaceholderValues } from './private/placeholder-values';
import { problem } from './private/problems';
import { SecretObjects } from './private/secret-objects';
import { offerSecrets, type SecretSource, secretOffererOf, wantedSecretsBefore } from './private/secret-source';
import type { SecretValues } from './private/secret-values';

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
 * A value that the file lacks (a password, a key, a certificate) is made once. The file is written with mode 0600, at synth,
 * before the first Secret is; an app with a mistake writes neither. From then on synth is a function of the program and of
 * that file: the same input gives the same bytes. A file that cannot be read, or that another program has written meanwhile,
 * is reported and never written over.
 *
 * Two variables of the environment have values made anew, as `cdk8s-services rotate` and `up` do: Secrets that
 * `CDK8S_SERVICES_ROTATE` names (or `all`), and certificates that expire before `CDK8S_SERVICES_RENEW_BEFORE`.
 *
 * With `CDK8S_SERVICES_PREVIEW` set, as by `doctor` and `graph`, nothing is written, and where there is no file yet all
 * values are placeholders.
 *
 * Add it to the app before the services. Its YAML is the only one with secret values in it: `cdk8s-services up` lets only
 * you read it, and so does a program that begins with `process.umask(0o077)`.
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
    file.values = new PlaceholderValues();
    return file;
  }

  private readonly path: string;
  private values?: SecretValues;
  private source?: SecretSource;

  public constructor(scope: Construct, id: string, props: CredentialsFileProps = {}) {
    super(scope, id);
    this.path = resolve(props.path ?? DEFAULT_PATH);
    const values = () => {
      this.values ??= valuesOf(this.path);
      return this.values;
    };
    offerSecrets(this, () => {
      this.source ??= new SecretObjects(this, values());
      return this.source;
    });
    this.node.addValidation({ validate: () => values().mistakes() });
    this.checkPlace(scope);
  }

  private checkPlace(scope: Construct): void {
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
    } else if (secretOffererOf(this) !== this) {
      problem(this, 'the app has a credentials file already; remove one of them');
    }
  }
}

/** The values of a file. They are made when a Secret asks for them, and kept when that Secret is written. */
function valuesOf(path: string): SecretValues {
  const isPreview = process.env[PREVIEW] !== undefined;
  const store = isPreview ? new PreviewedStore(path) : new CredentialsStore(path);
  if (store.mistake !== undefined) {
    return new PlaceholderValues([store.mistake]);
  }
  return isPreview && !store.exists ? new PlaceholderValues() : new GeneratedValues(store);
}
