import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHOP, type Stage, stage, WEB } from '../../support/stage';

// each case starts several processes, on a machine that may be busy
jest.setTimeout(60_000);

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'shop' }, data: { a: '1' } };
const NAMESPACE = { ...SHOP, status: undefined };

/** An app that was brought up once; what was asked of the cluster is forgotten. */
async function deployed(...words: readonly string[]): Promise<Stage> {
  const shop = stage();
  shop.has();
  writes(shop, NAMESPACE, CONFIG, WEB);
  expect(await shop.run('up', ...words)).toMatchObject({ code: 0 });
  shop.api.requests.length = 0;
  return shop;
}

function writes({ folder }: Stage, ...items: readonly object[]): void {
  writeFileSync(join(folder, 'web.yaml'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

/** Something of the cluster becomes another thing. */
function becomes(shop: Stage, kind: string, change: (object: any) => void): void {
  const items = shop.cluster();
  change(items.find((object) => object.kind === kind));
  shop.has(...items);
}

const isLocked = (shop: Stage) => shop.written().some((request) => /^POST .*\/leases$/.test(request));

describe('an app that is as it was applied', () => {
  it('is left alone: nothing is applied, and nothing locked', async () => {
    const shop = await deployed();
    const { code, stdout } = await shop.run('up');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^apply: 3 objects, none changed\nweb: 1\/1 ready\n/m);
    expect(shop.written()).toEqual([]);
  });

  it('is the same without a service that is left out', async () => {
    const shop = await deployed();
    writes(shop, NAMESPACE, CONFIG, WEB, {
      ...WEB,
      metadata: { ...WEB.metadata, name: 'new', labels: { ...label('new') } },
    });
    expect((await shop.run('up', '--without', 'new')).stdout).toContain('apply: 3 objects, none changed');
    expect(isLocked(shop)).toBe(false);
  });

  it.each<[string, (shop: Stage) => void]>([
    ['a value differs', (shop) => becomes(shop, 'ConfigMap', (object) => Object.assign(object, { data: { a: '2' } }))],
    [
      'something is gone',
      (shop) =>
        shop.has(...shop.cluster().filter(({ metadata, kind }) => kind !== 'ConfigMap' || metadata.name !== 'web')),
    ],
    [
      'something is being deleted',
      (shop) => becomes(shop, 'Deployment', ({ metadata }) => Object.assign(metadata, { deletionTimestamp: 'now' })),
    ],
    [
      'a pod is not ready',
      (shop) => becomes(shop, 'Deployment', ({ status }) => Object.assign(status, { availableReplicas: 0 })),
    ],
    ['the program has less', (shop) => writes(shop, NAMESPACE, WEB)],
    [
      'the program has more',
      (shop) => writes(shop, NAMESPACE, CONFIG, WEB, { ...CONFIG, metadata: { name: 'b', namespace: 'shop' } }),
    ],
    ['a run did not end', (shop) => shop.has(...shop.cluster(), lease('somebody'))],
    ['a run was not ready', (shop) => shop.has(...shop.cluster().map(withoutReady))],
    ['an image is missing', (shop) => shop.plays('docker', '')],
  ])('is looked at under the lock where %s', async (_, change) => {
    const shop = await deployed();
    change(shop);
    const { code } = await shop.run('up', '--timeout', '1');
    expect(code !== 0 || isLocked(shop)).toBe(true);
  });
});

it('is none of those where a namespace that it does not make is being deleted', async () => {
  const shop = stage();
  shop.has(SHOP);
  writes(shop, CONFIG, WEB);
  await shop.run('up');
  expect((await shop.run('up')).stdout).toContain('apply: 2 objects, none changed');
  becomes(shop, 'Namespace', (object) => {
    object.metadata.deletionTimestamp = 'now';
    object.status.phase = 'Terminating';
  });
  expect(await shop.run('up')).toMatchObject({ code: 1, stderr: expect.stringContaining('is being deleted') });
});

const label = (name: string) => ({ 'app.kubernetes.io/instance': name });
const lease = (holderIdentity: string) => {
  const time = new Date().toISOString();
  const spec = { holderIdentity, leaseDurationSeconds: 30, acquireTime: time, renewTime: time };
  const metadata = { name: 'cdk8s-services.shop', namespace: 'shop' };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
};
const withoutReady = (object: any) => {
  const { 'cdk8s-services/ready': _, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
};
