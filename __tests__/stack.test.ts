import { readdirSync, readFileSync } from 'node:fs';
import { type App, Chart, Yaml } from 'cdk8s';
import { CredentialsFile, Images } from '../constructs';
import { environmentNamed } from '../environments';
import { addServices } from '../main';
import { type Manifest, testApp } from './support/app';
import { laws } from './support/laws';

function stack(environment: string): App {
  const app = testApp();
  CredentialsFile.placeholders(app, 'secrets');
  addServices(app, environmentNamed(environment));
  app.synth();
  return app;
}

function written(app: App): { [file: string]: Manifest[] } {
  const charts = app.node.children.filter((child): child is Chart => Chart.isChart(child));
  return Object.fromEntries(charts.map((chart) => [chart.node.id, chart.toJson()]));
}

describe('the stack', () => {
  it('reads like this', () => {
    const { namespace, secrets, services } = written(stack('minikube'));
    for (const manifest of services ?? []) {
      if (/^grafana-(dashboard-|overview$|history$|alerts$)/.test(manifest.metadata.name)) {
        Object.assign(manifest, { data: Object.keys(manifest.data) });
      }
    }
    expect(Yaml.stringify(...(namespace ?? []), ...(secrets ?? []), ...(services ?? []))).toMatchSnapshot();
  });

  it('writes the same bytes again', () => {
    const [first, second] = [stack('minikube'), stack('minikube')].map((app) =>
      ['namespace', 'secrets', 'services'].map((name) => readFileSync(`${app.outdir}/${name}.k8s.yaml`, 'utf8')),
    );
    expect(first).toEqual(second);
  });

  it('is applied in the order of its file names: namespace, Secrets, services', () => {
    const files = readdirSync(stack('minikube').outdir).sort();
    expect(files).toEqual(['namespace.k8s.yaml', 'secrets.k8s.yaml', 'services.k8s.yaml']);
  });

  it('has a namespace on whatever belongs to one, and on nothing else', () => {
    const manifests = Object.values(written(stack('minikube'))).flat();
    const without = manifests.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind);
    expect(without.sort()).toEqual(['ClusterRole', 'ClusterRoleBinding', 'Namespace']);
  });

  it('has at most 80 lines of wiring', () => {
    expect(readFileSync(`${__dirname}/../main.ts`, 'utf8').split('\n').length).toBeLessThanOrEqual(80);
  });

  it('takes its images from one place', () => {
    const app = testApp();
    expect(Images.of(new Chart(app, 'any')).reference('mysql')).toBe('registry.example.org/mysql:fixed');
  });
});

describe.each(['minikube', 'cluster'])('everything for %s', (environment) => {
  const manifests = Object.values(written(stack(environment))).flat();

  it.each(Object.keys(laws))('%s', (law) => {
    expect(laws[law]?.(manifests)).toEqual([]);
  });
});
