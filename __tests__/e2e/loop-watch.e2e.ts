import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { check } from './support/check';
import { curled } from './support/curl';
import { FACTS } from './support/facts';
import { folder } from './support/folder';
import { kubectl, LABEL } from './support/kubectl';
import { removeOwn } from './support/namespaces';
import { waitUntil } from './support/wait';
import { MARK } from './support/works';

const ROOT = resolve(__dirname, '../..');
const NAMESPACE = `${MARK}-watch`;
const PORT = 30961;
/** From a saved file to what it says. */
const SERVED_SECONDS = 10;

/** A program with one service. */
const PROGRAM = `
import { App, Chart } from 'cdk8s';
import { CredentialsFile, Exposure, Images, Nginx, RestrictedNamespace } from './constructs';

const app = new App();
Images.local().useIn(app);
new CredentialsFile(app, 'secrets');
new RestrictedNamespace(new Chart(app, 'namespace'), '${NAMESPACE}');
const chart = new Chart(app, 'watched', { namespace: '${NAMESPACE}' });
new Nginx(chart, 'nginx', { exposure: Exposure.nodePort({ ports: { http: ${PORT}, https: 30962 } }) });
new Nginx(chart, 'neighbour');
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

  async says(text: string, from = 0): Promise<void> {
    try {
      await waitUntil(text, async () => this.said.includes(text, from), { seconds: 120, everyMs: 100 });
    } catch (error) {
      throw new Error(`${(error as Error).message}\nit said:\n${this.said.slice(from)}`);
    }
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
  beforeAll(async () => {
    writeProgram(home);
    program.start();
    await program.says('watching: ');
    if (program.said.includes('failed')) {
      throw new Error(program.said);
    }
    await kubectl(['label', 'namespace', NAMESPACE, `${LABEL}=true`]);
  }, 180_000);
  afterAll(async () => {
    await program.end();
    await removeOwn();
  }, 120_000);

  const about = { of: ['nginx', 'neighbour'], namespace: () => NAMESPACE, seconds: 60 };
  check(`a changed nginx.conf serves within ${SERVED_SECONDS} s`, about, async () => {
    expect(await server()).toBe('nginx');
    const conf = join(home, 'constructs/nginx/nginx.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('server_tokens off;', 'server_tokens on;'));
    const patience = { seconds: SERVED_SECONDS, everyMs: 250 };
    await waitUntil('the version in the answer', async () => /^nginx\/\d/.test(await server()), patience);
  });

  check('a changed page rolls the one service that shows it', about, async () => {
    const neighbours = await namesOfPods('neighbour');
    const before = program.said.length;
    const main = join(home, 'main.ts');
    const changed = readFileSync(main, 'utf8').replace("'nginx', {", "'nginx', { replicas: 2,");
    writeFileSync(main, changed);
    await program.says('watching: ', before);
    expect(program.said.slice(before)).toMatch(/ready: .*Deployment nginx.* after /);
    expect(program.said.slice(before)).not.toContain('Deployment neighbour');
    expect((await namesOfPods('nginx')).length).toBe(2);
    expect(await namesOfPods('neighbour')).toEqual(neighbours);
  });

  check('a mistake is told, and the next file mends it', about, async () => {
    const main = join(home, 'main.ts');
    const right = readFileSync(main, 'utf8');
    const before = program.said.length;
    writeFileSync(main, `${right}\nthrow new Error('not yet');\n`);
    await program.says('Error: not yet', before);
    writeFileSync(main, right);
    await program.says('no object changes,', before);
  });

  check('a service that leaves the program is deleted', about, async () => {
    const main = join(home, 'main.ts');
    const before = program.said.length;
    writeFileSync(main, readFileSync(main, 'utf8').replace("new Nginx(chart, 'neighbour');\n", ''));
    await program.says('watching: ', before);
    expect(await kubectl(['-n', NAMESPACE, 'get', 'deployments', '-o', 'name'])).toBe('deployment.apps/nginx\n');
  });
});

/** A copy of the sources, as an editor would change them. */
function writeProgram(home: string): void {
  for (const path of ['constructs', 'dockerfiles', 'cli/run.js', 'lib/cli.js', 'package.json', 'tsconfig.json']) {
    mkdirSync(join(home, path, '..'), { recursive: true });
    cpSync(join(ROOT, path), join(home, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));
  mkdirSync(join(home, '.build'));
  writeFileSync(join(home, 'package-lock.json'), '{}');
  writeFileSync(join(home, 'cdk8s.yaml'), 'app: node cli/run.js main.ts\n');
  writeFileSync(join(home, 'main.ts'), PROGRAM);
}

async function server(): Promise<string> {
  const headers = await curled(['--head', `http://${FACTS.node}:${PORT}/`], { seconds: 5 });
  return /^server: (.*?)\r?$/im.exec(headers)?.[1] ?? '';
}

async function namesOfPods(service: string): Promise<string[]> {
  const selector = `app.kubernetes.io/instance=${service}`;
  const args = ['get', 'pods', '-l', selector, '--field-selector', 'status.phase=Running', '-o', 'name'];
  return (await kubectl(['-n', NAMESPACE, ...args])).trim().split('\n').sort();
}
