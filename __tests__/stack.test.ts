import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Chart, Yaml } from 'cdk8s';
import { CredentialsFile, Images } from '../constructs';
import { environmentNamed } from '../environments';
import { addServices } from '../main';
import { type Manifest, testApp } from './support/app';
import { testFiles } from './support/file-snapshots';
import { laws } from './support/laws';
import { secretData } from './support/secrets';
import { readable } from './support/snapshots';

function stack(environment: string): App {
  const app = testApp();
  CredentialsFile.placeholders(app, 'secrets');
  addServices(app, environmentNamed(environment));
  app.synth();
  return app;
}

function manifestsOf(app: App): Manifest[] {
  return app.charts.flatMap((chart) => chart.toJson());
}

/** Every object as a file of its own, under the title that it has in a diff. */
function filesOf(manifests: Manifest[]): { [file: string]: string } {
  const files = new Map<string, string>();
  for (const manifest of manifests) {
    const file = `${manifest.kind}.${manifest.metadata.name}.yaml`;
    if (files.has(file)) {
      throw new Error(`two objects are called ${file}`);
    }
    files.set(file, Yaml.stringify(readable(manifest)));
  }
  return Object.fromEntries(files);
}

describe('the stack', () => {
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
    const manifests = manifestsOf(stack('minikube'));
    const without = manifests.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind);
    expect(without.sort()).toEqual(['ClusterRole', 'ClusterRoleBinding', 'Namespace']);
  });

  it('takes its images from one place', () => {
    const app = testApp();
    expect(Images.of(new Chart(app, 'any')).reference('mysql')).toBe('registry.example.org/mysql:fixed');
  });
});

describe.each(['minikube', 'cluster'])('everything for %s', (environment) => {
  const manifests = manifestsOf(stack(environment));

  it.each(Object.keys(laws))('%s', (law) => {
    expect(laws[law]?.(manifests)).toEqual([]);
  });

  it('has placeholders for what is secret', () => {
    const values = manifests
      .filter(({ kind }) => kind === 'Secret')
      .flatMap((secret) => Object.entries(secretData(secret)));
    const others = values.filter(([, value]) => !value.startsWith('placeholder of '));
    expect(new Set(others.map(([key]) => key))).toEqual(new Set(['username']));
  });

  const folder = join('__snapshots__', 'stack', environment);
  describe(`is what ${folder} says`, () => testFiles(join(__dirname, folder), filesOf(manifests)));
});
