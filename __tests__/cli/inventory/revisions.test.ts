import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { AppSet } from '../../../cli/app/app-set';
import type { KubernetesObject } from '../../../cli/cluster/object';
import { isOutline } from '../../../cli/inventory/record';
import {
  finishRevision,
  listRevisions,
  type Revision,
  readRevision,
  removeRevisions,
  revisionBefore,
  saveRevision,
} from '../../../cli/inventory/revisions';
import { clusterWith } from '../../support/planned';

const SET: AppSet = { name: 'shop', namespace: 'shop', id: 'set', parent: 'cdk8s-services.shop', fallback: 'shop' };
const MIB = 1024 * 1024;

/** The ConfigMaps of a cluster. */
class Kept {
  private readonly made = clusterWith({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  readonly session = this.made.session;
  /** How many objects are written before the run is killed. */
  killedAfter = Number.POSITIVE_INFINITY;

  constructor() {
    this.made.cluster.answers(({ method }) =>
      method === 'POST' && this.killedAfter-- <= 0 ? { status: 500, text: 'killed' } : undefined,
    );
  }

  get items(): any[] {
    return this.made.cluster.objects.filter(({ kind }) => kind === 'ConfigMap');
  }

  set items(items: readonly any[]) {
    this.made.cluster.has(...this.made.cluster.objects.filter(({ kind }) => kind === 'Namespace'), ...items);
  }

  /** What was asked, and is forgotten. */
  asked(): string[] {
    return this.made.cluster.requests.splice(0);
  }

  async save(objects: readonly object[], all = objects, command = 'up'): Promise<Revision> {
    const applied = { objects: objects as KubernetesObject[], all: all as KubernetesObject[] };
    return saveRevision(this.session, SET, applied, command, await listRevisions(this.session, SET));
  }

  list(): Promise<Revision[]> {
    return listRevisions(this.session, SET);
  }

  read(revision: Revision): Promise<KubernetesObject[]> {
    return readRevision(this.session, SET, revision);
  }

  /** All that is kept, unpacked. */
  text(): string {
    const pieces = this.items.map(({ binaryData = {} }) =>
      Buffer.from((Object.values(binaryData)[0] as string) ?? '', 'base64'),
    );
    return [
      JSON.stringify(this.items),
      ...pieces.filter(({ length }) => length > 0).map((piece) => gunzipSync(piece).toString()),
    ].join();
  }
}

function config(name: string, data: object = { a: 'b' }): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
}

function deployment(image: string): object {
  const spec = { template: { spec: { containers: [{ name: 'web', image }] } } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec };
}

describe('a revision', () => {
  it('gives back what was applied, as it was', async () => {
    const cluster = new Kept();
    const objects = [config('nginx', { 'nginx.conf': 'events {}\n' }), deployment('web:1')];
    const revision = await cluster.save(objects);
    expect(await cluster.read(revision)).toEqual(objects);
    expect(await cluster.list()).toEqual([revision]);
    expect(revision).toMatchObject({
      number: 1,
      command: 'up',
      who: expect.stringMatching(/^.+@.+$/),
      objects: 2,
      images: ['web:1'],
    });
  });

  it('has no value of a Secret, wherever that was written', async () => {
    const cluster = new Kept();
    const values = ['plain-password', 'in base64, of data', 'kept by kubectl'];
    const encoded = values.map((value) => Buffer.from(value).toString('base64'));
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'web',
        namespace: 'shop',
        labels: { a: 'b' },
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': encoded[2], note: 'mine' },
      },
      type: 'Opaque',
      stringData: { password: values[0] },
      data: { token: encoded[1] },
    };
    const revision = await cluster.save([secret]);
    const text = cluster.text();
    expect([...values, ...encoded].filter((value) => text.includes(value))).toEqual([]);
    const [outline] = await cluster.read(revision);
    expect(outline).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'web', namespace: 'shop', labels: { a: 'b' }, annotations: { note: 'mine' } },
      type: 'Opaque',
      keys: ['password', 'token'],
    });
    expect(outline && isOutline(outline)).toBe(true);
  });

  it('is the same one for the same objects, and costs one request then', async () => {
    const cluster = new Kept();
    await cluster.save([config('a')]);
    cluster.asked();
    expect((await cluster.save([config('a')])).number).toBe(1);
    expect(cluster.asked()).toHaveLength(1);
  });

  it('is the same one when only values of Secrets differ: they are not kept', async () => {
    const cluster = new Kept();
    const secret = (value: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { value },
    });
    await cluster.save([secret('one')]);
    expect((await cluster.save([secret('two')])).number).toBe(1);
  });

  it('says what it did to the one before', async () => {
    const cluster = new Kept();
    await cluster.save([config('a'), config('b'), deployment('web:1')]);
    const { changes, images } = await cluster.save([config('a'), config('c'), deployment('web:2')]);
    expect(changes).toEqual({ created: ['ConfigMap c'], changed: ['Deployment web'], deleted: ['ConfigMap b'] });
    const applied = { objects: [], all: [], stays: ({ kind }: KubernetesObject) => kind === 'ConfigMap' };
    const last = await saveRevision(cluster.session, SET, applied, 'up', await cluster.list());
    expect(last.changes.deleted).toEqual(['Deployment web']);
    expect(images).toEqual(['web:2']);
  });

  it('keeps of what is left out what was applied before', async () => {
    const cluster = new Kept();
    await cluster.save([config('a'), config('b', { old: 'b' })]);
    const [a, b] = [config('a', { fresh: 'a' }), config('b', { fresh: 'b' })];
    const revision = await cluster.save([a], [a, b]);
    expect(await cluster.read(revision)).toEqual([a, config('b', { old: 'b' })]);
    expect((await cluster.save([a], [a, b])).number).toBe(2);
  });

  it('does not have what is left out and was never applied', async () => {
    const cluster = new Kept();
    const revision = await cluster.save([config('a')], [config('a'), config('b')]);
    expect(await cluster.read(revision)).toEqual([config('a')]);
  });

  it('comes in pieces where it is large, each smaller than a ConfigMap may be', async () => {
    const cluster = new Kept();
    const objects = Array.from({ length: 40 }, (_, index) =>
      config(`c${index}`, { noise: randomBytes(64 * 1024).toString('hex') }),
    );
    const revision = await cluster.save(objects);
    const pieces = cluster.items.flatMap(({ binaryData = {} }) => Object.values(binaryData) as string[]);
    expect(pieces.length).toBeGreaterThan(2);
    expect(Math.max(...pieces.map((piece) => Buffer.from(piece, 'base64').length))).toBeLessThan(MIB);
    expect(await cluster.read(revision)).toEqual(objects);
  });

  it('of 2,500 objects fits into one piece', async () => {
    const cluster = new Kept();
    await cluster.save(
      Array.from({ length: 2500 }, (_, index) => ({
        ...deployment(`web:${index}`),
        metadata: { name: `web-${index}` },
      })),
    );
    expect(cluster.items).toHaveLength(2);
  });

  it('that lost a piece is refused, and keeps nobody from saving the next one', async () => {
    const cluster = new Kept();
    const revision = await cluster.save([config('a')]);
    cluster.items = cluster.items.filter(({ binaryData }) => binaryData === undefined);
    await expect(cluster.read(revision)).rejects.toThrow(
      /revision 1 is damaged: its ConfigMaps 'cdk8s-services\.shop\.v1\.\*'/,
    );
    expect(await cluster.save([config('b')])).toMatchObject({ number: 2, changes: { created: ['ConfigMap b'] } });
  });
});

