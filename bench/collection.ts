import { setTimeout as sleep } from 'node:timers/promises';
import { get, kubectl, NAMESPACE } from '../__tests__/e2e/cluster/kubectl';
import { redacted } from '../__tests__/e2e/runner/redacted';

/** Long enough for InfluxDB to make its means once. */
const MEASURE_SECONDS = 300;
/** A rolled pod, and what the others do because of it. */
const SETTLE_SECONDS = 45;
const SAMPLE_SECONDS = 10;
const MEBIBYTE = 1024 * 1024;
const TARGET = { cores: 0.03, mebibytes: 60 };

/** Processor seconds so far, and the working set. */
interface Reading {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly bytes?: number;
}

type Readings = { readonly [part: string]: Reading };

const stopped = new AbortController();

/** What takes part in collecting: Telegraf, the database that it writes to, and those that it asks. */
async function read(nodes: string[]): Promise<Readings> {
  const parts: { [part: string]: Reading } = {};
  let kubelets = 0;
  for (const node of nodes) {
    const proxy = `/api/v1/nodes/${node}/proxy`;
    const summary = JSON.parse(await kubectl(['get', '--raw', `${proxy}/stats/summary`]));
    for (const { podRef, containers = [] } of summary.pods) {
      for (const { name, cpu, memory } of containers) {
        if (podRef.namespace === NAMESPACE && cpu?.usageCoreNanoSeconds !== undefined) {
          parts[name] = {
            at: Date.parse(cpu.time) / 1000,
            cpuSeconds: cpu.usageCoreNanoSeconds / 1e9,
            bytes: memory?.workingSetBytes,
          };
        }
      }
    }
    kubelets += await processSeconds(`${proxy}/metrics`);
  }
  const at = Date.now() / 1000;
  parts['kubelet, of all nodes'] = { at, cpuSeconds: kubelets };
  parts['API server'] = { at, cpuSeconds: await processSeconds('/metrics') };
  return parts;
}

async function processSeconds(path: string): Promise<number> {
  const metrics = await kubectl(['get', '--raw', path]);
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1]);
}

interface Usage {
  readonly cores: number;
  readonly mebibytes?: number;
}

/** What each part uses for a while, as its mean of cores and its largest working set. */
async function usage(nodes: string[]): Promise<Map<string, Usage>> {
  const first = await read(nodes);
  let last = first;
  const largest = new Map<string, number>();
  for (const end = Date.now() + MEASURE_SECONDS * 1000; Date.now() < end; ) {
    await sleep(SAMPLE_SECONDS * 1000, undefined, { signal: stopped.signal });
    last = await read(nodes);
    for (const [part, { bytes = 0 }] of Object.entries(last)) {
      largest.set(part, Math.max(largest.get(part) ?? 0, bytes));
    }
  }
  const used = Object.entries(last).flatMap(([part, { at, cpuSeconds, bytes }]): [string, Usage][] => {
    const before = first[part];
    if (!before || at <= before.at || cpuSeconds < before.cpuSeconds) {
      return [];
    }
    const mebibytes = bytes === undefined ? undefined : (largest.get(part) ?? 0) / MEBIBYTE;
    return [[part, { cores: (cpuSeconds - before.cpuSeconds) / (at - before.at), mebibytes }]];
  });
  return new Map(used);
}

/** Takes Telegraf away or back, and waits until all is as quiet as before. */
async function scale(replicas: number): Promise<void> {
  await kubectl(['-n', NAMESPACE, 'scale', 'deployment/telegraf', `--replicas=${replicas}`]);
  const ready = replicas === 0 ? ['--for=delete', 'pod', '-l', 'app.kubernetes.io/instance=telegraf'] : undefined;
  const wait = ready ?? ['--for=condition=Available', 'deployment/telegraf'];
  await kubectl(['-n', NAMESPACE, 'wait', '--timeout=120s', ...wait], { seconds: 130 });
  await sleep(SETTLE_SECONDS * 1000, undefined, { signal: stopped.signal });
}

function row(part: string, on?: Usage, off?: Usage): string[] {
  const percent = (cores: number | undefined) => (cores === undefined ? '' : `${(cores * 100).toFixed(2)} %`);
  const size = on?.mebibytes === undefined ? '' : `${on.mebibytes.toFixed(0)} MiB`;
  const added = on === undefined ? undefined : on.cores - (off?.cores ?? 0);
  return [part, percent(on?.cores), percent(off?.cores), percent(added), size];
}

async function main(): Promise<void> {
  const { items } = await get(['nodes']);
  const nodes: string[] = items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  process.stderr.write(`${MEASURE_SECONDS} s with Telegraf, then as long without it\n`);
  const on = await usage(nodes);
  let off: Map<string, Usage>;
  try {
    await scale(0);
    off = await usage(nodes);
  } finally {
    await kubectl(['-n', NAMESPACE, 'scale', 'deployment/telegraf', '--replicas=1']);
  }
  const parts = [...on.keys()].sort((a, b) => Number(b === 'telegraf') - Number(a === 'telegraf') || (a < b ? -1 : 1));
  const rows = parts.map((part) => row(part, on.get(part), off.get(part)));
  const header = ['part', 'with Telegraf', 'without', 'difference', 'most memory'];
  const lines = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  process.stdout.write(`${lines.join('\n')}\n`);
  const telegraf = on.get('telegraf');
  if (!telegraf || telegraf.cores > TARGET.cores || (telegraf.mebibytes ?? 0) > TARGET.mebibytes) {
    throw new Error(`Telegraf is to use ${TARGET.cores * 100} % of a core and ${TARGET.mebibytes} MiB at most`);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopped.abort());
}
main().catch((error: Error) => {
  process.stderr.write(`bench/collection: ${stopped.signal.aborted ? 'interrupted' : redacted(error.message)}\n`);
  process.exitCode = 1;
});
