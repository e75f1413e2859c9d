import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { inNamespaces, inOrder } from '../../../cli/cluster/kinds';
import { keyOf } from '../../../cli/cluster/object';
import { leftOverOf } from '../../../cli/inventory/left-over';
import { parentWith } from '../../../cli/inventory/parent';
import { forbidden } from '../../support/cluster';
import { READY, SCRIPTS, SHOP, type Stage, stage, WEB } from '../../support/stage';

// each case starts several processes, on a machine that may be busy
jest.setTimeout(60_000);

const PART_OF = 'applyset.kubernetes.io/part-of';
/** Of ConfigMap cdk8s-services.shop in namespace shop, as the specification computes it. */
const ID = 'applyset-y2BZyL-Zi7V5TV1CeZgjQxGO93T4Qlmwa9ZLWefH4PQ-v1';
const SET = { name: 'shop', namespace: 'shop', id: ID, parent: 'cdk8s-services.shop', fallback: 'shop' };

const object = (kind: string, name: string, rest: object = {}): any => ({
  apiVersion: { Deployment: 'apps/v1', StatefulSet: 'apps/v1', Ingress: 'networking.k8s.io/v1' }[kind] ?? 'v1',
  kind,
  metadata: { name, namespace: 'shop', ...(kind === 'Namespace' ? { namespace: undefined } : {}) },
  ...rest,
});
const set = (name: string): any => ({
  ...WEB,
  kind: 'StatefulSet',
  metadata: { ...WEB.metadata, name },
  spec: { ...WEB.spec, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
});
const member = (made: any): any => ({
  ...made,
  metadata: { uid: made.metadata.name, ...made.metadata, labels: { ...made.metadata.labels, [PART_OF]: ID } },
});
const names = (objects: readonly any[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

describe('an app in the cluster', () => {
  it('knows an object again, whatever version of its API and whether it says its namespace', () => {
    const before = object('Deployment', 'web');
    const after = { ...before, apiVersion: 'apps/v1beta1', metadata: { name: 'web' } };
    expect(keyOf(after, 'shop')).toBe(keyOf(before, 'shop'));
    expect(keyOf(after, 'other')).not.toBe(keyOf(before, 'other'));
    expect(keyOf({ ...before, apiVersion: 'extensions/v1' }, 'shop')).not.toBe(keyOf(before, 'shop'));
  });

  it('has a parent that other tools take for one of an ApplySet', () => {
    const elsewhere = { ...object('Service', 'web'), metadata: { name: 'web', namespace: 'lab' } };
    const parent = parentWith(SET, [object('Namespace', 'shop'), object('Deployment', 'web'), elsewhere]);
    expect(parent).toMatchObject({
      kind: 'ConfigMap',
      metadata: {
        name: 'cdk8s-services.shop',
        labels: { 'applyset.kubernetes.io/id': ID },
        annotations: {
          'applyset.kubernetes.io/tooling': expect.stringMatching(/^cdk8s-services\/v\d+\.\d+\.\d+/),
          'applyset.kubernetes.io/contains-group-kinds': 'Deployment.apps,Namespace,Service',
          'applyset.kubernetes.io/additional-namespaces': 'lab',
        },
      },
    });
  });

  it('is applied with what others need first, and what needs others last', () => {
    const kinds = ['Ingress', 'Deployment', 'StatefulSet', 'Service', 'Secret', 'Widget', 'Namespace'];
    const sorted = inOrder(kinds.map((kind) => object(kind, 'x'))).map(({ kind }) => kind);
    expect(sorted).toEqual(['Namespace', 'Secret', 'Service', 'Widget', 'StatefulSet', 'Deployment', 'Ingress']);
  });

  it('is in the namespace of the context where it names none, but for what is in no namespace', () => {
    const bare = (kind: string, apiVersion: string) => ({ apiVersion, kind, metadata: { name: 'x' } });
    const given = [
      bare('Service', 'v1'),
      bare('ClusterRole', 'rbac.authorization.k8s.io/v1'),
      bare('Widget', 'example.com/v1'),
    ];
    expect(inNamespaces(given, 'lab').map(({ metadata }) => metadata.namespace)).toEqual(['lab', undefined, undefined]);
    const placed = given.map((made) => ({ ...made, metadata: { ...made.metadata, namespace: 'web' } }));
    expect(inNamespaces(placed, 'lab').map(({ metadata }) => metadata.namespace)).toEqual(['web', undefined, 'web']);
  });
});

describe('what is left over', () => {
  const left = (members: any[], all: any[], without: string[] = []) => {
    const { objects, data } = leftOverOf(SET, members.map(member), { all, without });
    return [names(objects), names(data)];
  };

  it('is what was applied and the program does not have', () => {
    expect(left([WEB, object('Service', 'old')], [WEB])).toEqual([['Service old'], []]);
  });

  it('is nothing of no namespace that the program writes with one', () => {
    const globe = { apiVersion: 'example.com/v1', kind: 'Globe', metadata: { name: 'x' } };
    expect(left([globe], [{ ...globe, metadata: { name: 'x', namespace: 'lab' } }])).toEqual([[], []]);
    expect(left([globe], [{ ...globe, metadata: { name: 'y', namespace: 'lab' } }])).toEqual([['Globe x'], []]);
  });

  it('is data apart, which is deleted only by those who ask for it', () => {
    const data = [
      object('PersistentVolumeClaim', 'old'),
      object('Namespace', 'lab'),
      {
        ...object('CustomResourceDefinition', 'widgets.example.com'),
        apiVersion: 'apiextensions.k8s.io/v1',
        spec: { group: 'example.com', names: { kind: 'Widget' } },
      },
    ];
    expect(left(data, [WEB])).toEqual([[], names(data)]);
  });

  it('has no data that the program uses without having it as an object', () => {
    const claim = object('PersistentVolumeClaim', 'old');
    const pods = { template: { spec: { volumes: [{ persistentVolumeClaim: { claimName: 'old' } }] } } };
    expect(left([claim], [{ ...WEB, spec: pods }])).toEqual([[], []]);
    expect(left([object('PersistentVolumeClaim', 'data-db-0')], [set('db')])).toEqual([[], []]);
    expect(left([object('Namespace', 'shop')], [WEB])).toEqual([[], []]);
  });

  it('has nothing of a service that is left out', () => {
    expect(left([WEB, object('Service', 'old')], [object('Secret', 'new')], ['web'])).toEqual([['Service old'], []]);
  });
});

describe('cdk8s-services up', () => {
  const OLD = object('Service', 'old');

  /** A shop that was deployed with these objects, and whose program has others. */
  async function shopThatHad(before: readonly any[], after: readonly any[]) {
    const shop = stage();
    const write = (objects: readonly any[]) =>
      writeFileSync(join(shop.folder, 'web.yaml'), objects.map((o) => JSON.stringify(o)).join('\n---\n'));
    shop.has(SHOP);
    write(before);
    expect((await shop.run('up')).stderr).toBe('');
    write(after);
    return shop;
  }

  it('marks what it applies, and what the program has no longer it deletes at the end', async () => {
    const shop = await shopThatHad([WEB, OLD], [WEB]);
    const { code, stdout } = await shop.run('up');
    expect(code).toBe(0);
    expect(names(shop.api.deleted)).toEqual(['Service old']);
    expect(stdout).toContain('to be deleted when all is ready: Service old\n');
    expect(stdout.indexOf('web: 1/1 ready')).toBeLessThan(stdout.indexOf('delete what is left over:'));
    const [web] = shop.cluster().filter(({ kind }) => kind === 'Deployment');
    expect(web.metadata.labels[PART_OF]).toBe(ID);
    const parent = shop.cluster().find(({ metadata }) => metadata.name === 'cdk8s-services.shop');
    expect(parent.metadata.annotations['applyset.kubernetes.io/contains-group-kinds']).toBe('Deployment.apps');
  });

  it('names what it leaves alone with --no-prune, and finds it the next time', async () => {
    const shop = await shopThatHad([WEB, OLD], [WEB]);
    expect((await shop.run('up', '--no-prune')).stdout).toContain('Service old\n');
    expect(shop.api.deleted).toEqual([]);
    await shop.run('up');
    expect(names(shop.api.deleted)).toEqual(['Service old']);
  });

  it('leaves everything of a service alone that is left out', async () => {
    const other = { ...WEB, metadata: { ...WEB.metadata, name: 'other', labels: {} } };
    const part = { ...OLD, metadata: { ...OLD.metadata, labels: WEB.metadata.labels } };
    const shop = await shopThatHad([WEB, part, other], [WEB, other]);
    expect((await shop.run('up', '--without', 'web')).code).toBe(0);
    expect(shop.api.deleted).toEqual([]);
    await shop.run('up');
    expect(names(shop.api.deleted)).toEqual(['Service old']);
  });

  it('keeps the claims of a database that is gone, and deletes them with --with-data even later', async () => {
    const shop = await shopThatHad([WEB, set('db')], [WEB]);
    shop.has(...shop.cluster(), object('PersistentVolumeClaim', 'data-db-0'), object('PersistentVolumeClaim', 'mine'));
    const { stdout } = await shop.run('up');
    expect(names(shop.api.deleted)).toEqual(['StatefulSet db']);
    expect(stdout).toContain("PersistentVolumeClaim data-db-0\n'up' deletes that with --with-data\n");
    await shop.run('up', '--with-data');
    expect(names(shop.api.deleted).slice(1)).toEqual(['PersistentVolumeClaim data-db-0']);
  });

  it('refuses a program that lost everything', async () => {
    const many = Array.from({ length: 12 }, (_, index) => object('ConfigMap', `c${index}`));
    const shop = await shopThatHad(many, [WEB]);
    const { code, stderr } = await shop.run('up');
    expect([code, shop.api.deleted]).toEqual([1, []]);
    expect(stderr).toContain("nothing of the 12 objects that run of 'shop' is in the app any more\n");
    expect(stderr).toContain('npm run up -- --no-prune');
  });

  it('refuses objects of another app, and changes nothing', async () => {
    const shop = stage();
    shop.has(SHOP, { ...WEB, metadata: { ...WEB.metadata, labels: { [PART_OF]: 'applyset-other-v1' } } });
    const { code, stderr } = await shop.run('up');
    expect([code, shop.api.applied]).toEqual([1, []]);
    expect(stderr).toContain('Deployment web in namespace shop belongs to another app\n');
    shop.has({ ...SHOP, metadata: { name: 'shop', labels: { [PART_OF]: 'applyset-other-v1' } } });
    writeFileSync(join(shop.folder, 'web.yaml'), JSON.stringify(SHOP));
    expect((await shop.run('up')).stderr).toContain(': Namespace shop belongs to another app\n');
  });

  it('refuses two of one name that differ: they would take turns', async () => {
    const shop = stage();
    const [one, other] = ['1', '2'].map((a) => object('ConfigMap', 'web', { data: { a } }));
    const write = (...objects: any[]) =>
      writeFileSync(join(shop.folder, 'web.yaml'), objects.map((o) => JSON.stringify(o)).join('\n---\n'));
    write(one, other);
    const { code, stderr } = await shop.run('up');
    expect([code, shop.api.applied]).toEqual([1, []]);
    expect(stderr).toContain('the app has two that differ of ConfigMap web in namespace shop\n');
    write(one, one);
    expect((await shop.run('up')).code).toBe(0);
  });

  describe('by one who may do all in his namespace, and nothing beside it', () => {
    /** Of the whole cluster, and of what is in no namespace, nothing is his. */
    const limited = (shop: Stage) =>
      shop.api.answers(({ path }) =>
        /^\/apis?\/(?!.*\/namespaces\/[^/]+\/).*\/\w+\/?\w*$/.test(path) && /\/v1\/(?!namespaces\/shop$)\w/.test(path)
          ? forbidden(path)
          : undefined,
      );

    it('works, and is seen', async () => {
      const shop = stage();
      limited(shop);
      shop.has(SHOP);
      expect(await shop.run('up')).toMatchObject({ code: 0, stderr: '' });
      // the context of the stage is in the namespace 'default'
      expect((await shop.run('history')).stderr).toContain('auth can-i list configmaps');
      expect((await shop.run('history', '-n', 'shop')).code).toBe(0);
    });

    it('keeps in the inventory what he may not list', async () => {
      const shop = stage();
      shop.has(SHOP);
      const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'web' } };
      writeFileSync(join(shop.folder, 'web.yaml'), [WEB, role].map((o) => JSON.stringify(o)).join('\n---\n'));
      await shop.run('up');
      const unlimited = limited(shop);
      writeFileSync(join(shop.folder, 'web.yaml'), JSON.stringify(WEB));
      expect((await shop.run('up')).code).toBe(0);
      unlimited();
      expect((await shop.run('up')).code).toBe(0);
      expect(names(shop.api.deleted)).toEqual(['ClusterRole web']);
    });
  });

  it('says which namespace is missing', async () => {
    const shop = stage();
    shop.has({ ...SHOP, metadata: { name: 'lab' } });
    const { stderr } = await shop.run('up');
    expect(stderr).toContain('the app uses namespace shop, which it does not make and which is not there\n');
    expect(stderr).toContain('next: kubectl --context minikube create namespace shop');
  });

  it('says which namespace is being deleted that it does not make', async () => {
    const shop = stage();
    shop.has({ ...SHOP, status: { phase: 'Terminating' } });
    const { stderr } = await shop.run('up');
    expect(stderr).toContain('namespace shop, which the app uses and does not make, is being deleted\n');
    expect(stderr).toContain('next: wait until it is gone, then: kubectl --context minikube create namespace shop');
  });

  it('says what holds an object that is still being deleted', async () => {
    const shop = stage();
    const ending = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.org/hold'] };
    shop.has(SHOP, { ...WEB, status: READY, metadata: { ...WEB.metadata, ...ending } });
    const { stderr } = await shop.run('up', '--timeout', '1s');
    expect(stderr).toContain('Deployment web is still being deleted after 1 s, held by example.org/hold\n');
  });

  it('waits for a database that changes before anything that may use it changes', async () => {
    const image = (made: any, tag: string) =>
      JSON.parse(JSON.stringify(made).replaceAll('nginx:0123456789ab', `nginx:${tag}`));
    const images = `echo cdk8s-services/nginx:0123456789ab; echo cdk8s-services/nginx:2`;
    const shop = await shopThatHad([WEB, set('db')], [image(WEB, '2'), image(set('db'), '2'), object('Secret', 'new')]);
    shop.plays('docker', images);
    // its pod does not become ready
    shop.has(...shop.cluster().map((o) => (o.kind === 'StatefulSet' ? { ...o, status: {} } : o)));
    const { code, stderr } = await shop.run('up', '--timeout', '1s');
    expect(code).toBe(1);
    expect(stderr).toContain("up failed at 'wait for databases': StatefulSet db is not ready after 1 s");
    const web = shop.cluster().find(({ kind }) => kind === 'Deployment');
    expect(JSON.stringify(web)).toContain('nginx:0123456789ab');
    expect(names(shop.cluster())).toContain('Secret new');
  });

  it('applies again what was still being deleted', async () => {
    const shop = stage();
    shop.has(SHOP, { ...WEB, status: READY, metadata: { ...WEB.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const { child, result, said } = shop.start('up');
    await said('Deployment web is still being deleted');
    shop.has(...shop.cluster().filter(({ kind }) => kind !== 'Deployment'));
    expect((await result).code).toBe(0);
    expect(child.exitCode).toBe(0);
    expect(names(shop.cluster())).toContain('Deployment web');
  });

  describe('two at once', () => {
    const lease = (holder: string, renewTime: Date, leaseDurationSeconds = 30): any => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'cdk8s-services.shop',
        namespace: 'shop',
        resourceVersion: '0',
        annotations: { 'cdk8s-services/command': 'rollback', 'cdk8s-services/machine': 'another' },
      },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds,
        acquireTime: renewTime.toISOString(),
        renewTime: renewTime.toISOString(),
      },
    });
    it('are refused: the second one says who is at work', async () => {
      const shop = stage();
      shop.has(SHOP, lease('ann@laptop:77', new Date()));
      const { code, stderr } = await shop.run('up');
      expect([code, shop.api.applied]).toEqual([1, []]);
      expect(stderr).toMatch(/up failed at 'lock': ann@laptop:77 runs 'rollback' since \d+ s\nnext: npm run up, when/);
      expect(stderr).toContain('kubectl --context minikube -n shop delete lease cdk8s-services.shop');
    });

    it('are none where the first one stopped to say that it lives', async () => {
      const shop = stage();
      shop.has(SHOP, lease('ann@laptop:77', new Date(Date.now() - 40_000), 1));
      const { code, stdout } = await shop.run('up');
      expect(code).toBe(0);
      expect(stdout).toMatch(/lock: ann@laptop:77 has said nothing for 4\d s, waiting for 1 s whether it lives\n/);
      expect(names(shop.cluster()).filter((name) => name.startsWith('Lease'))).toEqual([]);
    });

    it('are refused where the first one lives by a clock that is slow', async () => {
      const shop = stage();
      const slow = lease('ann@laptop:77', new Date(Date.now() - 40_000), 10);
      shop.has(SHOP, slow);
      const { said, result } = shop.start('up');
      await said('whether it lives');
      shop.has(SHOP, { ...slow, metadata: { ...slow.metadata, resourceVersion: '1' } });
      const { code, stderr } = await result;
      expect([code, shop.api.applied]).toEqual([1, []]);
      expect(stderr).toContain("up failed at 'lock': ann@laptop:77 runs 'rollback'");
    });

    it('are none where the first one was killed on this machine', async () => {
      const shop = stage();
      const { child, result } = shop.start('up');
      const reached = new Promise<void>((resolve) => {
        const never = new Promise<undefined>(() => undefined);
        const again = shop.api.answers(({ method }) => {
          if (method !== 'PATCH') {
            return undefined;
          }
          again();
          resolve();
          return never;
        });
      });
      await reached;
      child.kill('SIGKILL');
      await result;
      expect(names(shop.cluster())).toContain('Lease cdk8s-services.shop');
      const { code, stdout } = await shop.run('up');
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`lock: \\S+@${hostname()}:${child.pid} was killed, taking over\n`));
    });
  });
});

