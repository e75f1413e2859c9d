/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 5
 * @last
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { nodeDocker } from './cluster/images';
import { get, kubectl, NAMESPACE } from './cluster/kubectl';
import { synthesized } from './cluster/synthesized';
import { type Needles, Search, SHORTEST } from './fixtures/search';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { folder } from './runner/folder';
import { recordedLogs, recordedSecrets } from './runner/recorder';
import { run } from './runner/run';

/** What is in Secrets, and is no secret. */
const PUBLIC = ['username', 'ca.crt', 'tls.crt', 'authorized-keys'];
/** What Kubernetes keeps of the namespace, but for the Secrets. */
const KINDS =
  'pods,deployments,replicasets,statefulsets,controllerrevisions,jobs,cronjobs,horizontalpodautoscalers,services,' +
  'endpointslices,ingresses,configmaps,networkpolicies,persistentvolumeclaims,serviceaccounts,roles,rolebindings,' +
  'poddisruptionbudgets,resourcequotas,limitranges,leases,events';
/** The label of ConfigMaps in which `up` keeps what it applied. */
const PIECE_OF = 'cdk8s-services/piece-of';
const ROOT = join(__dirname, '../..');

/** Each search is also for something that is there, so that finding nothing else means something. */
describe('leaks', () => {
  let secrets: Needles;
  setUp(() => {
    secrets = knownSecrets();
  });

  async function expectNone(known: string, haystacks: AsyncIterable<[string, AsyncIterable<Buffer>]>): Promise<void> {
    const search = new Search(new Map([...secrets, ['known', known]]));
    const found = new Map<string, string[]>();
    for await (const [where, chunks] of haystacks) {
      for (const name of await search.in(chunks)) {
        found.set(name, [...(found.get(name) ?? []), where]);
      }
    }
    const seen = found.delete('known');
    expect({ seen, leaks: Object.fromEntries(found) }).toEqual({ seen: true, leaks: {} });
  }

  check('the search finds every Secret, in every form that it may have', { of: [] }, async () => {
    expect(secrets.size).toBeGreaterThan(12);
    const search = new Search(secrets);
    for (const [name, value] of secrets) {
      const forms = [value, Buffer.from(value).toString('base64'), Buffer.from(`user:${value}`).toString('base64')];
      for (const form of [...forms, JSON.stringify({ value })]) {
        expect([...(await search.in(inPieces(form)))]).toContain(name);
      }
    }
  });

  check('no file of the repository has one', { of: [] }, async () => {
    await expectNone('RestrictedNamespace', files(await filesOfRepository()));
  });

  const repository = existsSync(join(ROOT, '.git')) ? undefined : 'this is no git repository';
  check('no object of its history has one', { of: [], skip: repository, seconds: 90 }, async () => {
    const args = ['cat-file', '--batch-all-objects', '--unordered', '--buffer', '--batch'];
    await expectNone('RestrictedNamespace', one('history', output('git', args)));
  });

  check('the file that keeps them is for its owner only, and not for git', { of: [], skip: repository }, async () => {
    const { stdout } = await run('git', ['-C', ROOT, 'check-ignore', '.credentials.json', 'dist/x.yaml']);
    expect(stdout).toBe('.credentials.json\ndist/x.yaml\n');
    const { stdout: mode } = await run('find', [join(ROOT, '.credentials.json'), '-perm', '600']);
    expect(mode.trim()).toBe(join(ROOT, '.credentials.json'));
  });

  check('of what is synthesized, only the file of the Secrets has one', { of: [] }, async () => {
    const dist = await synthesized();
    const others = readdirSync(dist).filter((name) => !/^kind: Secret$/m.test(readFileSync(join(dist, name), 'utf8')));
    expect(others.length).toBeGreaterThan(1);
    await expectNone('app.kubernetes.io/instance', files(others.map((name) => join(dist, name))));
  });

  const ofImages = process.env.ENVIRONMENT === 'cluster' ? 'the images are in a registry' : undefined;
  check(
    'no layer, configuration or history of an image has one',
    { of: [], skip: ofImages, seconds: 240 },
    async () => {
      await expectNone('org.opencontainers.image.title', files(await filesOfImages()));
    },
  );

  check('no container has said one, since the run began, nor a pod that is gone', { of: [] }, async () => {
    const logs = recordedLogs(FACTS.record);
    const containers = (await get(['pods'])).items.flatMap(({ status }: any) => status.containerStatuses ?? []);
    const running = containers.filter(({ state }: any) => state.running);
    expect(logs.length).toBeGreaterThanOrEqual(running.length);
    await expectNone('bringing the accounts in line with', files(logs));
  });

  check('nothing that Kubernetes keeps beside the Secrets has one', { of: [] }, async () => {
    const args = ['-n', NAMESPACE, 'get', KINDS, '--show-managed-fields', '-o', 'json'];
    await expectNone('app.kubernetes.io/instance', one('objects', output('kubectl', args)));
  });

  check('no revision that is kept for a rollback has one, when it is unpacked', { of: [] }, async () => {
    await expectNone('app.kubernetes.io/instance', Readable.from(await revisions()));
  });

  for (const known of ['WORDPRESS_DB_PASSWORD_FILE', '--defaults-file=/etc/mysql']) {
    const what = known.startsWith('--') ? 'arguments' : 'environment';
    const file = what === 'arguments' ? 'cmdline' : 'environ';
    check(`no process has one in its ${what}`, { of: [], seconds: 90 }, async () => {
      const said: [string, AsyncIterable<Buffer>][] = [];
      for (const { metadata, status } of (await get(['pods'])).items) {
        for (const { name, state } of status.containerStatuses ?? []) {
          if (state.running) {
            const script = `cat /proc/[0-9]*/${file} 2>/dev/null; true`;
            const exec = ['-n', NAMESPACE, 'exec', metadata.name, '-c', name, '--', 'sh', '-c', script];
            said.push([`${metadata.name}/${name}`, inPieces(await kubectl(exec))]);
          }
        }
      }
      await expectNone(known, Readable.from(said));
    });
  }
});

