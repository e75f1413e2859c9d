/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 4
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { curled } from './clients/curl';
import { kubectl, LABEL, pods } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { folder } from './runner/folder';
import { suiteName } from './runner/suite';
import { waitUntil } from './runner/wait';

const ROOT = resolve(__dirname, '../..');
const NAMESPACE = `${MARK}-watch`;
const PORT = 30961;
/** What a round ends with. */
const ENDED = / after \d+\.\d s\n|next: mend it/;

/** A program with one service. */
const PROGRAM = `
import { App, Chart } from 'cdk8s';
import { CredentialsFile, Exposure, Ftps, Images, Nginx, RestrictedNamespace } from './constructs';

const app = new App();
Images.local().useIn(app);
new CredentialsFile(app, 'secrets');
const { resource } = new RestrictedNamespace(new Chart(app, 'namespace'), '${NAMESPACE}');
resource.metadata.addLabel('${LABEL}', '${suiteName()}');
const chart = new Chart(app, 'watched', { namespace: '${NAMESPACE}' });
new Nginx(chart, 'nginx', { exposure: Exposure.nodePort({ ports: { http: ${PORT}, https: 30962 } }) });
new Ftps(chart, 'neighbour');
app.synth();
`;

/** The command, as it goes on. */
class Program {
  said = '';
  private child?: ChildProcess;

  constructor(private readonly home: string) {}

  start(): void {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const child = spawn(process.execPath, ['lib/cli.js', 'up', '--watch'], { cwd: this.home, stdio: [...stdio] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.said += chunk;
      });
    }
    this.child = child;
  }

  /** What it says from now on, until that. */
  async says(end: RegExp, from = this.said.length): Promise<string> {
    const said = () => this.said.slice(from);
    try {
      await waitUntil(`${end}`, async () => end.test(said()), { seconds: 120, everyMs: 100 });
    } catch (error) {
      throw new Error(`${(error as Error).message}\nit said:\n${said()}`);
    }
    return said();
  }

  async end(): Promise<void> {
    if (this.child && this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child?.on('close', resolve));
      this.child.kill('SIGINT');
      await ended;
    }
  }
}

describe('up --watch', () => {
  const home = folder();
  const program = new Program(home);
  setUp(async () => {
    writeProgram(home);
    program.start();
    expect(await program.says(/\nwatching: /, 0)).not.toMatch(/^(up )?failed(:| at )/m);
  }, 180);
  afterAll(async () => {
    await program.end();
    await removeOwn();
  }, 120_000);

  const about = { of: ['nginx', 'neighbour'], namespace: () => NAMESPACE, seconds: 60 };
  check('a changed nginx.conf serves', about, async () => {
    expect(await server()).toBe('nginx');
    const told = program.says(ENDED);
    edit('constructs/nginx/nginx.conf', 'server_tokens off;', 'server_tokens on;');
    await told;
    const served = async () => /^nginx\/\d/.test(await server());
    await waitUntil('the version in the answer', served, { seconds: 10, everyMs: 250 });
  });

  check('a changed program rolls the one service that changes', about, async () => {
    const neighbours = await namesOfPods('neighbour');
    const told = program.says(ENDED);
    edit('main.ts', "'nginx', {", "'nginx', { replicas: 2,");
    expect(await told).toMatch(/ready: .*Deployment nginx.* after /);
    expect(await told).not.toContain('Deployment neighbour');
    expect((await namesOfPods('nginx')).length).toBe(2);
    expect(await namesOfPods('neighbour')).toEqual(neighbours);
  });

  check('a mistake is told, and the next file mends it', about, async () => {
    const wrong = "throw new Error('not yet');\n";
    const told = program.says(ENDED);
    edit('main.ts', 'app.synth();\n', `${wrong}app.synth();\n`);
    expect(await told).toContain('Error: not yet');
    const mended = program.says(ENDED);
    edit('main.ts', wrong, '');
    expect(await mended).toContain('no object changes,');
  });

  check('a service that leaves the program is deleted', about, async () => {
    const told = program.says(ENDED);
    edit('main.ts', "new Ftps(chart, 'neighbour');\n", '');
    await told;
    expect(await kubectl(['-n', NAMESPACE, 'get', 'deployments', '-o', 'name'])).toBe('deployment.apps/nginx\n');
  });

  function edit(file: string, from: string, to: string): void {
    const path = join(home, file);
    const before = readFileSync(path, 'utf8');
    expect(before).toContain(from);
    writeFileSync(path, before.replace(from, to));
  }
});

/** A copy of the sources, as an editor would change them. */
function writeProgram(home: string): void {
  for (const path of [
    'constructs',
    'dockerfiles',
    'scripts/run.js',
    'lib/cli.js',
    'lib/x509.js',
    'package.json',
    'tsconfig.json',
  ]) {
    mkdirSync(join(home, path, '..'), { recursive: true });
    cpSync(join(ROOT, path), join(home, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));
  mkdirSync(join(home, '.build'));
  writeFileSync(join(home, 'package-lock.json'), '{}');
  writeFileSync(join(home, 'cdk8s.yaml'), 'app: node scripts/run.js main.ts\n');
  writeFileSync(join(home, 'main.ts'), PROGRAM);
}

async function server(): Promise<string> {
  const headers = await curled(['--head', `http://${FACTS.node}:${PORT}/`], { seconds: 5 });
  return /^server: (.*?)\r?$/im.exec(headers)?.[1] ?? '';
}

async function namesOfPods(service: string): Promise<string[]> {
  const found = await pods(service, NAMESPACE);
  return found
    .filter(({ ending }) => !ending)
    .map(({ name }) => name)
    .sort();
}
