import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Manifest, temporaryFolder } from './support/app';
import { laws } from './support/laws';

const ROOT = join(__dirname, '..');
const examples = readdirSync(join(ROOT, 'examples'));

/** Runs an example as its users do, in a folder of its own, and reads what it wrote. */
function run(example: string): { folder: string; manifests: Manifest[] } {
  const folder = temporaryFolder();
  const program = [join(ROOT, 'cli/run.js'), join(ROOT, 'examples', example, 'main.ts')];
  execFileSync(process.execPath, program, { cwd: folder, stdio: 'pipe' });
  const manifests = readdirSync(join(folder, 'dist'))
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, 'dist', file), 'utf8')))
    .map((document) => document.toJS() as Manifest);
  return { folder, manifests };
}

describe.each(examples)('the example %s', (example) => {
  const { manifests } = run(example);

  it.each(Object.keys(laws))('%s', (law) => {
    expect(laws[law]?.(manifests)).toEqual([]);
  });

  it('writes these objects', () => {
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toMatchSnapshot();
  });
});

describe('the README', () => {
  it('shows the example as it is', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${readFileSync(join(ROOT, 'examples/blog/main.ts'), 'utf8')}\`\`\``);
  });
});
