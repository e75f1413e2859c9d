import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Yaml } from 'cdk8s';
import { CredentialsFile } from '../../../constructs';
import { addServices } from '../../../main';
import { parseAll } from '../../support/yaml';
import { folder } from '../runner/folder';
import { get, kubectl } from './kubectl';
import { environment } from './namespaces';

const INSTANCE = 'app.kubernetes.io/instance';
/** What `up` adds to each object. */
const MEMBER = 'applyset.kubernetes.io/part-of';

/** A folder with what `npm run synth` writes and `up` applies, but for services that were left out of what runs. */
export async function synthesized(): Promise<string> {
  const { credentials = '.credentials.json' } = environment();
  if (!existsSync(credentials)) {
    throw new Error(`expected ${credentials} of the running system in ${process.cwd()}; run: npm run up`);
  }
  const outdir = join(folder(), 'dist');
  const app = new App({ outdir });
  environment().images.useIn(app);
  new CredentialsFile(app, 'secrets', { path: credentials });
  addServices(app, environment());
  app.synth();
  const { items } = await get(['deployments,statefulsets']);
  const running = items.map(({ metadata }: any) => metadata.labels[INSTANCE]);
  const set = items[0]?.metadata.labels[MEMBER];
  for (const file of readdirSync(outdir).map((name) => join(outdir, name))) {
    const documents = parseAll(readFileSync(file, 'utf8'));
    const kept = documents.filter(({ metadata }) => [undefined, ...running].includes(metadata.labels?.[INSTANCE]));
    for (const { metadata } of kept) {
      metadata.labels = { ...metadata.labels, ...(set && { [MEMBER]: set }) };
    }
    Yaml.save(file, kept);
  }
  return outdir;
}

/** `kubectl apply` as the running system was applied: by the same manager of fields, so that nothing changes hands. */
export async function apply(dist: string, ...options: string[]): Promise<string> {
  const { metadata } = await get(['deployment', 'nginx', '--show-managed-fields']);
  const manager = metadata.managedFields.find(({ operation }: any) => operation === 'Apply')?.manager;
  const how = manager === undefined ? [] : ['--server-side', '--force-conflicts', `--field-manager=${manager}`];
  return kubectl(['apply', ...how, '--validate=strict', ...options, '-f', dist], { seconds: 90 });
}

/** The objects of a folder that would change if it were applied. */
export async function changes(dist: string): Promise<string[]> {
  const wanted = JSON.parse(await apply(dist, '--dry-run=server', '-o', 'json'));
  const running = JSON.parse(
    (await kubectl(['get', '--ignore-not-found', '-f', dist, '-o', 'json'])) || '{"items":[]}',
  );
  const known = new Map<string, string>(running.items.map((object: any) => [nameOf(object), substanceOf(object)]));
  return wanted.items.filter((object: any) => known.get(nameOf(object)) !== substanceOf(object)).map(nameOf);
}

function nameOf({ kind, metadata }: any): string {
  return `${kind}/${metadata.name}`;
}

/** An object without what the API server keeps beside what was asked for. */
function substanceOf({ status: _status, metadata, ...rest }: any): string {
  const { name, labels, annotations = {} } = metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...own } = annotations;
  return JSON.stringify(sorted({ name, labels, annotations: own, ...rest }));
}

function sorted(value: any): any {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
