import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { withLiveSizes } from '../../../cli/rollback/volumes';
import { secondsAgo } from '../../support/backup-cluster';
import { clusterWith, parentOf, setIn } from '../../support/planned';
import { SHOP, type Stage, stage, WEB } from '../../support/stage';

const [NAME, NAMESPACE] = ['shop', 'shop'];

interface Kept {
  readonly seconds: number;
  readonly with: string;
  readonly ready?: boolean;
  readonly objects?: readonly object[];
  readonly images?: string;
  readonly created?: string;
  readonly changed?: string;
}

/** A revision, as the cluster has it. */
function kept(number: number, { seconds, with: command, ready = true, objects = [], ...data }: Kept): object[] {
  const text = JSON.stringify(objects);
  const about = {
    when: secondsAgo(seconds),
    who: 'ann@laptop',
    command,
    objects: `${objects.length}`,
    digest: createHash('sha256').update(text).digest('hex'),
    ...(ready ? { ready: secondsAgo(1) } : {}),
  };
  const annotations = Object.fromEntries(Object.entries(about).map(([key, value]) => [`cdk8s-services/${key}`, value]));
  const name = `cdk8s-services.${NAME}.v${number}`;
  const labels = { 'cdk8s-services/revision-of': NAME };
  const piece = { ...labels, 'cdk8s-services/piece-of': `${number}` };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap' };
  return [
    { ...configMap, metadata: { name, namespace: NAMESPACE, labels, annotations }, data },
    {
      ...configMap,
      metadata: { name: `${name}.1`, namespace: NAMESPACE, labels: piece },
      binaryData: { 'objects.json.gz': gzipSync(text).toString('base64') },
    },
  ];
}

/** A cluster where the app was deployed. */
function deployed(...others: readonly object[]): Stage {
  const shop = stage();
  shop.has(SHOP, parentOf([WEB]), ...others);
  return shop;
}

const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web', namespace: 'shop' } };
const HISTORY = [
  ...kept(1, { seconds: 7200, with: 'up', images: 'acme/web:1\nacme/db:1', created: 'Deployment web', objects: [WEB] }),
  ...kept(2, {
    seconds: 600,
    with: 'up',
    images: 'acme/web:2\nacme/db:1',
    changed: 'ConfigMap web\nDeployment web',
    ready: false,
  }),
  ...kept(3, {
    seconds: 300,
    with: 'rollback to 1',
    images: 'acme/web:1\nacme/db:1',
    changed: 'a\nb\nc\nd',
    objects: [WEB],
  }),
];

describe('cdk8s-services history', () => {
  it('says what was applied, newest first, and which is the current one', async () => {
    const { code, stdout, stderr } = await deployed(...HISTORY).run('history');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['revision', 'applied', 'by', 'with', 'changes', 'new images'],
      ['3', '5 min ago', 'ann@laptop', 'rollback to 1', 'changed 4', 'web:1', 'current'],
      ['2', '10 min ago', 'ann@laptop', 'up', 'changed ConfigMap web, Deployment web', 'web:2', 'never ready'],
      ['1', '2 h ago', 'ann@laptop', 'up', 'created Deployment web'],
      [''],
    ]);
  });

  it('names the one to go back to: the last that was ready', async () => {
    const shop = deployed(...HISTORY.slice(0, 4));
    expect((await shop.run('history')).stdout).toContain('\n\nto go back: npm run rollback -- 1\n');
    expect((await shop.run('history', '-n', 'shop')).stdout).toContain(' npm run rollback -- 1 -n shop\n');
  });

  it('says the same in JSON', async () => {
    const { code, stdout } = await deployed(...HISTORY).run('history', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)[1]).toEqual({
      number: 2,
      when: expect.stringMatching(/^\d{4}-/),
      who: 'ann@laptop',
      command: 'up',
      objects: 0,
      changes: { created: [], changed: ['ConfigMap web', 'Deployment web'], deleted: [] },
      images: ['acme/web:2', 'acme/db:1'],
      current: false,
    });
  });

  it('says so where nothing is deployed, and what deploys it', async () => {
    const { code, stderr } = await stage().run('history');
    expect(code).toBe(1);
    expect(stderr).toBe('\nhistory failed: nothing is deployed from this folder\nnext: npm run up\n');
  });

  it('asks which one is meant where the app is deployed twice', async () => {
    const shop = deployed(parentOf([WEB], setIn('far')));
    const { code, stderr } = await shop.run('history');
    expect(code).toBe(64);
    expect(stderr).toContain('this app is deployed in 2 namespaces: shop, far\n');
    expect(stderr).toContain('next: say which one is meant: npm run history -- -n shop\n');
    expect((await shop.run('history', '-n', 'far')).code).toBe(0);
    expect((await shop.run('history', '-n', 'near')).stderr).toContain(
      'nothing is deployed from this folder in namespace near\n',
    );
  });
});

