import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { load, loadAll } from 'js-yaml';

const ROUNDS = 7;
const ROOT = resolve(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bench-synth-'));
const usage = join(folder, 'usage');
const environment = {
  ...process.env,
  CDK8S_CHECK_UPGRADE: 'false',
  CDK8S_OUTDIR: join(folder, 'dist'),
  BENCH_USAGE: usage,
  NODE_OPTIONS: `--require ${join(ROOT, 'bench/report-usage.js')}`,
};

interface Cost {
  /** Seconds of processor time. */
  readonly cpu: number;
  /** The most memory that one process had, in MiB. */
  readonly memory: number;
}

/** What a program costs with Node, and what another does. They take turns, so that a busy machine slows both alike. */
function compare(program: string[], peer: string[]): { readonly own: Cost; readonly peer: Cost } {
  const rounds = Array.from({ length: ROUNDS }, () => ({ own: cost(program), peer: cost(peer) }));
  return { own: median(rounds.map(({ own }) => own)), peer: median(rounds.map(({ peer }) => peer)) };
}

/** What one run costs, with all Node processes that it starts. */
function cost(program: string[]): Cost {
  writeFileSync(usage, '');
  execFileSync(process.execPath, program, { cwd: ROOT, env: environment, stdio: 'ignore' });
  const processes = readFileSync(usage, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  return {
    cpu: processes.reduce((sum, [cpu = 0]) => sum + cpu, 0),
    memory: Math.max(...processes.map(([, memory = 0]) => memory)),
  };
}

function median(costs: Cost[]): Cost {
  const middle = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return { cpu: middle(costs.map(({ cpu }) => cpu)), memory: middle(costs.map(({ memory }) => memory)) };
}

function objectsOf(dist: string): string {
  const documents = readdirSync(dist).flatMap((file) => loadAll(readFileSync(join(dist, file), 'utf8')));
  const json = join(folder, 'objects.json');
  writeFileSync(json, JSON.stringify(documents));
  return json;
}

const rows: string[][] = [];
function show(name: string, own: Cost, peer: Cost, peerName: string): void {
  const ratio = `${(own.cpu / peer.cpu).toFixed(2)} × ${peerName}`;
  rows.push([name, `${own.cpu.toFixed(2)} s`, `${own.memory.toFixed(0)} MiB`, ratio]);
}

/** The stack, below the least that such a run can cost. */
function showStack(name: string, program: string[], leastName: string, least: string[]): void {
  const { own, peer } = compare(program, least);
  show(leastName, peer, peer, 'itself');
  show(name, own, peer, `\`${leastName}\``);
}

const [, ...app] = (load(readFileSync(join(ROOT, 'cdk8s.yaml'), 'utf8')) as { app: string }).app.split(' ');
showStack('the stack, run directly', app, 'node -e 0', ['-e', '0']);
const cli = join(ROOT, 'node_modules/cdk8s-cli/bin/cdk8s');
const synth = [cli, 'synth', '--output', environment.CDK8S_OUTDIR];
showStack('the stack, by cdk8s synth', synth, 'cdk8s --version', [cli, '--version']);
const fast = ['scripts/synth.js', '--output', environment.CDK8S_OUTDIR];
showStack('the stack, by npm run synth, without npm', fast, 'cdk8s --version', [cli, '--version']);

for (const count of ['10', '100', '1000']) {
  rmSync(environment.CDK8S_OUTDIR, { recursive: true, force: true });
  const services = ['scripts/run.js', 'bench/many.ts', count];
  cost(services);
  const objects = objectsOf(environment.CDK8S_OUTDIR);
  const { own, peer } = compare(services, [
    'scripts/run.js',
    'bench/yaml-floor.ts',
    objects,
    join(folder, 'floor.yaml'),
  ]);
  show(`${count} services`, own, peer, 'writing the same objects with `yaml`');
}
rmSync(folder, { recursive: true });

const header = ['', 'CPU', 'peak memory', 'ratio'];
process.stdout.write(
  `${[header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
);
