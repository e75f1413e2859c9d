/**
 * @lane core
 * @needs nothing
 * @disturbs nothing
 * @minutes 5
 */
import { gunzipSync } from 'node:zlib';
import { ApiObject, type Chart, Duration, Size } from 'cdk8s';
import { Nginx } from '../../constructs';
import { curled } from './clients/curl';
import { Forward, get, kubectl, readyPod } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { Program } from './cluster/program';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';

const NAMESPACE = `${MARK}-history`;
const WRONG = 'example.org/nginx:wrong';

/** A web server whose configuration is seen from outside: for how many days browsers come by TLS only. */
function site(chart: Chart, days: number, image?: string): void {
  new Nginx(chart, 'web', { hsts: Duration.days(days), image });
}

/** What comes with the change that goes wrong. */
function additions(chart: Chart): void {
  new ApiObject(chart, 'extra', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extra' },
    data: { a: 'b' },
  } as never);
  new ApiObject(chart, 'later', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'later' },
    stringData: { token: `${MARK}-later` },
  } as never);
  new ApiObject(chart, 'claim', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'later' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  } as never);
}

describe('history and rollback', () => {
  const program = new Program(NAMESPACE);
  const about = { of: ['web'], namespace: () => NAMESPACE, seconds: 120 };
  setUp(async () => {
    program.write((chart) => site(chart, 1));
    await program.runs('up');
  }, 240);
  afterAll(removeOwn);

  check('an image that is wrong and a changed configuration come back together', about, async () => {
    expect(await served()).toBe(days(1));
    program.write((chart) => {
      site(chart, 2, WRONG);
      additions(chart);
    });
    expect((await program.run('up', '--timeout', '15s')).code).toBe(1);
    expect(await configured()).toContain(days(2));
    expect(await program.runs('history')).toMatch(
      /\n2 .* nginx:wrong +current, never ready\n1 .*\n\nto go back: .* rollback/,
    );

    await program.runs('rollback', '--yes');
    await readyPod('web', 60, NAMESPACE);
    expect(await served()).toBe(days(1));
    expect(await configured()).toContain(days(1));
    const { items } = await get(['configmaps,secrets,persistentvolumeclaims'], NAMESPACE);
    const later = items
      .map(({ kind, metadata }: any) => `${kind} ${metadata.name}`)
      .filter((name: string) => / (extra|later)$/.test(name));
    expect(later.sort()).toEqual(['PersistentVolumeClaim later', 'Secret later']);
    const [current] = await history();
    expect(current).toMatchObject({ number: 3, command: 'rollback to 1', current: true, ready: expect.any(String) });
    expect(await program.runs('status', '--no-probe')).not.toContain('not as revision');
  });

  check('without a terminal it shows what it would do, and does nothing unless told', about, async () => {
    const before = await state();
    const { code, stdout, stderr } = await program.run('rollback', '2');
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringMatching(/\nnext: .* rollback 2 -p \S+ --yes\n$/),
    });
    expect(stdout).toContain(WRONG);
    expect(await state()).toEqual(before);
  });

  check('no revision has a value of a Secret', about, async () => {
    const { items } = await get(['configmaps', '-l', 'cdk8s-services/revision-of'], NAMESPACE);
    const kept = items.flatMap(({ metadata, data = {}, binaryData = {} }: any) => [
      JSON.stringify([metadata, data]),
      ...Object.values(binaryData).map((piece) => gunzipSync(Buffer.from(piece as string, 'base64')).toString()),
    ]);
    expect(kept.join()).toContain('"kind":"Secret"');
    const secrets = (await get(['secrets'], NAMESPACE)).items;
    const values: string[] = secrets.flatMap(({ data = {} }: any) => Object.values(data));
    expect(values.length).toBeGreaterThan(2);
    const texts = values.flatMap((value) => {
      const plain = Buffer.from(value, 'base64').toString();
      return [value, plain, JSON.stringify(plain).slice(1, -1)];
    });
    expect(texts.filter((text) => kept.some((one: string) => one.includes(text))).length).toBe(0);
  });

  check('a revision whose Secret is gone is refused before anything happens', about, async () => {
    const before = await state();
    await kubectl(['-n', NAMESPACE, 'delete', 'secret', 'later']);
    const { code, stderr } = await program.run('rollback', '2', '--yes');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('this revision needs Secret later, which is gone'),
    });
    expect(await state()).toEqual(before);
  });

  check('a volume that has grown keeps its size', about, async () => {
    const claim = (size: Size) => (chart: Chart) => {
      site(chart, 1);
      const metadata = { name: 'grows' };
      const resources = { requests: { storage: `${size.toMebibytes()}Mi` } };
      new ApiObject(chart, 'grows', {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata,
        spec: { accessModes: ['ReadWriteOnce'], resources },
      } as never);
    };
    program.write(claim(Size.mebibytes(2)));
    await program.runs('up');
    const [{ number }] = await history();
    // not every storage class lets a claim grow: the API takes it when the class says so
    const { items } = await get(['storageclasses']);
    const grows = items.some(
      ({ metadata, allowVolumeExpansion }: any) =>
        allowVolumeExpansion && metadata.annotations?.['storageclass.kubernetes.io/is-default-class'],
    );
    if (grows) {
      program.write(claim(Size.mebibytes(3)));
    } else {
      program.write((chart) => site(chart, 1));
    }
    await program.runs('up');
    await program.run('rollback', `${number}`, '--yes');
    const found = (await get(['persistentvolumeclaim', 'grows'], NAMESPACE)).spec.resources.requests.storage;
    expect(found).toBe(grows ? '3Mi' : '2Mi');
  });

  check('the next up goes forward again', about, async () => {
    program.write((chart) => site(chart, 5));
    await program.runs('up');
    await program.runs('rollback', '--yes');
    expect(await served()).toBe(days(1));
    const said = await program.runs('up');
    expect(said).not.toContain('none changed');
    expect(await served()).toBe(days(5));
  });

  check('ten are kept', { ...about, seconds: 240 }, async () => {
    for (let count = 1; count <= 11; count++) {
      program.write((chart) => {
        site(chart, 5);
        new ApiObject(chart, 'count', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'count' },
          data: { count: `${count}` },
        } as never);
      });
      await program.runs('up');
    }
    const numbers = (await history()).map(({ number }) => number);
    expect(numbers).toHaveLength(10);
    expect(numbers).toEqual(Array.from({ length: 10 }, (_, index) => (numbers[0] ?? 0) - index));
    const { items } = await get(['configmaps', '-l', 'cdk8s-services/revision-of'], NAMESPACE);
    expect(items).toHaveLength(20);
    await program.runs('rollback', `${numbers.at(-1)}`, '--yes');
    expect((await get(['configmap', 'count'], NAMESPACE)).data).toEqual({ count: '2' });
  });

  interface Kept {
    readonly number: number;
    readonly command: string;
  }

  async function history(): Promise<[Kept, ...Kept[]]> {
    return JSON.parse(await program.runs('history', '-o', 'json'));
  }
});

function days(count: number): string {
  return `max-age=${count * 24 * 3600}`;
}

/** What browsers are told. */
async function served(): Promise<string | undefined> {
  const forward = await Forward.open('deploy/web', 8443, NAMESPACE);
  try {
    const answer = await curled(['--insecure', '--head', `https://127.0.0.1:${forward.port}/`]);
    return /^strict-transport-security: (max-age=\d+)/im.exec(answer)?.[1];
  } finally {
    forward.close();
  }
}

/** The server's configuration in the cluster. */
async function configured(): Promise<string> {
  return JSON.stringify((await get(['configmap', 'web'], NAMESPACE)).data);
}

/** What any change of an object would change. */
async function state(): Promise<string[]> {
  const { items } = await get(['deployments,configmaps,services,networkpolicies,persistentvolumeclaims'], NAMESPACE);
  return items
    .map(({ kind, metadata }: any) => `${kind} ${metadata.name} ${metadata.uid} ${metadata.generation}`)
    .sort();
}
