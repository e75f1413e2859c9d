import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ApiObject, type App, Yaml } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Manifest } from './app';
import { secretData } from './secrets';

const ROOT = join(__dirname, '../..');
const HASH = 'cdk8s-services/content-hash';

/** Configuration files, longest first: one that begins with all of another is found before it. */
const FILES = readdirSync(join(ROOT, 'constructs'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }))
  .sort((one, other) => other.text.length - one.text.length);

/** The objects that a construct writes itself, after all checks of its app, for a snapshot. */
export function yamlOf(construct: Construct): string {
  (construct.node.root as App).synthYaml();
  const objects = construct.node.findAll().filter(ApiObject.isApiObject);
  return Yaml.stringify(...objects.map((object) => readable(object.toJson())));
}

/**
 * An object without what changes whenever a file of the repository does: the file's text, and its hash. What a Secret
 * holds is not in base64.
 */
export function readable(manifest: Manifest): object {
  const { data, ...rest } = JSON.parse(JSON.stringify(manifest, (key, value) => (key === HASH ? '…' : value)));
  switch (manifest.kind) {
    case 'ConfigMap':
      return { ...rest, data: mapped(data, withNames) };
    case 'Secret':
      return { ...rest, stringData: secretData(manifest) };
    default:
      return rest;
  }
}

function mapped(texts: { readonly [file: string]: string }, change: (file: string, text: string) => string): object {
  return Object.fromEntries(Object.entries(texts).map(([file, text]) => [file, change(file, text)]));
}

/** The text of a file, with the name of each file of the repository in place of what it says. */
function withNames(file: string, text: string): string {
  const service = file.replace(/\.json$/, '');
  return FILES.reduce((result, { path, text: content }) => {
    const written = path.endsWith('.json') ? compact(content.replaceAll('${service}', service)) : content;
    return result === written ? `<${path}>` : result.replace(written, () => `<${path}>\n`);
  }, text);
}

/** As Grafana gets it: on one line. */
function compact(json: string): string {
  return `${JSON.stringify(JSON.parse(json))}\n`;
}
