import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FtpClient } from '../__tests__/e2e/clients/ftps';
import { Browser, type Reply } from '../__tests__/e2e/clients/http';
import { PhpMyAdminUser } from '../__tests__/e2e/clients/phpmyadmin';
import { WordPressUser } from '../__tests__/e2e/clients/wordpress';
import { get, kubectl, NAMESPACE } from '../__tests__/e2e/cluster/kubectl';
import { redacted } from '../__tests__/e2e/runner/redacted';

const ATTEMPTS = 6;
const SETTLE_SECONDS = 180;
/** The kubelet looks at volumes once a minute. */
const LOAD_SECONDS = 90;
/** The kubelet looks at a container every 10 to 15 s. */
const SAMPLE_SECONDS = 15;
const PAUSE_MS = 25;
const UPLOAD_MEBIBYTES = 20;
const UPLOAD = `bench-resources-${randomBytes(4).toString('hex')}`;
const MEBIBYTE = 1024 * 1024;

const stopped = new AbortController();

interface Container {
  readonly service: string;
  readonly key: string;
  readonly name: string;
  /** The volumes that it mounts of the node's disk. */
  readonly scratch: string[];
  readonly request: Usage;
  readonly limit: Usage;
  /** Why it does not run. */
  readonly missing?: string;
}

/** What is used, asked for or allowed; undefined where nobody says. */
interface Usage {
  /** The working set in bytes. */
  readonly memory?: number;
  /** Cores. */
  readonly cpu?: number;
  /** Bytes on the node: what is written outside volumes, logs, and emptyDirs. */
  readonly disk?: number;
}

/** What the kubelet says of a volume, a log or a root file system. */
interface Filled {
  readonly name?: string;
  readonly usedBytes?: number;
}

/** All containers of the system, and what changes when one of them is started again. */
interface State {
  readonly containers: Container[];
  readonly nodes: string[];
  readonly starts: string;
  readonly unsettled: string[];
}

const UNITS: { readonly [unit: string]: number } = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: MEBIBYTE,
  Gi: 1024 * MEBIBYTE,
};

function number(quantity: string | undefined): number | undefined {
  const [, value, unit = ''] = /^([\d.]+)([A-Za-z]*)$/.exec(quantity ?? '') ?? [];
  const factor = UNITS[unit];
  return value === undefined || factor === undefined ? undefined : Number(value) * factor;
}

function usageOf(quantities: { readonly [resource: string]: string } = {}): Usage {
  const { memory, cpu, 'ephemeral-storage': disk } = quantities;
  return { memory: number(memory), cpu: number(cpu), disk: number(disk) };
}

async function state(): Promise<State> {
  const { items } = await get(['pods', '-l', 'app.kubernetes.io/instance']);
  const containers: Container[] = [];
  const starts: string[] = [];
  const unsettled: string[] = [];
  for (const { metadata, spec, status } of items) {
    const scratch = (spec.volumes ?? []).filter(({ emptyDir }: { emptyDir?: object }) => emptyDir);
    const names: string[] = scratch.map(({ name }: { name: string }) => name);
    for (const { name, resources = {}, volumeMounts = [] } of spec.containers) {
      const found = (status.containerStatuses ?? []).find((one: { name: string }) => one.name === name);
      const reason: string | undefined = found?.state?.waiting?.reason;
      const missing = reason && /Image/.test(reason) ? reason : undefined;
      starts.push(`${metadata.uid} ${name} ${found?.restartCount ?? 0}`);
      if (metadata.deletionTimestamp || (!missing && !found?.ready)) {
        unsettled.push(`${metadata.name} is ${metadata.deletionTimestamp ? 'ending' : 'not ready'}`);
      }
      containers.push({
        service: metadata.labels['app.kubernetes.io/instance'],
        key: `${metadata.namespace}/${metadata.name}/${name}`,
        name,
        scratch: volumeMounts.map((mount: { name: string }) => mount.name).filter((one: string) => names.includes(one)),
        request: usageOf(resources.requests),
        limit: usageOf(resources.limits),
        missing,
      });
    }
  }
  const nodes = new Set<string>(items.map(({ spec }: { spec: { nodeName: string } }) => spec.nodeName));
  return { containers, nodes: [...nodes], starts: starts.sort().join('\n'), unsettled };
}

