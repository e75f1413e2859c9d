import { App, type Chart } from 'cdk8s';
import { addServices } from '../main';
import type { Fields } from './nodes';
import { WantedSecrets } from './secrets';
import { environmentOf, type Settings } from './settings';

/** A Kubernetes object, as it is written. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels: { readonly [label: string]: string };
    annotations?: unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind
  readonly [field: string]: any;
}

/** The system as it is for some settings. */
export interface Variant {
  readonly manifests: Manifest[];
  /** The Secrets that it wants, by their names. */
  readonly secrets: Map<string, Fields>;
}

/** The chart of the namespace, which whoever installs has made already. */
const NAMESPACE = 'namespace';

export function variant(settings: Settings): Variant {
  const app = new App({ outdir: 'nothing-is-written' });
  const environment = environmentOf(settings);
  environment.images.useIn(app);
  const secrets = new WantedSecrets(app, 'secrets');
  addServices(app, environment);
  app.synthYaml();
  const charts = app.charts.filter(({ node }) => node.id !== NAMESPACE);
  const manifests: Manifest[] = charts.flatMap((chart: Chart) => chart.toJson());
  for (const { spec } of manifests.filter(({ kind }) => kind === 'Certificate')) {
    spec.issuerRef.kind = settings.issuer?.kind;
  }
  return { manifests, secrets: secrets.wanted };
}

/** The same without Ingresses and what they present, for those who lead hosts to the Services by themselves. */
export function withoutIngresses({ manifests, secrets }: Variant): Variant {
  const ingresses = manifests.filter(({ kind }) => kind === 'Ingress');
  const presented = ingresses.flatMap(({ spec }) =>
    (spec.tls ?? []).map((tls: { secretName: string }) => tls.secretName),
  );
  return {
    manifests: manifests.filter(
      ({ kind, metadata }) => kind !== 'Ingress' && !(kind === 'Certificate' && presented.includes(metadata.name)),
    ),
    secrets: new Map([...secrets].filter(([name]) => !presented.includes(name))),
  };
}

/** The service that an object belongs to. */
export function instanceOf({ kind, metadata }: Manifest): string {
  const instance = metadata.labels['app.kubernetes.io/instance'];
  if (instance === undefined) {
    throw new Error(`${kind} '${metadata.name}' belongs to no service`);
  }
  return instance;
}
