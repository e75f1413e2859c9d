import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { CredentialsFile, Images } from '../../constructs';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A folder that is removed after the tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdk8s-services-'));
  folders.push(folder);
  return folder;
}

/** An app whose output doesn't change with the images' content: for snapshots. */
export function testApp(): App {
  const app = new App({ outdir: join(temporaryFolder(), 'dist') });
  Images.tagged('registry.example.org', 'fixed').useIn(app);
  return app;
}

/** An app with placeholders for secrets, and a chart in it for services. */
export function testChart(namespace = 'shop'): Chart {
  const app = testApp();
  CredentialsFile.placeholders(app, 'secrets');
  return new Chart(app, 'shop', { namespace, disableResourceNameHashes: true });
}

/** A Kubernetes object, as it is written. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: any };
  readonly [field: string]: any;
}

/** What the app writes for a chart, after all its checks. */
export function synth(chart: Chart): Manifest[] {
  (chart.node.root as App).synthYaml();
  return chart.toJson();
}

/** The one object of that kind and name. */
export function find(manifests: Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found.length !== 1) {
    const all = manifests.map((manifest) => `${manifest.kind}/${manifest.metadata.name}`).join(', ');
    throw new Error(`${found.length} of ${kind}/${name} in ${all}`);
  }
  return found[0] as Manifest;
}

/** All messages of a failed synth, or none. */
export function problems(chart: Chart): string[] {
  try {
    (chart.node.root as App).synth();
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}
