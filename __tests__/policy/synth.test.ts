import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, temporaryFolder } from '../support/app';
import { defaultDeny, pod } from '../support/pod';
import { parse } from '../support/yaml';

const ROOT = join(__dirname, '../..');
const MODULES = join(ROOT, 'node_modules');
const asRoot = pod((container) => Object.assign(container.securityContext, { privileged: true }));

/** Without the network: no check for a newer cdk8s, and a home in which a plugin's installation would be seen. */
function synth(folder: string, ...words: string[]) {
  return start(folder, join(MODULES, 'cdk8s-cli/bin/cdk8s'), 'synth', ...words);
}

/** The same by `npm run synth`. */
function fastSynth(folder: string, ...words: string[]) {
  return start(folder, join(ROOT, 'scripts/synth.js'), ...words);
}

function start(folder: string, ...program: string[]) {
  const env = { ...process.env, HOME: folder, CDK8S_CHECK_UPGRADE: 'false', npm_config_offline: 'true' };
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: folder, encoding: 'utf8', env });
  expect(existsSync(join(folder, '.cdk8s'))).toBe(false);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal
  return { status, stdout: stdout.replace(/\x1b\[\d+m/g, ''), stderr };
}

/** An app that writes the manifests as they are, with the policy as this repository has it. */
function app(manifests: Manifest[], properties = ''): string {
  const folder = temporaryFolder();
  const options = ['--bundle', '--platform=node', `--outfile=${join(folder, 'policy.js')}`, '--log-level=warning'];
  const build = spawnSync(join(MODULES, '.bin/esbuild'), ['cli/policy.ts', ...options], { cwd: ROOT });
  expect(build.status).toBe(0);
  symlinkSync(MODULES, join(folder, 'node_modules'));
  const main = `const { ApiObject, App, Chart } = require('cdk8s');
const app = new App();
const chart = new Chart(app, 'shop', { namespace: 'shop' });
${JSON.stringify(manifests)}.forEach((manifest) => new ApiObject(chart, manifest.kind, manifest));
app.synth();`;
  writeFileSync(join(folder, 'main.js'), main);
  const validations = `[{ package: ./policy.js, version: 0.1.0, class: Policy, properties: {${properties}} }]`;
  writeFileSync(join(folder, 'cdk8s.yaml'), `app: node main.js\nvalidations: ${validations}\n`);
  return folder;
}

describe('cdk8s synth with the policy', () => {
  it('writes a good app, and the same bytes as without', () => {
    const folder = app([pod(), defaultDeny]);
    const written = () =>
      readdirSync(join(folder, 'dist')).map((file) => [file, readFileSync(join(folder, 'dist', file), 'utf8')]);
    expect(synth(folder)).toMatchObject({ status: 0, stdout: expect.stringMatching(/Status +│ success/) });
    const judged = written();
    expect(judged.map(([file]) => file)).toEqual(['shop.k8s.yaml']);
    expect(synth(folder, '--no-validate').status).toBe(0);
    expect(written()).toEqual(judged);
  });

  it('refuses a bad app, naming the rule, the object, its construct and the remedy', () => {
    const folder = app([asRoot, defaultDeny]);
    const { status, stdout, stderr } = synth(folder);
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'Validation failed. See above reports for details\n' });
    expect(stdout).toContain(`privileged (1 occurrences)

  Occurrences:

    - Construct Path: shop/Deployment
    - Manifest Path: dist/shop.k8s.yaml
    - Resource Name: Deployment/web in shop
    - Locations:
      > container 'web': privileged is true

  Recommendation: No container is privileged: that is root on its node
  How to fix: leave out securityContext.privileged
`);
    expect(readdirSync(join(folder, 'dist'))).toEqual(['shop.k8s.yaml']);
  });

  it.each([
    ['a bad app', [asRoot, defaultDeny], []],
    ['an app that is not judged', [asRoot, defaultDeny], ['--no-validate']],
    ['an option that is none', [pod(), defaultDeny], ['--format=none']],
  ])('says and writes the same by npm run synth, of %s', (_what, manifests, words) => {
    const folder = app(manifests);
    const written = () =>
      readdirSync(folder, { recursive: true }).filter((file) => !`${file}`.startsWith('node_modules'));
    const bytes = () =>
      written().map((file) => [file, /yaml$/.test(`${file}`) && readFileSync(join(folder, `${file}`), 'utf8')]);
    const said = ({ stderr, ...rest }: ReturnType<typeof synth>) => ({
      ...rest,
      stderr: stderr.replace(/^ +at .*\n/gm, ''),
      bytes: bytes(),
    });
    const expected = said(synth(folder, ...words));
    expect(said(fastSynth(folder, ...words))).toEqual(expected);
  });

  it('accepts what cdk8s.yaml excepts', () => {
    expect(synth(app([asRoot, defaultDeny], 'exceptions: [privileged]'))).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/Exceptions +│ privileged: everywhere/),
    });
  });

  it('fails where an exception is from no rule', () => {
    expect(synth(app([pod(), defaultDeny], 'exceptions: [root]'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Error: 'exceptions' names 'root', which is no rule; use some of host-process,"),
    });
  });

  it('writes a Helm chart with nothing but manifests in its templates', () => {
    const folder = app([pod(), defaultDeny]);
    expect(synth(folder, '--format', 'helm', '--chart-version', '1.0.0').status).toBe(0);
    expect(readdirSync(join(folder, 'dist/templates'))).toEqual(['shop.k8s.yaml']);
  });
});

describe('cdk8s.yaml', () => {
  const settings = readFileSync(join(ROOT, 'cdk8s.yaml'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

  it('turns the whole policy on, from a file of this repository', () => {
    expect(parse(settings).validations).toEqual([{ package: './lib/policy', version, class: 'Policy' }]);
  });
});