describe('cdk8s-services up on a cluster that is none of minikube', () => {
  const kubectl = `case "$*" in *get-contexts*) echo production ;; *) ${SCRIPTS.kubectl} ;; esac`;
  const node = {
    kind: 'Node',
    metadata: { name: 'a' },
    status: { addresses: [{ type: 'InternalIP', address: '10.0.0.7' }] },
  };
  const published = JSON.parse(
    JSON.stringify(WEB).replaceAll('cdk8s-services/nginx:0123456789ab', 'example.org/web:1'),
  );

  it.each([
    ['has no minikube', undefined],
    ['has no such profile of it', 'echo \'Profile "production" not found\'; exit 85'],
  ])('needs neither docker nor minikube where it %s', async (_, minikube) => {
    const shop = stage({ kubectl, minikube, docker: undefined });
    shop.has(SHOP, node);
    writeFileSync(join(shop.folder, 'web.yaml'), JSON.stringify(published));
    const { code, stdout, stderr } = await shop.run('up', '--profile', 'production');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('cluster: context production, node 10.0.0.7\n');
  });

  it('refuses images that are built here', async () => {
    const shop = stage({ kubectl, minikube: undefined, docker: undefined });
    const { code, stderr } = await shop.run('up', '--profile', 'production');
    expect([code, shop.api.applied]).toEqual([1, []]);
    expect(stderr).toContain("the nodes of 'production' cannot have images that are built here\n");
    expect(stderr).toContain('npm run images -- --push');
  });
});

