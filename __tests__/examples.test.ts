import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { find, type Manifest, temporaryFolder } from './support/app';
import { laws, secretsOf } from './support/laws';
import { parseAll } from './support/yaml';

const ROOT = join(__dirname, '..');
const examples = readdirSync(join(ROOT, 'examples'));

/** Runs an example as its users do, in a folder of its own, and reads what it wrote. */
function run(example: string, environment: { [name: string]: string } = {}): Manifest[] {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'examples', example), folder, { recursive: true });
  const program = [join(ROOT, 'scripts/run.js'), join(ROOT, 'examples', example, 'main.ts')];
  execFileSync(process.execPath, program, { cwd: folder, stdio: 'pipe', env: { ...process.env, ...environment } });
  return readdirSync(join(folder, 'dist'))
    .sort()
    .flatMap((file) => parseAll(readFileSync(join(folder, 'dist', file), 'utf8')));
}

describe.each(examples)('the example %s', (example) => {
  const manifests = run(example);

  it.each(Object.keys(laws))('%s', (law) => {
    expect(laws[law]?.(manifests)).toEqual([]);
  });

  it('has a password for each user of its site', () => {
    const { admin, users } = JSON.parse(find(manifests, 'ConfigMap', 'blog').data['site.json']);
    const { volumes } = find(manifests, 'Deployment', 'blog').spec.template.spec;
    const { secretName } = volumes.find(({ name }: { name: string }) => name === 'users').secret;
    const passwords = secretsOf(manifests).find(({ name }) => name === secretName)?.keys;
    expect(passwords?.sort()).toEqual([admin, ...users].map(({ login }) => login).sort());
  });

  it('writes these objects', () => {
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toMatchSnapshot();
  });
});

describe.each(['external-secrets', 'sealed-secrets'])('the example %s', (example) => {
  it('writes no Secret', () => {
    expect(run(example).filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });
});

describe('the example sealed-secrets', () => {
  it('seals the Secrets that it writes, key by key', () => {
    const sealed = secretsOf(run('sealed-secrets'));
    const written = run('sealed-secrets', { SEAL: 'true' }).filter(({ kind }) => kind === 'Secret');
    expect(sealed).toEqual(expect.arrayContaining(secretsOf(written)));
    expect(sealed.map(({ name }) => name)).toEqual([...written.map(({ metadata }) => metadata.name), 'staff']);
  });
});

describe('docs/customizing.md', () => {
  it('shows the example as it is', () => {
    const page = readFileSync(join(ROOT, 'docs/customizing.md'), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${readFileSync(join(ROOT, 'examples/customized/main.ts'), 'utf8')}\`\`\``);
  });
});

describe('the example customized', () => {
  it('has its patches in what is written', () => {
    const { spec } = find(run('customized'), 'Deployment', 'blog').spec.template;
    expect(spec).toMatchObject({ priorityClassName: 'important', terminationGracePeriodSeconds: 60 });
    expect(spec.containers[0].env).toContainEqual({ name: 'TZ', value: 'Europe/Vienna' });
  });
});

describe('the README', () => {
  it('shows the example as it is', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${readFileSync(join(ROOT, 'examples/blog/main.ts'), 'utf8')}\`\`\``);
  });
});
