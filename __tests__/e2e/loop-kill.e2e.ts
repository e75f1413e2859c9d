/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 10
 */
import { randomInt } from 'node:crypto';
import type { Chart } from 'cdk8s';
import { get, kubectl } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { Program } from './cluster/program';
import { MARK } from './fixtures/belongings';
import { anyImage, object, sleeper, store } from './fixtures/sleeper';
import { check, setUp } from './runner/check';
import { Running } from './runner/process';

const NAMESPACE = `${MARK}-killed`;
const POINTS = Number(process.env.E2E_KILL_POINTS ?? 20);
const SEED = Number(process.env.E2E_SEED ?? randomInt(1, 2 ** 31));
const KINDS =
  'namespaces,configmaps,secrets,services,serviceaccounts,persistentvolumeclaims,deployments,statefulsets,leases';

type Name = 'before' | 'after';

/** A program that adds, changes and deletes services, databases among them, when it is followed by the other. */
function programs(image: string): { readonly [name in Name]: (chart: Chart) => void } {
  const common = (chart: Chart, version: string) => {
    store(chart, 'changed-store', { image, version });
    sleeper(chart, 'changed', { image, version });
    sleeper(chart, 'same', { image, version: '1' });
    object(chart, 'v1', 'ConfigMap', 'changed', { data: { version } });
    object(chart, 'v1', 'Secret', 'changed', { stringData: { version } });
  };
  return {
    before: (chart) => {
      common(chart, '1');
      store(chart, 'deleted-store', { image, version: '1' });
      sleeper(chart, 'deleted', { image, version: '1' });
      object(chart, 'v1', 'ConfigMap', 'deleted', { data: { a: 'b' } });
    },
    after: (chart) => {
      common(chart, '2');
      sleeper(chart, 'added', { image, version: '1' });
      object(chart, 'v1', 'ConfigMap', 'added', { data: { a: 'b' } });
      object(chart, 'v1', 'Service', 'added', { spec: { clusterIP: 'None', ports: [{ port: 80 }] } });
    },
  };
}

describe('up that is killed', () => {
  const program = new Program(NAMESPACE);
  const undisturbed = new Map<Name, readonly string[]>();
  let write: (name: Name) => void;
  let volumes: readonly string[] = [];
  let context = '';
  /** What an undisturbed one takes, in milliseconds. */
  let duration = 0;
  setUp(async () => {
    context = (await kubectl(['config', 'current-context'])).trim();
    const made = programs(await anyImage());
    write = (name) => program.write(made[name]);
    // there and back once, as the claims of a database that was deleted once are known to the app
    for (const name of ['before', 'after', 'before'] as const) {
      write(name);
      const start = Date.now();
      await program.runs('up');
      duration = Date.now() - start;
      undisturbed.set(name, await state());
    }
    volumes = await volumesOf();
    await kubectl(['-n', NAMESPACE, 'exec', 'changed-store-0', '--', 'sh', '-c', `echo ${MARK} >/data/mark`]);
  }, 240);
  afterAll(removeOwn);

  const about = { of: ['changed-store'], namespace: () => NAMESPACE, seconds: 900 };
  check(`at ${POINTS} random points is completed by the next one, and no volume is lost`, about, async () => {
    const random = randomOf(SEED);
    const wrong: string[] = [];
    for (let point = 1; point <= POINTS; point++) {
      const name = point % 2 === 1 ? 'after' : 'before';
      write(name);
      const time = Math.round(random() * duration);
      const withChildren = point % 4 < 2;
      const killed = new Running(program.folder, 'up', '-p', context);
      await new Promise((resolve) => setTimeout(resolve, time));
      await killed.signal('SIGKILL', withChildren);
      const last = killed.said.trim().split('\n').at(-1) ?? '';
      const moment = `${point}: ${withChildren ? 'with its children ' : ''}after ${time} ms of ${duration}, at '${last}'`;
      const { code, stdout, stderr } = await program.run('up');
      if (code !== 0) {
        wrong.push(`${moment}: the next one ends with ${code}: ${stdout}${stderr}`);
        break;
      }
      const different = difference(undisturbed.get(name) ?? [], await state());
      const lost = difference(volumes, await volumesOf());
      if (different.length + lost.length > 0) {
        wrong.push(moment, ...different, ...lost);
      }
    }
    expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
    const read = ['-n', NAMESPACE, 'exec', 'changed-store-0', '--', 'cat', '/data/mark'];
    expect((await kubectl(read)).trim()).toBe(MARK);
  });
});

/** All that is in the namespace, but for what is never the same. */
async function state(): Promise<string[]> {
  const { items } = await get([KINDS], NAMESPACE);
  return items
    .filter(({ kind, metadata }: any) => kind !== 'Namespace' || metadata.name === NAMESPACE)
    .filter(({ metadata }: any) => metadata.labels?.['cdk8s-services/revision-of'] === undefined)
    .filter(({ metadata }: any) => metadata.name !== 'kube-root-ca.crt' && metadata.name !== 'default')
    .map(({ kind, metadata, status, spec, data }: any) => {
      const { name, labels, deletionTimestamp } = metadata;
      const annotations = { ...metadata.annotations };
      delete annotations['deployment.kubernetes.io/revision'];
      const ready = status?.readyReplicas;
      return JSON.stringify({ kind, name, labels, annotations, deletionTimestamp, spec, data, ready });
    })
    .sort();
}

async function volumesOf(): Promise<string[]> {
  const { items } = await get(['persistentvolumeclaims'], NAMESPACE);
  return items.map(({ metadata, spec }: any) => `${metadata.name} ${metadata.uid} ${spec.volumeName}`).sort();
}

function difference(wanted: readonly string[], found: readonly string[]): string[] {
  return [
    ...wanted.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
    ...found.filter((line) => !wanted.includes(line)).map((line) => `instead: ${line}`),
  ];
}

/** The same numbers for the same seed: Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