describe('cdk8s-services down', () => {
  it('needs no synthesis where the cluster knows the app', async () => {
    const shop = stage();
    shop.has(SHOP);
    await shop.run('up');
    writeFileSync(join(shop.folder, 'cdk8s.yaml'), 'app: "false"\noutput: dist\n');
    const { code, stdout } = await shop.run('down');
    expect(code).toBe(0);
    expect(stdout).toContain('it does not synthesize');
    expect(names(shop.api.deleted)).toEqual(['Deployment web']);
    // no data stays, and so neither does what was known of the app
    expect(names(shop.cluster())).toEqual(['Namespace shop']);
  });

  it('keeps what is known of the app as long as its data stays', async () => {
    const shop = stage();
    shop.has(SHOP);
    const claim = object('PersistentVolumeClaim', 'data');
    writeFileSync(join(shop.folder, 'web.yaml'), [WEB, claim].map((o) => JSON.stringify(o)).join('\n---\n'));
    await shop.run('up');
    await shop.run('down');
    expect(names(shop.cluster())).toEqual(expect.arrayContaining(['ConfigMap cdk8s-services.shop']));
    await shop.run('down', '--volumes', '--yes');
    expect(names(shop.cluster())).toEqual(['Namespace shop']);
  });

  it('says so where nothing is there', async () => {
    const shop = stage();
    shop.has();
    expect((await shop.run('down')).stdout).toContain('nothing is there: the cluster has no namespace shop\n');
  });
});