describe('cdk8s-services rollback', () => {
  const changedNothing = (shop: Stage) => expect(shop.written()).toEqual([]);

  it('refuses a revision that is not there, and names those that are', async () => {
    const shop = deployed(...HISTORY);
    const { code, stderr } = await shop.run('rollback', '7');
    expect(code).toBe(64);
    expect(stderr).toContain(
      "at 'find revision': there is no revision 7\nnext: choose one of 3, 2, 1: npm run history\n",
    );
    changedNothing(shop);
  });

  it('refuses where there is nothing better to go back to', async () => {
    const { code, stderr } = await deployed(...HISTORY).run('rollback');
    expect(code).toBe(64);
    expect(stderr).toContain('nothing that was ready was applied before\nnext: choose one of 3, 2, 1');
  });

  it('refuses a revision whose Secret is gone, or lacks a key, and says how to bring it back', async () => {
    const needs = kept(1, { seconds: 9, with: 'up', objects: [{ ...SECRET, keys: ['password', 'token'] }, WEB] });
    for (const live of [[], [{ ...SECRET, data: { token: '' } }]]) {
      const shop = deployed(...needs, ...live);
      const { code, stderr } = await shop.run('rollback', '1', '--yes');
      expect(code).toBe(1);
      expect(stderr).toContain(
        "at 'check what it needs': this revision needs Secret web, which is gone or lacks a key; values of Secrets are not kept\n" +
          '  | Secret web in shop: password, token\n',
      );
      expect(stderr).toContain(
        'kubectl --context minikube -n shop create secret generic web --from-file=password --from-file=token, ' +
          'then run: npm run rollback -- 1 --yes\n',
      );
      changedNothing(shop);
    }
  });

  it('refuses a revision whose pods mount a Secret that is gone, but none that a controller makes', async () => {
    const volumes = [
      { secret: { secretName: 'web' } },
      { secret: { secretName: 'maybe', optional: true } },
      { secret: { secretName: 'tls' } },
    ];
    const pod = { ...WEB, spec: { ...WEB.spec, template: { spec: { containers: [], volumes } } } };
    const certificate = {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { secretName: 'tls' },
    };
    const shop = deployed(...kept(1, { seconds: 9, with: 'up', objects: [pod, certificate] }));
    const { stderr } = await shop.run('rollback', '1', '--yes');
    expect(stderr).toContain('values of Secrets are not kept\n  | Secret web in shop\nnext:');
  });

  it('refuses a revision with an image that the node has no more', async () => {
    const container = { name: 'web', image: 'cdk8s-services/nginx:000000000000', imagePullPolicy: 'Never' };
    const pulled = { name: 'far', image: 'example.org/far:1' };
    const old = { ...WEB, spec: { ...WEB.spec, template: { spec: { containers: [container, pulled] } } } };
    const shop = deployed(...kept(1, { seconds: 9, with: 'up', objects: [old] }));
    const { code, stderr } = await shop.run('rollback', '1', '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain(
      "the cluster has 1 of this revision's images no more\n  | cdk8s-services/nginx:000000000000\n",
    );
    expect(stderr).toMatch(
      /next: choose another revision: npm run history, or build them: check out the sources of \S+, then run: npm run up\n/,
    );
    changedNothing(shop);
  });

  it('refuses a number that is none', async () => {
    const { code, stderr } = await deployed(...HISTORY).run('rollback', 'last');
    expect([code, stderr]).toEqual([64, expect.stringContaining("Use a number that 'history' names, such as 3.")]);
  });
});

describe('the claims of a revision', () => {
  const claim = (name: string, storage: string): any => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'shop' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  });

  it('are as large as they have become, and those that are gone as large as they were', async () => {
    const { session } = clusterWith(claim('data', '8Gi'), claim('other', '1Gi'));
    const objects = [claim('data', '5Gi'), WEB, claim('gone', '2Gi')];
    expect(await withLiveSizes(session, objects, 'shop')).toEqual([claim('data', '8Gi'), WEB, claim('gone', '2Gi')]);
  });
});