/** The values of all Secrets, of before the run and of all that they were changed to in it, and the authority's key. */
function knownSecrets(): Needles {
  const found = new Map<string, string>();
  for (const { name, data = {} } of recordedSecrets(FACTS.record)) {
    for (const [key, value] of Object.entries(data).filter(([key]) => !PUBLIC.includes(key))) {
      const text = Buffer.from(value, 'base64').toString();
      const same = [...found].some(([, other]) => other === text);
      if (!same) {
        found.set(`${name}: ${key}${found.has(`${name}: ${key}`) ? ` (${found.size})` : ''}`, text);
      }
    }
  }
  const kept = join(ROOT, '.credentials.json');
  const authority = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8'))['.authority']?.['ca.key'] : undefined;
  return authority ? found.set('the authority: ca.key', authority) : found;
}

async function filesOfRepository(): Promise<string[]> {
  const listed = await run('git', ['-C', ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const names = listed.code === 0 ? listed.stdout.split('\0').filter(Boolean) : ['README.md'];
  return names.map((name) => join(ROOT, name)).filter(existsSync);
}

/** The files that Docker saves of the images that run: manifests, configurations, and one for each layer. */
async function filesOfImages(): Promise<string[]> {
  const { items } = await get(['pods']);
  const images = items.flatMap(({ spec }: any) => [...(spec.initContainers ?? []), ...spec.containers]);
  const names = [...new Set<string>(images.map(({ image }: any) => image))];
  const env = await nodeDocker();
  const there: string[] = [];
  for (const name of names) {
    if ((await run('docker', ['image', 'inspect', name], { env })).code === 0) {
      there.push(name);
    }
  }
  expect(there.length).toBeGreaterThanOrEqual(names.length - (FACTS.grafanaMissing ? 1 : 0));
  const saved = join(folder(), 'images');
  mkdirSync(saved);
  const script = 'to=$1; shift; docker save "$@" | tar -x -C "$to"';
  const { code, stderr } = await run('bash', ['-o', 'pipefail', '-c', script, 'save', saved, ...there], {
    env,
    seconds: 200,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const entries = readdirSync(saved, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What `up` keeps of what it applied: compressed, and cut where that is large. */
async function revisions(): Promise<[string, AsyncIterable<Buffer>][]> {
  const { items } = await get(['configmaps', '-l', PIECE_OF]);
  const pieces = new Map<string, [number, Buffer][]>();
  for (const { metadata, binaryData } of items) {
    const [, revision = '', piece] = /^(.*)\.(\d+)$/.exec(metadata.name) ?? [];
    const bytes = Object.values(binaryData).map((value) => Buffer.from(`${value}`, 'base64'));
    pieces.set(revision, [...(pieces.get(revision) ?? []), [Number(piece), Buffer.concat(bytes)]]);
  }
  return [...pieces].map(([revision, found]) => {
    const compressed = found.sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    return [revision, Readable.from([gunzipSync(Buffer.concat(compressed))])];
  });
}

async function* files(paths: string[]): AsyncIterable<[string, AsyncIterable<Buffer>]> {
  for (const path of paths) {
    const stream = createReadStream(path, { highWaterMark: 1 << 20 });
    yield [path, isCompressed(path) ? stream.pipe(createGunzip()) : stream];
  }
}

function isCompressed(path: string): boolean {
  const file = openSync(path, 'r');
  const start = Buffer.alloc(2);
  readSync(file, start);
  closeSync(file);
  return start.equals(Buffer.from([0x1f, 0x8b]));
}

async function* one(where: string, chunks: AsyncIterable<Buffer>): AsyncIterable<[string, AsyncIterable<Buffer>]> {
  yield [where, chunks];
}

/** What a command writes, which must succeed. */
async function* output(command: string, args: string[]): AsyncIterable<Buffer> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  yield* child.stdout;
  const code = await ended;
  if (code !== 0) {
    throw new Error(`expected ${command} to succeed, got ${code}`);
  }
}

/** A text as it may come from a stream. */
async function* inPieces(text: string): AsyncIterable<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += SHORTEST * 4096 + 7) {
    yield bytes.subarray(at, at + SHORTEST * 4096 + 7);
  }
}
