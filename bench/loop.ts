import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadAll } from 'js-yaml';

/** One for those that take minutes. */
const roundsOf = (objects: number) => (objects > 1000 ? 1 : 3);
const FLEETS = [10, 50, 200];
const CONTEXT = process.env.BENCH_CONTEXT ?? 'minikube';
const ROOT = resolve(__dirname, '..');
const CLI = join(ROOT, 'lib/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'bench-loop-'));
const usage = join(folder, 'usage');

interface Cost {
  readonly seconds: number;
  /** The most memory that one Node process had, in MiB. */
  readonly memory: number;
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The exit code of a success. */
  readonly code?: number;
}

/** A CDK8s app, and how one thing of it changes. */
interface Subject {
  readonly name: string;
  readonly folder: string;
  readonly namespace: string;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly change?: NodeJS.ProcessEnv;
}

const rows: string[][] = [];

function cost(cwd: string, { command, args, env, code = 0 }: Program): Cost {
  writeFileSync(usage, '');
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, {
    cwd,
    env: {
      ...process.env,
      ...env,
      BENCH_USAGE: usage,
      NODE_OPTIONS: `--require ${join(ROOT, 'bench/report-usage.js')}`,
    },
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== code) {
    throw new Error(`${command} ${args.slice(0, 4).join(' ')} ended with ${status}: ${stderr.trim().slice(-2000)}`);
  }
  const processes = readFileSync(usage, 'utf8').trim().split('\n');
  return { seconds, memory: Math.max(...processes.map((line) => Number(line.split(' ')[1] ?? 0))) };
}

/** Programs take turns, so that a busy machine slows all alike; of each, the median. */
function compare(cwd: string, programs: readonly Program[], count: number): Cost[] {
  const rounds = Array.from({ length: count }, () => programs.map((program) => cost(cwd, program)));
  return programs.map((_, index) => {
    const costs = rounds.map((round) => round[index] as Cost).sort((a, b) => a.seconds - b.seconds);
    return costs[Math.floor(count / 2)] as Cost;
  });
}

/** `plan` and an unchanged `up` beside kubectl with the same objects, and the plan of one change. */
function measure({ name, folder: cwd, namespace, words, env, change }: Subject): void {
  const own = (command: string, more: NodeJS.ProcessEnv = {}, code = 0): Program => ({
    command: process.execPath,
    args: [CLI, command, '-p', CONTEXT, ...words],
    env: { ...env, ...more },
    code,
  });
  cost(cwd, own('up'));
  const { files, count } = writeApplied(cwd, namespace);
  const kubectl = (command: string, ...args: string[]): Program => ({
    command: 'kubectl',
    args: ['--context', CONTEXT, command, '--server-side', '--field-manager=cdk8s-services', '-f', files, ...args],
  });
  const programs = [
    own('plan'),
    kubectl('diff'),
    own('up'),
    kubectl('apply'),
    ...(change ? [own('plan', change, 2)] : []),
  ];
  const [plan, diff, up, apply, changed] = compare(cwd, programs, roundsOf(count)) as [
    Cost,
    Cost,
    Cost,
    Cost,
    Cost | undefined,
  ];
  show(name, count, 'plan', plan, ratio(plan, diff, 'kubectl diff --server-side'));
  show('', count, 'up, unchanged', up, ratio(up, apply, 'kubectl apply --server-side'));
  if (changed) {
    show('', count, 'plan of one change', changed, ratio(changed, plan, 'the plan without one'));
  }
}

/** What `up` has applied of the files in `dist`, with the label that makes it a member of the app. */
function writeApplied(cwd: string, namespace: string): { readonly files: string; readonly count: number } {
  const label = 'applyset.kubernetes.io';
  const [parent] = get(namespace, 'configmaps', '-l', `${label}/id`);
  const id = parent.metadata.labels[`${label}/id`];
  const kinds = parent.metadata.annotations[`${label}/contains-group-kinds`];
  const members = new Set(
    get(namespace, kinds, '-l', `${label}/part-of=${id}`).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  );
  const files = mkdtempSync(join(folder, 'applied-'));
  let count = 0;
  for (const file of readdirSync(join(cwd, 'dist'))) {
    const documents = loadAll(readFileSync(join(cwd, 'dist', file), 'utf8')) as ReturnType<typeof get>;
    const objects = documents.filter(({ kind, metadata }) => members.has(`${kind} ${metadata.name}`));
    for (const { metadata } of objects) {
      metadata.labels = { ...metadata.labels, [`${label}/part-of`]: id };
    }
    count += objects.length;
    if (objects.length > 0) {
      writeFileSync(
        join(files, file.replace(/yaml$/, 'json')),
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
      );
    }
  }
  return { files, count };
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the cluster has
function get(namespace: string, ...args: string[]): any[] {
  const { stdout } = spawnSync('kubectl', ['--context', CONTEXT, '-n', namespace, 'get', ...args, '-o', 'json'], {
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });
  return JSON.parse(stdout).items;
}

function ratio(one: Cost, peer: Cost, name: string): string {
  return `${(one.seconds / peer.seconds).toFixed(2)} × ${name} (${peer.seconds.toFixed(2)} s)`;
}

function show(name: string, objects: number, what: string, { seconds, memory }: Cost, compared: string): void {
  const each = `${((seconds * 1000) / objects).toFixed(1)} ms`;
  rows.push([name, String(objects), what, `${seconds.toFixed(2)} s`, each, `${memory.toFixed(0)} MiB`, compared]);
}

function fleet(sites: number): Subject {
  const cwd = join(folder, `fleet-${sites}`);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{"name":"fleet"}');
  writeFileSync(join(cwd, 'cdk8s.yaml'), `app: node ${ROOT}/scripts/run.js ${ROOT}/bench/fleet.ts\n`);
  const env = { FLEET_SITES: String(sites), FLEET_NAMESPACE: `fleet-${sites}` };
  const change = { FLEET_TITLE: 'Another title' };
  return { name: `${sites} sites`, folder: cwd, namespace: env.FLEET_NAMESPACE, words: [], env, change };
}

const wanted = process.argv.slice(2);
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
try {
  if (isWanted('stack')) {
    measure({ name: 'the stack', folder: ROOT, namespace: 'services', words: ['--without', 'grafana'], env: {} });
  }
  for (const sites of FLEETS.filter((sites) => isWanted(String(sites)))) {
    const subject = fleet(sites);
    try {
      measure(subject);
    } finally {
      spawnSync('kubectl', ['--context', CONTEXT, 'delete', 'namespace', subject.namespace, '--ignore-not-found']);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const header = ['', 'objects', 'command', 'time', 'an object', 'memory', 'ratio'];
process.stdout.write(
  `${[header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
);
