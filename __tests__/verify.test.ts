import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './support/app';

const NEEDED = ['bash', 'cat', 'dirname', 'env', 'grep', 'mkdir', 'mkfifo', 'paste', 'rm', 'sleep', 'tee', 'timeout'];
const CLIENTS = ['docker', 'minikube', 'kubectl', 'curl', 'lftp', 'ssh', 'helm'];
const ALL = 'lint types unit generated cluster clients namespace up core rest nodes'.split(' ');

const pathOf = (program: string) =>
  (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));

const missing = NEEDED.filter((program) => pathOf(program) === undefined);

/** A copy of the scripts beside stand-ins for all that they call: `behaviour` is shell text for the calls that matter. */
class Stage {
  readonly #folder = temporaryFolder();
  readonly #bin = join(this.#folder, 'bin');

  constructor(behaviour = '', clients = CLIENTS) {
    cpSync(join(__dirname, '../scripts'), join(this.#folder, 'scripts'), { recursive: true });
    mkdirSync(this.#bin);
    for (const program of NEEDED) {
      symlinkSync(pathOf(program) ?? '', join(this.#bin, program));
    }
    for (const program of ['npm', 'npx', 'git', ...clients]) {
      const text = `#!/usr/bin/env bash\ncall="${program} $*"\necho "$call" >>"$CALLS"\ncase $call in\n${behaviour}\n  *) ;;\nesac\n`;
      writeFileSync(join(this.#bin, program), text, { mode: 0o755 });
    }
  }

  get #env() {
    return { PATH: this.#bin, CALLS: join(this.#folder, 'calls') };
  }

  get calls(): string[] {
    const file = this.#env.CALLS;
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  }

  log(phase: string): string {
    return readFileSync(join(this.#folder, '.build/verify', `${phase}.log`), 'utf8');
  }

  verify(args: string[] = [], env: { [name: string]: string } = {}) {
    const options = { env: { ...this.#env, ...env }, encoding: 'utf8', timeout: 30_000 } as const;
    const { status, stdout, stderr } = spawnSync(join(this.#folder, 'scripts/verify'), args, options);
    return { status, stdout, stderr, table: tableOf(stdout) };
  }

  start(args: string[]) {
    return spawn(join(this.#folder, 'scripts/verify'), args, { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

/** The result of each phase. */
function tableOf(stdout: string): { [phase: string]: string } {
  const lines = stdout.slice(stdout.lastIndexOf('\nphase ')).trim().split('\n').slice(1);
  const cells = lines.map((line) => /^(\S+) +\d+ {2}(.*)$/.exec(line) ?? []);
  return Object.fromEntries(cells.map(([, phase, result]) => [phase, result]));
}

const each = (phases: string[], result: string) => Object.fromEntries(phases.map((phase) => [phase, result]));

if (missing.length > 0) {
  console.log(`scripts/verify is not tried: ${missing.join(', ')} missing (macOS: brew install coreutils)`);
}

(missing.length > 0 ? describe.skip : describe)('scripts/verify', () => {
  it('runs each phase once, in order, and prints what came of it', () => {
    const stage = new Stage();
    const { status, stderr, table } = stage.verify(['--cluster', 'minikube start', '--fresh', '--without', 'grafana']);
    expect([status, stderr]).toEqual([0, '']);
    expect(Object.keys(table)).toEqual(ALL);
    expect(table).toEqual(each(ALL, 'passed'));
    const calls = stage.calls.filter((call) => !/^(git|kubectl get)/.test(call));
    expect(calls).toEqual([
      'npm run -s lint',
      'npm run -s types',
      'npx --no jest',
      'npm run -s dashboards',
      'npm run -s docs:graph',
      'npm run -s chart',
      'minikube start',
      'kubectl delete namespace services --ignore-not-found --wait=false',
      'npm run up -- --without grafana',
      'npm run -s e2e',
      'npm run -s e2e:rest',
      'npm run -s e2e:nodes -- --listTests',
    ]);
  });

  it('leaves out what npm test has done already, and has its time in the table', () => {
    const stage = new Stage();
    const { status, stdout, table } = stage.verify(['--tested', '160']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^test +160 {2}passed$/m);
    expect(Object.keys(table)).toEqual(['test', ...ALL.filter((phase) => !['lint', 'types', 'unit'].includes(phase))]);
    expect(stage.calls.filter((call) => / (lint|types)$|jest/.test(call))).toEqual([]);
    expect(stage.verify(['--tested', '5100']).stderr).toContain('no time is left');
  });

  it('keeps what each phase says', () => {
    const stage = new Stage(`  'npm run -s lint') echo 'one warning' >&2 ;;`);
    expect(stage.verify(['lint']).stdout).toContain('== lint\none warning\n');
    expect(stage.log('lint')).toBe('one warning\n');
  });

  const failing = (...suites: string[]) =>
    `  'npm run -s e2e:rest') printf '${suites.map((suite) => `  npm run e2e:all -- /${suite}.e2e -t x\\n`).join('')}'; exit 1 ;;`;

  it('runs few suites that fail once more, and names them', () => {
    const stage = new Stage(failing('team', 'growth', 'team'));
    const { status, table } = stage.verify(['rest']);
    expect(status).toBe(0);
    expect(table).toEqual({ rest: 'passed, in the second run: /team.e2e /growth.e2e' });
    expect(stage.calls).toContain('npm run -s e2e:all -- /team.e2e /growth.e2e');
  });

  it('fails where they fail again, and where they are many', () => {
    const again = new Stage(`${failing('team')}\n  *e2e:all*) exit 1 ;;`);
    expect(again.verify(['rest']).table).toEqual({ rest: 'failed with exit code 1' });
    const many = new Stage(failing('team', 'growth', 'helm', 'leaks'));
    expect(many.verify(['rest']).table).toEqual({ rest: 'failed with exit code 1' });
    expect(many.calls.filter((call) => call.includes('e2e:all'))).toEqual([]);
  });

  it('ends at the phase that fails, and names it after the table', () => {
    const stage = new Stage('  npx*) exit 3 ;;');
    const { status, stderr, table } = stage.verify();
    expect(status).toBe(1);
    expect(stderr).toBe("\nverify: phase 'unit' failed with exit code 3\n");
    expect(table).toEqual({
      ...each(ALL, 'not run'),
      ...each(['lint', 'types'], 'passed'),
      unit: 'failed with exit code 3',
    });
    expect(stage.calls.at(-1)).toBe('npx --no jest');
  });

  it('names the phase that hangs, and what that has started does not outlive it', () => {
    const stage = new Stage(`  'npm run -s types') bash -c 'trap "echo ended; exit" TERM; sleep 600 & wait' ;;`);
    const { status, stderr, table } = stage.verify(['lint', 'types', 'unit'], { VERIFY_SECONDS: '3' });
    // the phase before it may take a second of them
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^\nverify: phase 'types' was not done within [23] s\n$/),
    ]);
    expect(table).toEqual({
      lint: 'passed',
      types: expect.stringMatching(/^failed: not done within [23] s$/),
      unit: 'not run',
    });
    expect(stage.log('types')).toBe('ended\n');
  });

  it('is not held up by a program that a phase leaves behind', () => {
    const stage = new Stage(`  'npm run -s lint') sleep 20 & echo left ;;`);
    const { status, table } = stage.verify(['lint']);
    expect([status, table]).toEqual([0, { lint: 'passed' }]);
  });

  it('starts no phase when no time is left', () => {
    const { status, stderr } = new Stage().verify(['lint'], { VERIFY_SECONDS: '0' });
    expect([status, stderr]).toEqual([1, "\nverify: no time is left for phase 'lint'\n"]);
  });

  it.each([
    [
      'no cluster answers',
      `  'kubectl get --raw'*) echo 'connection refused' >&2; exit 1 ;;`,
      CLIENTS,
      'no cluster answers (connection refused)',
    ],
    ['there is no kubectl', '', CLIENTS.filter((client) => client !== 'kubectl'), 'kubectl is missing'],
  ])('skips what wants a cluster and says why, where %s', (_, behaviour, clients, why) => {
    const stage = new Stage(behaviour, clients);
    const { status, table } = stage.verify();
    expect(status).toBe(0);
    expect(table).toEqual({
      ...each(ALL, `skipped: ${why}`),
      ...each(['lint', 'types', 'unit', 'generated'], 'passed'),
      cluster: 'skipped: there is no command that starts one',
    });
    expect(stage.verify(['core'])).toMatchObject({ status: 1, stderr: `\nverify: phase 'core' failed: ${why}\n` });
  });

  it('names each client that is missing', () => {
    const stage = new Stage(
      '',
      CLIENTS.filter((client) => !['lftp', 'ssh', 'helm'].includes(client)),
    );
    const { status, table, stdout } = stage.verify(['clients', 'up']);
    expect([status, table]).toEqual([1, { clients: 'failed with exit code 1', up: 'not run' }]);
    expect(stdout).toContain('lftp is missing: apt-get install lftp\nssh is missing: apt-get install openssh-client\n');
    expect(stdout).toContain('helm is missing: its tests are skipped\n');
  });

  it('deletes no namespace that it was not told to', () => {
    const stage = new Stage(`  'kubectl get namespace services'*) echo Active ;;`);
    const { stdout } = stage.verify(['namespace']);
    expect(stdout).toContain("namespace 'services': Active\n");
    expect(stage.calls.filter((call) => call.startsWith('kubectl delete'))).toEqual([]);
  });

  it('names what holds a namespace that an earlier run has left half deleted', () => {
    const stage = new Stage(`  'kubectl get namespace services'*condition*) echo 'Some resources are remaining' ;;
  'kubectl get namespace services'*) echo Terminating ;;
  'kubectl wait'*) exit 1 ;;
  'kubectl api-resources'*) echo configmaps; echo events ;;
  'kubectl -n services get configmaps '*) echo 'ConfigMap held [example.org/hold]' ;;`);
    const { status, stdout } = stage.verify(['namespace']);
    expect(status).toBe(1);
    expect(stdout).toContain(`namespace 'services' is still being deleted, and these hold it:
ConfigMap held [example.org/hold]
Some resources are remaining
`);
  });

  it('adds a node only for suites that want several', () => {
    const options = ['--more-nodes', 'minikube node add', 'nodes'];
    const without = new Stage();
    expect(without.verify(options).stdout).toContain('there are no suites for several nodes\n');
    expect(without.calls).not.toContain('minikube node add');
    const stage = new Stage('  *--listTests) echo /x/__tests__/e2e/drain.e2e.ts ;;');
    expect(stage.verify(options).status).toBe(0);
    expect(stage.calls.slice(-3)).toEqual(['minikube node add', 'npm run up', 'npm run -s e2e:nodes']);
  });

  it('fails where what is generated is not what is committed', () => {
    const stage = new Stage(`  'npm run -s chart') echo changed >"$CALLS.state" ;;
  'git diff'*) [[ ! -f $CALLS.state ]] || cat "$CALLS.state" ;;`);
    const { status, stdout } = stage.verify(['generated']);
    expect(status).toBe(1);
    expect(stdout).toContain('what is generated differs from what is committed');
  });

  it('refuses a phase that it does not know', () => {
    const { status, stderr } = new Stage().verify(['lints']);
    expect(status).toBe(64);
    expect(stderr).toMatch(/^verify: 'lints' is no phase; use some of: lint types/);
  });

  it('prints the table when it is interrupted, and ends what runs', async () => {
    const stage = new Stage(`  'npm run -s lint') echo "it is $$"; sleep 600 ;;`);
    const child = stage.start(['lint']);
    let stdout = '';
    child.stdout.on('data', (data) => {
      stdout += data;
      if (/it is \d+\n/.test(stdout)) {
        child.kill('SIGTERM');
      }
    });
    const [status] = await once(child, 'close');
    expect([status, tableOf(stdout)]).toEqual([130, { lint: 'interrupted' }]);
  });

  it('writes the table into the summary of a job, too', () => {
    const summary = join(temporaryFolder(), 'summary');
    new Stage().verify(['lint'], { GITHUB_STEP_SUMMARY: summary });
    expect(readFileSync(summary, 'utf8')).toMatch(/^```\n\nphase {6}seconds {2}result\nlint +\d {2}passed\n```\n$/);
  });
});
