import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiObject, Chart } from 'cdk8s';
import { CredentialsFile } from '../../constructs';
import { find, type Manifest, synth, temporaryFolder, testApp, testChart } from './app';

/** The Secrets of a chart that `testChart` made. */
export function secrets(chart: Chart): Manifest[] {
  return (chart.node.root.node.findChild('secrets') as Chart).toJson();
}

/** The names of the Secrets of such a chart, even where it has mistakes and is not written. */
export function madeSecrets(chart: Chart): string[] {
  return chart.node.root.node.findChild('secrets').node.children.map((secret) => (secret as ApiObject).name);
}

/** What a Secret holds. */
export function secretData(secret: Manifest): { [key: string]: string } {
  const entries = Object.entries<string>(secret.data ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

/**
 * The annotation that rolls the pods of `<kind>/<name>` of what `build` adds, with fixed values in all Secrets.
 *
 * @param changed The one value, as `<secret> <key>`, that is another.
 */
export function contentHash(workload: string, build: (chart: Chart) => void, changed?: string): string {
  const draft = testChart();
  build(draft);
  const path = join(temporaryFolder(), 'credentials.json');
  const values = (secret: Manifest) =>
    Object.entries(secretData(secret)).map(([key, value]) =>
      changed === `${secret.metadata.name} ${key}` ? [key, 'changed'] : [key, value],
    );
  const entries = secrets(draft).map((secret) => [
    `${secret.metadata.namespace}/${secret.metadata.name}`,
    Object.fromEntries(values(secret)),
  ]);
  const content = JSON.stringify(Object.fromEntries(entries));
  if (changed && !content.includes('"changed"')) {
    throw new Error(`there is no ${changed} in ${content}`);
  }
  writeFileSync(path, content);
  const app = testApp();
  new CredentialsFile(app, 'secrets', { path });
  const chart = new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true });
  build(chart);
  const [kind = '', name = ''] = workload.split('/');
  return find(synth(chart), kind, name).spec.template.metadata.annotations['cdk8s-services/content-hash'];
}