describe('revisions', () => {
  it('are ten, the last ones, and their numbers grow', async () => {
    const cluster = new Kept();
    for (let count = 1; count <= 13; count++) {
      await finishRevision(cluster.session, SET, await cluster.save([config(`c${count}`)]));
    }
    expect((await cluster.list()).map(({ number }) => number)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
    expect(cluster.items).toHaveLength(20);
  });

  it('keep the last one that was ready, however many failures come after it', async () => {
    const cluster = new Kept();
    await finishRevision(cluster.session, SET, await cluster.save([config('good')]));
    for (let count = 1; count <= 15; count++) {
      await cluster.save([config(`bad${count}`)]);
    }
    const revisions = await cluster.list();
    expect(revisions.map(({ number }) => number)).toEqual([16, 15, 14, 13, 12, 11, 10, 9, 8, 1]);
    expect(revisionBefore(revisions)?.number).toBe(1);
  });

  it.each([0, 1, 2])('never look whole where a run was killed after %i writes', async (writes) => {
    const cluster = new Kept();
    await cluster.save([config('a')]);
    const large = Array.from({ length: 20 }, (_, index) =>
      config(`c${index}`, { noise: randomBytes(64 * 1024).toString('hex') }),
    );
    cluster.killedAfter = writes;
    await expect(cluster.save(large)).rejects.toThrow('killed');
    expect((await cluster.list()).map(({ number }) => number)).toEqual([1]);
    cluster.killedAfter = Number.POSITIVE_INFINITY;
    const revision = await cluster.save(large);
    expect(await cluster.read(revision)).toEqual(large);
    const names = cluster.items.map(({ metadata }) => metadata.name).sort();
    expect(names.filter((name) => name.startsWith(`cdk8s-services.shop.v${revision.number}`))).toHaveLength(
      names.length - 2,
    );
  });

  it('are all gone when they are removed', async () => {
    const cluster = new Kept();
    await cluster.save([config('a')]);
    await removeRevisions(cluster.session, SET);
    expect(cluster.items).toEqual([]);
  });
});

describe('going back', () => {
  const at = (number: number, digest: string, ready?: string) => ({ number, digest, ready }) as Revision;

  it('leads to the one before', () => {
    expect(revisionBefore([at(2, 'b', 'then'), at(1, 'a', 'then')])?.number).toBe(1);
  });

  it('passes by what never was ready', () => {
    expect(revisionBefore([at(3, 'c'), at(2, 'b'), at(1, 'a', 'then')])?.number).toBe(1);
  });

  it('passes by what is the same as the current one, as after going back', () => {
    expect(revisionBefore([at(3, 'a', 'then'), at(2, 'b'), at(1, 'a', 'then')])).toBeUndefined();
    expect(revisionBefore([at(3, 'a', 'then'), at(2, 'b', 'then'), at(1, 'a', 'then')])?.number).toBe(2);
  });

  it('leads nowhere from the only one', () => {
    expect(revisionBefore([at(1, 'a', 'then')])).toBeUndefined();
  });
});
