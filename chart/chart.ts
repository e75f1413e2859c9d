import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../constructs/asset';
import { type Files, templates } from './templates';
import { valuesFile, valuesTable, withSizes } from './values';
import { instanceOf, type Variant, variant } from './variant';

/** The oldest Kubernetes that what is written is valid for. */
const OLDEST_KUBERNETES = '1.28.0';
const FILES = join(PACKAGE_ROOT, 'chart', 'files');
const NO_NAMES = { namespace: 'any', nginxHost: 'a.invalid', wordpressHost: 'b.invalid', grafanaHost: 'c.invalid' };

/** All files of the chart, by their paths in it. */
export function chart(): Files {
  const files = { ...templates(), ...written() };
  const whole = variant({ ...NO_NAMES, loadBalancer: false, resources: 'small' });
  const schema = withSizes(JSON.parse(files['values.schema.json'] ?? ''), sizesOf(whole));
  const readme = (files['README.md'] ?? '')
    .replace('VALUES\n', table(['Value', 'Default', ''], valuesTable(schema)))
    .replace('SECRETS\n', table(['Secret', 'Keys'], secretsTable(whole)));
  return {
    ...files,
    'Chart.yaml': chartFile(),
    'values.schema.json': `${JSON.stringify(schema, undefined, 2)}\n`,
    'values.yaml': valuesFile(schema),
    'README.md': readme,
  };
}

function written(): Files {
  const paths = readdirSync(FILES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(FILES.length + 1));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(FILES, path), 'utf8')]));
}

function chartFile(): string {
  const { name, version, description, keywords, repository } = JSON.parse(
    readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'),
  );
  const fields = {
    apiVersion: 'v2',
    name,
    version,
    appVersion: version,
    description: `${description}`.replace(/ as typed.*$/, ''),
    type: 'application',
    kubeVersion: `>=${OLDEST_KUBERNETES}-0`,
    keywords,
    sources: [repository.url.replace(/\.git$/, '')],
  };
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${JSON.stringify(value)}\n`);
  return lines.join('');
}

/** The size of each service's volume. */
function sizesOf({ manifests }: Variant): { [service: string]: string } {
  const claims = manifests.flatMap((manifest) => {
    const templates =
      manifest.kind === 'PersistentVolumeClaim' ? [manifest] : (manifest.spec?.volumeClaimTemplates ?? []);
    return templates.map(({ spec }: Variant['manifests'][number]) => [instanceOf(manifest), spec]);
  });
  return Object.fromEntries(claims.map(([service, spec]) => [service, spec.resources.requests.storage]));
}

function secretsTable({ secrets }: Variant): string[] {
  return [...secrets].map(([name, { values }]) => {
    const keys = values === undefined ? ['tls.crt', 'tls.key', 'ca.crt'] : Object.keys(values as object);
    return `| \`${name}\` | ${keys.map((key) => `\`${key}\``).join(', ')} |`;
  });
}

function table(head: string[], rows: string[]): string {
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---|').join('')}`, ...rows, ''].join('\n');
}
