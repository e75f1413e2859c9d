import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct, IConstruct } from 'constructs';
import { PlaceholderValues } from './placeholder-values';
import { problem } from './problems';
import type { CertificateRequest, GeneratedRequest, SecretRequest, SecretSource } from './secret-source';
import type { SecretValues } from './secret-values';

interface Data {
  [key: string]: string;
}

/** Secrets that a chart writes itself. */
export class SecretObjects implements SecretSource {
  /** The entry behind each Secret: a copy can be asked for again, another Secret of its name must not exist. */
  private readonly origins = new Map<string, string>();
  private readonly told = new Set<string>();

  constructor(
    private readonly chart: Chart,
    private readonly values: SecretValues,
  ) {}

  public secret(scope: IConstruct, request: GeneratedRequest): Data {
    const entry = entryOf(request);
    const pairs = Object.entries(request.values).map(([key, wanted]) => [
      key,
      this.made(scope, (values) => values.value(entry, key, wanted)),
    ]);
    const data: Data = Object.fromEntries(pairs);
    this.add(scope, request, 'Opaque', data);
    return data;
  }

  public certificate(scope: IConstruct, request: CertificateRequest): void {
    const files = this.made(scope, (values) => values.certificate(entryOf(request), request.names));
    this.add(scope, request, 'kubernetes.io/tls', files);
  }

  /** A failure is reported once, with the app's other mistakes; a placeholder stands in, so that these are found. */
  private made<T>(scope: IConstruct, make: (values: SecretValues) => T): T {
    try {
      return make(this.values);
    } catch (error) {
      const { message } = error as Error;
      if (!this.told.has(message)) {
        this.told.add(message);
        problem(scope, message);
      }
      return make(new PlaceholderValues());
    }
  }

  private add(scope: IConstruct, request: SecretRequest, type: string, data: Data): void {
    const { name, namespace, labels } = request;
    const id = `${namespace ?? Chart.of(scope).node.path}/${name}`.replaceAll('/', '--');
    const origin = entryOf(request);
    if (this.chart.node.tryFindChild(id)) {
      if (!request.copyOf || this.origins.get(id) !== origin) {
        problem(scope, `its Secret '${name}' is another service's already; rename one of the two`);
      }
      return;
    }
    this.origins.set(id, origin);
    const base64 = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    const props = { metadata: { name, namespace, labels }, type, data: Object.fromEntries(base64) };
    new KeptSecret(this.chart, id, props, this.values);
  }
}

/**
 * A Secret whose values are kept before it is turned into YAML. Every way in which cdk8s writes an app calls this of each
 * object, one by one, and only when the whole app is known to have no mistake.
 */
class KeptSecret extends k8s.KubeSecret {
  constructor(
    scope: Construct,
    id: string,
    props: k8s.KubeSecretProps,
    private readonly values: SecretValues,
  ) {
    super(scope, id, props);
  }

  public override toJson(): unknown {
    this.values.keep();
    return super.toJson();
  }
}

/** The entry of a Secret, or of the one that it repeats. */
function entryOf(request: SecretRequest): string {
  const { name, namespace } = request.copyOf ?? request;
  return namespace ? `${namespace}/${name}` : name;
}