/** The state once every pod is ready that has an image. */
async function settled(): Promise<State> {
  for (const end = Date.now() + SETTLE_SECONDS * 1000; ; await sleep(2000)) {
    stopped.signal.throwIfAborted();
    const found = await state();
    if (found.containers.length === 0) {
      throw new Error(`nothing runs in namespace '${NAMESPACE}'; run: npm run up`);
    }
    if (found.unsettled.length === 0) {
      return found;
    }
    if (Date.now() > end) {
      throw new Error(`not every pod is ready after ${SETTLE_SECONDS} s: ${found.unsettled.join('; ')}`);
    }
  }
}

/** What containers use, by when the kubelet looked. */
class Samples {
  private readonly all = new Map<string, Map<string, Required<Usage>>>();

  constructor(
    private readonly state: State,
    private readonly from: number,
  ) {}

  /** Takes what the kubelet has seen since the beginning, up to a moment. */
  async take(to = Date.now()): Promise<void> {
    for (const node of this.state.nodes) {
      const summary = JSON.parse(await kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`]));
      for (const { podRef, containers = [], volume = [] } of summary.pods) {
        for (const { name, memory, cpu, rootfs, logs } of containers) {
          const key = `${podRef.namespace}/${podRef.name}/${name}`;
          const moment = Date.parse(memory?.time);
          if (memory?.workingSetBytes && moment >= this.from && moment <= to) {
            const { scratch = [] } = this.state.containers.find((container) => container.key === key) ?? {};
            const parts: Filled[] = [rootfs, logs, ...volume.filter((one: Filled) => scratch.includes(one.name ?? ''))];
            const disk = parts.reduce((sum, part) => sum + (part?.usedBytes ?? 0), 0);
            const usage = { memory: memory.workingSetBytes, cpu: (cpu?.usageNanoCores ?? 0) / 1e9, disk };
            this.of(key).set(memory.time, usage);
          }
        }
      }
    }
  }

  /** From the least to the most. */
  sorted(key: string, of: keyof Usage): number[] {
    return [...this.of(key).values()].map((usage) => usage[of]).sort((a, b) => a - b);
  }

  private of(key: string): Map<string, Required<Usage>> {
    const known = this.all.get(key) ?? new Map<string, Required<Usage>>();
    this.all.set(key, known);
    return known;
  }
}

async function takeFor(seconds: number, samples: Samples, to?: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end && !stopped.signal.aborted) {
    await samples.take(to);
    await sleep(2000);
  }
}

/** Where a service's port is reached: at the load balancer where there is one, else on the node. */
async function place(
  service: string,
  name: string,
): Promise<{ by: 'load balancer' | 'node port'; host: string; port: number }> {
  const { spec, status } = await get(['service', service]);
  const { port, nodePort } = spec.ports.find((one: { name: string }) => one.name === name);
  const balancer = status.loadBalancer?.ingress?.[0];
  if (balancer) {
    return { by: 'load balancer', host: balancer.ip ?? balancer.hostname, port };
  }
  const { items } = await get(['nodes']);
  const address = items[0].status.addresses.find(({ type }: { type: string }) => type === 'InternalIP');
  return { by: 'node port', host: address.address, port: nodePort };
}

/** The same clients each time, each with a short pause after each request. */
class Load {
  static async start(): Promise<Load> {
    const base = async (name: string, service: string) => {
      const { host, port } = await place(service, name);
      return `https://${host}:${port}`;
    };
    const wordpress = await base('http', 'wordpress');
    const phpmyadmin = await base('http', 'phpmyadmin');
    const nginx = await base('https', 'nginx');
    const ftps = await place('ftps', 'ftp');
    const admin = await WordPressUser.login('admin', wordpress);
    const database = await PhpMyAdminUser.login(new Browser(phpmyadmin));
    const file = randomBytes(UPLOAD_MEBIBYTES * MEBIBYTE);
    const load = new Load(ftps);
    // the query makes it a page that no cache has
    load.add(4, async (turn) => expectPage(await new Browser(wordpress).get(`/?bench=${turn}`)));
    load.add(4, async () => expectPage(await admin.browser.get('/')));
    load.add(3, async () => expectPage(await new Browser(phpmyadmin).get('/')));
    load.add(2, async () => expectPage(await database.browser.get('/index.php?route=/')));
    load.add(1, async () => expectPage(await new Browser(nginx).get('/')));
    load.add(1, () => load.withFtp(async (client) => client.store(UPLOAD, file, await client.extendedPassive())));
    return load;
  }

  answered = 0;
  readonly failures: string[] = [];
  private going = true;
  private turn = 0;
  private readonly clients: Promise<void>[] = [];

  private constructor(private readonly ftps: Awaited<ReturnType<typeof place>>) {}

  async stop(): Promise<void> {
    this.going = false;
    await Promise.all(this.clients);
    await this.withFtp(async (client) => {
      await client.send('DELE', UPLOAD);
    });
  }

  private add(clients: number, request: (turn: number) => Promise<void>): void {
    for (let client = 0; client < clients; client++) {
      this.clients.push(this.run(request));
    }
  }

  private async run(request: (turn: number) => Promise<void>): Promise<void> {
    while (this.going) {
      try {
        await request(this.turn++);
        this.answered++;
      } catch (error) {
        this.failures.push((error as Error).message);
      }
      await sleep(PAUSE_MS);
    }
  }

  private async withFtp(use: (client: FtpClient) => Promise<void>): Promise<void> {
    const client = await FtpClient.login(this.ftps);
    try {
      await use(client);
    } finally {
      client.close();
    }
  }
}

function expectPage({ status, text }: Reply): void {
  if (status !== 200) {
    throw new Error(`expected 200, got ${status}: ${text.slice(0, 100)}`);
  }
}

interface Measured extends Container {
  readonly idle: Usage;
  readonly loaded: Usage;
}

/** Idle and loaded use of every container. */
async function attempt(before: State): Promise<Measured[]> {
  const { containers } = before;
  const idle = new Samples(before, Date.now());
  await takeFor(2 * SAMPLE_SECONDS, idle);
  stopped.signal.throwIfAborted();
  const loaded = new Samples(before, Date.now());
  const load = await Load.start();
  try {
    await takeFor(LOAD_SECONDS, loaded);
  } finally {
    const end = Date.now();
    await load.stop();
    await takeFor(SAMPLE_SECONDS, loaded, end);
  }
  process.stderr.write(`${load.answered} requests answered, ${load.failures.length} failed\n`);
  if (load.failures.length > load.answered / 100) {
    throw new Error(`${load.failures.length} of the load's requests failed, the first: ${load.failures[0]}`);
  }
  return containers.map((container) => {
    const median = (of: keyof Usage) => {
      const all = idle.sorted(container.key, of);
      return all[Math.floor(all.length / 2)];
    };
    const most = (of: keyof Usage) => loaded.sorted(container.key, of).at(-1);
    const measured = {
      idle: { memory: median('memory'), cpu: median('cpu'), disk: median('disk') },
      loaded: { memory: most('memory'), cpu: most('cpu'), disk: most('disk') },
    };
    if (!container.missing && (measured.idle.memory === undefined || measured.loaded.memory === undefined)) {
      throw new Error(`the kubelet says nothing of ${container.key}`);
    }
    return { ...container, ...measured };
  });
}

/** The first attempt in which no container was started again. */
async function undisturbed(): Promise<Measured[]> {
  for (let count = 1; count <= ATTEMPTS; count++) {
    process.stderr.write(`attempt ${count} of ${ATTEMPTS}\n`);
    const before = await settled();
    const result = await attempt(before).catch((error: Error) => error);
    stopped.signal.throwIfAborted();
    const after = await state();
    if (before.starts !== after.starts) {
      process.stderr.write('a pod was started again meanwhile, so once more\n');
    } else if (result instanceof Error) {
      throw result;
    } else {
      return result;
    }
  }
  throw new Error(`pods were started again in each of ${ATTEMPTS} attempts`);
}

function row({ service, name, idle, loaded, request, limit, missing }: Measured): string[] {
  const size = (value: number | undefined, digits = 0) =>
    value === undefined ? '' : `${(value / MEBIBYTE).toFixed(digits)} MiB`;
  const cores = (value: number | undefined) => (value === undefined ? '' : `${(value * 1000).toFixed(0)} m`);
  const all = [idle, loaded, request, limit];
  const [memory, cpu] = [all.map((usage) => size(usage.memory)), all.map((usage) => cores(usage.cpu))];
  const disk = all.map((usage, index) => size(usage.disk, index < 2 ? 1 : 0));
  return [service, name, ...memory, ...cpu, ...disk].map((cell, index) => (missing && index === 2 ? missing : cell));
}

async function main(): Promise<void> {
  const rows = (await undisturbed()).sort((a, b) => a.key.localeCompare(b.key)).map(row);
  const columns = ['idle', 'loaded', 'request', 'limit'];
  const header = [
    'pod',
    'container',
    ...columns.map((name) => `memory ${name}`),
    ...columns.map((name) => `CPU ${name}`),
    ...columns.map((name) => `disk ${name}`),
  ];
  process.stdout.write(
    `${[header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`,
  );
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopped.abort());
}
main().catch((error: Error) => {
  process.stderr.write(`bench/resources: ${stopped.signal.aborted ? 'interrupted' : redacted(error.message)}\n`);
  process.exitCode = 1;
});
