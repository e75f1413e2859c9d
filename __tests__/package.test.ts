import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './support/app';

const ROOT = join(__dirname, '..');

/** The package as npm would publish it, installed into a project of its own. */
function install(): { folder: string; files: string[] } {
  const folder = temporaryFolder();
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(
    execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const dependencies = { ...peerDependencies, 'cdk8s-services': `file:${packed.filename}` };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  copyFileSync(join(ROOT, 'examples/blog/main.ts'), join(folder, 'main.ts'));
  const quietly = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync('npm', quietly, { cwd: folder, stdio: 'pipe' });
  return { folder, files: packed.files.map((file: { path: string }) => file.path) };
}

/** Whether the library is missing, or older than one of its sources. */
function isOld(): boolean {
  const made = statSync(join(ROOT, '.jsii'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(ROOT, 'constructs'), { recursive: true, encoding: 'utf8' });
  return ['package.json', ...sources.map((file) => join('constructs', file))].some(
    (file) => statSync(join(ROOT, file)).mtimeMs > made,
  );
}

// `npm test` has built it before
if (isOld()) {
  execFileSync('npm', ['run', '-s', 'build:lib'], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
}

describe('the public API', () => {
  const RELEASED = join(ROOT, 'scripts/released.json');

  /** What the types of the library break of others. */
  function breaks(released: string): string[] {
    const { stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/compat.js'), released], { encoding: 'utf8' });
    return stderr.split('\n').filter((line) => /^(err|Error)/.test(line));
  }

  it('is what API.md says, made by npm run docs:api', () => {
    const output = join(temporaryFolder(), 'API.md');
    execFileSync(join(ROOT, 'node_modules/.bin/jsii-docgen'), ['--output', output], { cwd: ROOT, stdio: 'pipe' });
    expect(readFileSync(output, 'utf8') === readFileSync(join(ROOT, 'API.md'), 'utf8')).toBe(true);
  });

  it('breaks nothing of what was released, but for what .compatignore lists', () => {
    expect(breaks(RELEASED)).toEqual([]);
  });

  it('is held to that', () => {
    const released = join(temporaryFolder(), 'released.json');
    const assembly = JSON.parse(readFileSync(RELEASED, 'utf8'));
    const { properties } = assembly.types['cdk8s-services.BackupProps'];
    properties.find(({ name }: { name: string }) => name === 'of').optional = true;
    properties.push({ ...properties[0], name: 'gone' });
    writeFileSync(released, JSON.stringify(assembly));
    expect(breaks(released).map((line) => line.replace(/^.*\[|\]$/g, ''))).toEqual([
      'removed:cdk8s-services.BackupProps.gone',
      'strengthened:cdk8s-services.BackupProps',
    ]);
  });
});

describe('the package', () => {
  const { folder, files } = install();

  it('has its types, its configuration files and its images', () => {
    expect(files).toEqual(
      expect.arrayContaining(['.jsii', 'lib/index.d.ts', 'lib/cli.js', 'lib/policy.js', 'lib/x509.js']),
    );
    expect(files).toEqual(expect.arrayContaining(['constructs/mysql/my.cnf']));
    expect(files).toEqual(expect.arrayContaining(['dockerfiles/mysql/Dockerfile', 'LICENSE', 'README.md']));
  });

  it('has no sources, tests or secrets', () => {
    expect(
      files.filter((file) => /(^|[^d])\.ts$|__tests__|credentials\.json/.test(file) && !/\.d\.ts$/.test(file)),
    ).toEqual([]);
  });

  it('brings cdk8s-plus-28 and nothing else to a project that has cdk8s', () => {
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'node_modules/cdk8s-services/package.json'), 'utf8'));
    expect(Object.keys(dependencies)).toEqual(['cdk8s-plus-28', 'smol-toml']);
    expect(existsSync(join(folder, 'node_modules/cdk8s-services/node_modules/smol-toml'))).toBe(true);
  });

  it('has types that another project compiles with', () => {
    const options = ['--noEmit', '--strict', '--module', 'commonjs', '--target', 'es2022', '--types', '', 'main.ts'];
    const compile = () =>
      execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options], {
        cwd: folder,
        encoding: 'utf8',
      });
    expect(compile()).toBe('');
  });

  it('synthesizes an app of its own', () => {
    const main = execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), ['main.ts', '--format=cjs'], {
      cwd: folder,
      stdio: 'pipe',
    });
    writeFileSync(join(folder, 'main.js'), main);
    execFileSync(process.execPath, ['main.js'], { cwd: folder, stdio: 'pipe' });
    const yaml = readFileSync(join(folder, 'dist/shop.k8s.yaml'), 'utf8');
    expect(yaml.match(/^kind: .*/gm)).toEqual(expect.arrayContaining(['kind: StatefulSet', 'kind: Ingress']));
    expect(yaml).toMatch(/image: cdk8s-services\/wordpress:[0-9a-f]{12}/);
  });

  describe.each([
    ['by its path', './node_modules/cdk8s-services/lib/policy'],
    ['as cdk8s-cli installs it', 'cdk8s-services'],
  ])('has a policy that cdk8s-cli loads %s', (_, plugin) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const plugins = join(folder, 'plugins');

    function synth(app: string) {
      // what `npm install` would leave in the folder of plugins
      mkdirSync(join(plugins, 'cdk8s-services', version), { recursive: true });
      const modules = join(plugins, 'cdk8s-services', version, 'node_modules');
      if (!existsSync(modules)) {
        symlinkSync(join(folder, 'node_modules'), modules);
      }
      writeFileSync(join(folder, 'app.js'), app);
      const validations = `[{ package: ${plugin}, version: ${version}, class: Policy }]`;
      writeFileSync(join(folder, 'cdk8s.yaml'), `app: node app.js\nvalidations: ${validations}\n`);
      const cli = [join(ROOT, 'node_modules/cdk8s-cli/bin/cdk8s'), 'synth', '--plugins-dir', plugins];
      const env = { ...process.env, CDK8S_CHECK_UPGRADE: 'false', npm_config_offline: 'true' };
      return spawnSync(process.execPath, cli, { cwd: folder, encoding: 'utf8', env });
    }

    const app = (change: string) => `const { App, Chart, JsonPatch } = require('cdk8s');
const { Nginx, Patch } = require('cdk8s-services');
const app = new App();
const nginx = new Nginx(new Chart(app, 'shop', { namespace: 'shop' }), 'web');
${change}
app.synth();`;

    it('accepts what this library makes', () => {
      expect(synth(app(''))).toMatchObject({ status: 0, stdout: expect.stringMatching(/Status +│ success/) });
    });

    it('refuses what breaks a rule', () => {
      const shared = app("Patch.apply(nginx.workload, JsonPatch.add('/spec/template/spec/hostNetwork', true));");
      const { status, stdout } = synth(shared);
      expect(status).toBe(2);
      expect(stdout).toContain('Construct Path: shop/web\n');
      expect(stdout).toContain(
        'Resource Name: Deployment/web in shop\n    - Locations:\n      > hostNetwork is true\n',
      );
    });
  });
});
