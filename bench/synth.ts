import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

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
  /** Seconds of processor time, the median of all rounds. */
  readonly cpu: number;
  /** The most memory that one process had, in MiB. */
  readonly memory: number;
}

/** What a command costs, with all Node processes that it starts. */
function cost(command: string, ...words: string[]): Cost {
  const rounds = Array.from({ length: ROUNDS }, () => {
    writeFileSync(usage, '');
    execFileSync(command, words, { cwd: ROOT, env: environment, stdio: 'ignore' });
    const processes = readFileSync(usage, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    return {
      cpu: processes.reduce((sum, [cpu = 0]) => sum + cpu, 0),
      memory: Math.max(...processes.map(([, memory = 0]) => memory)),
    };
  });
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return { cpu: median(rounds.map(({ cpu }) => cpu)), memory: median(rounds.map(({ memory }) => memory)) };
}

function objectsOf(dist: string): string {
  const documents = readdirSync(dist).flatMap((file) => parseAllDocuments(readFileSync(join(dist, file), 'utf8')));
  const json = join(folder, 'objects.json');
  writeFileSync(json, JSON.stringify(documents.map((document) => document.toJS())));
  return json;
}

const rows: string[][] = [];
const show = (name: string, { cpu, memory }: Cost, peer: Cost, peerName: string) =>
  rows.push([name, `${cpu.toFixed(2)} s`, `${memory.toFixed(0)} MiB`, `${(cpu / peer.cpu).toFixed(2)} × ${peerName}`]);

const node = process.execPath;
const cli = join(ROOT, 'node_modules/cdk8s-cli/bin/cdk8s');
const bare = cost(node, '-e', '0');
const bareCli = cost(node, cli, '--version');
show('node -e 0', bare, bare, 'itself');
show('the stack, run directly', cost(node, 'cli/run.js', 'main.ts'), bare, '`node -e 0`');
show('cdk8s --version', bareCli, bareCli, 'itself');
show(
  'the stack, by cdk8s synth',
  cost(node, cli, 'synth', '--output', environment.CDK8S_OUTDIR),
  bareCli,
  '`cdk8s --version`',
);

for (const count of ['10', '100', '1000']) {
  rmSync(environment.CDK8S_OUTDIR, { recursive: true, force: true });
  const services = cost(node, 'cli/run.js', 'bench/many.ts', count);
  const yaml = cost(
    node,
    'cli/run.js',
    'bench/yaml-floor.ts',
    objectsOf(environment.CDK8S_OUTDIR),
    join(folder, 'floor.yaml'),
  );
  show(`${count} services`, services, yaml, 'writing the same objects with `yaml`');
}
rmSync(folder, { recursive: true });

const header = ['', 'CPU', 'peak memory', 'ratio'];
process.stdout.write(
  `${[header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
);
