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
  ])('is looked at under the lock where %s', async (_, change) => {
    const shop = await deployed();
    change(shop);
    const { code } = await shop.run('up', '--timeout', '1');
    expect(code !== 0 || isLocked(shop)).toBe(true);
  });
});

describe('the tools of the machine', () => {
  const node = (...images: string[]) => ({
    kind: 'Node',
    metadata: { name: 'minikube' },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      images: images.map((image) => ({ names: [`docker.io/${image}`] })),
      nodeInfo: { containerRuntimeVersion: 'docker://28.0.1' },
    },
  });
  const image = 'cdk8s-services/nginx:0123456789ab';
  const nightly = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: 'shop' },
    spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'web', image: `${image}cd` }] } } } } },
  };

  /** An app that was brought up once, where the cluster tells of its nodes. */
  async function told(nodes: readonly object[], ...more: readonly object[]): Promise<Stage> {
    const shop = await deployed();
    writes(shop, NAMESPACE, CONFIG, WEB, ...more);
    shop.plays('docker', `echo "$*" >>"$CALLS/docker"; echo ${image}; echo ${image}cd`);
    expect((await shop.run('up')).code).toBe(0);
    shop.has(...shop.cluster(), ...nodes);
    for (const tool of ['docker', 'minikube']) {
      writeFileSync(join(shop.folder, 'calls', tool), '');
    }
    return shop;
  }

  it('are not asked where the cluster says that nothing is to be done, and it is told as ever', async () => {
    const shop = await told([node()]);
    const { code, stdout } = await shop.run('up');
    expect(code).toBe(0);
    expect([shop.calls('docker'), shop.calls('minikube')]).toEqual(['', '']);
    expect(stdout).toMatch(/^cluster: minikube runs at 127\.0\.0\.1, docker runtime$/m);
    expect(stdout).toMatch(/^find images: 1 of 1 are there$/m);
    expect(stdout).toMatch(/^apply: 3 objects, none changed$/m);
  });

  it('are not asked for images that each node names', async () => {
    const shop = await told([node(`${image}cd`)], nightly);
    expect((await shop.run('up')).stdout).toContain('find images: 2 of 2 are there');
    expect(shop.calls('docker')).toBe('');
  });

  it.each([
    ['an image that no pod runs is not named by a node', [node()], [nightly]],
    ['nobody may list nodes', [], []],
  ])('are asked where %s', async (_, nodes, more) => {
    const shop = await told(nodes, ...more);
    expect((await shop.run('up')).stdout).toContain('none changed');
    expect(shop.calls('docker')).toContain('images');
    expect(shop.calls('minikube')).toContain('status');
  });

  it('start the cluster where it does not answer', async () => {
    const shop = await told([node()]);
    shop.api.answers(() => ({ status: 500, text: 'connection refused' }));
    await shop.run('up');
    expect(shop.calls('minikube')).toContain('status');
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
