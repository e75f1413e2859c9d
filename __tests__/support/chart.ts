import { App } from 'cdk8s';
import { environmentOf, type Settings } from '../../chart/settings';
import { CredentialsFile } from '../../constructs';
import { addServices } from '../../main';
import type { Manifest } from './app';

const MANAGED_BY = 'app.kubernetes.io/managed-by';
const HASH = 'cdk8s-services/content-hash';

/** The values of a chart, and the settings that they stand for. */
export interface Case {
  readonly values: { readonly [name: string]: unknown };
  readonly settings: Settings;
}

const DEFAULTS: Settings = {
  namespace: 'shop',
  nginxHost: 'services.example.org',
  wordpressHost: 'blog.example.org',
  grafanaHost: 'grafana.example.org',
  loadBalancer: false,
  resources: 'small',
};

export const CASES: { readonly [name: string]: Case } = {
  'nothing is said': { values: {}, settings: DEFAULTS },
  'cert-manager is there': {
    values: { tls: { issuer: 'letsencrypt' } },
    settings: { ...DEFAULTS, issuer: { name: 'letsencrypt', kind: 'ClusterIssuer' } },
  },
  'services are given more': {
    values: { resources: 'medium' },
    settings: { ...DEFAULTS, resources: 'medium' },
  },
  'FTPS has a name': {
    values: { ftps: { host: 'ftp.example.org' } },
    settings: { ...DEFAULTS, ftpsHost: 'ftp.example.org' },
  },
  'everything is said': {
    values: {
      nginx: { host: 'www.example.net', autoscaling: { min: 2, max: 5, cpu: 60, memory: 90 } },
      wordpress: { host: 'blog.example.net', autoscaling: { max: 1 } },
      grafana: { host: 'figures.example.net' },
      tls: { issuer: 'own', issuerKind: 'Issuer' },
      ftps: { host: 'ftp.example.net', loadBalancer: true },
      ingress: { className: 'nginx', controllerNamespace: 'ingress-nginx' },
      resources: 'large',
    },
    settings: {
      namespace: 'shop',
      nginxHost: 'www.example.net',
      wordpressHost: 'blog.example.net',
      grafanaHost: 'figures.example.net',
      issuer: { name: 'own', kind: 'Issuer' },
      ftpsHost: 'ftp.example.net',
      loadBalancer: true,
      ingressClass: 'nginx',
      controller: 'ingress-nginx',
      resources: 'large',
      nginxScaling: { min: 2, max: 5, cpu: 60, memory: 90 },
      wordpressScaling: { max: 1 },
    },
  },
};

/** What the program writes for the settings, but for the namespace, which no chart makes. */
export function synthesizedFor(settings: Settings): Manifest[] {
  const app = new App({ outdir: 'nothing-is-written' });
  const environment = environmentOf(settings);
  environment.images.useIn(app);
  CredentialsFile.placeholders(app, 'secrets');
  addServices(app, environment);
  app.synthYaml();
  const charts = app.charts.filter(({ node }) => node.id !== 'namespace');
  return charts.flatMap((chart) => chart.toJson() as Manifest[]);
}

/** Objects by their names, without what a chart has for itself: who manages, keeps and hashes them, and secret values. */
export function comparable(manifests: readonly object[]): { [name: string]: Manifest } {
  const own = (key: string, value: any) => {
    if (key === MANAGED_BY || key === HASH) {
      return '…';
    }
    return value === null ? undefined : value;
  };
  const entries = manifests.map((manifest): [string, Manifest] => {
    const { kind, metadata, data, ...rest } = JSON.parse(JSON.stringify(manifest, own));
    const { annotations, ...others } = metadata;
    const kept = annotations?.['helm.sh/resource-policy'] === 'keep' ? {} : { annotations };
    const content = kind === 'Secret' ? Object.keys(data).sort() : data;
    return [`${kind}/${metadata.name}`, { kind, metadata: { ...others, ...kept }, data: content, ...rest }];
  });
  return Object.fromEntries(entries);
}
