import { Size } from 'cdk8s';
import { Endpoint, Ftps, MySql, PhpMyAdmin, Storage, WordPress } from '../constructs';
import { find, problems, synth, testChart } from './support/app';

function ftpsOn(storage?: Storage) {
  const chart = testChart();
  new Ftps(chart, 'ftps', { storage });
  const manifests = synth(chart);
  const claims = manifests.filter(({ kind }) => kind === 'PersistentVolumeClaim');
  const { volumes } = find(manifests, 'Deployment', 'ftps').spec.template.spec;
  return { claims, data: volumes.find(({ name }: { name: string }) => name === 'data') };
}

function mysqlOn(storage: Storage) {
  const chart = testChart();
  new MySql(chart, 'mysql', { storage });
  const { template, volumeClaimTemplates } = find(synth(chart), 'StatefulSet', 'mysql').spec;
  const data = template.spec.volumes.find(({ name }: { name: string }) => name === 'data');
  return { volumeClaimTemplates, data };
}

describe('Storage', () => {
  it("is a claim of the service's name and size in the default class, for one node, unless told otherwise", () => {
    const { claims, data } = ftpsOn();
    expect(claims.map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      ['ftps', { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } }],
    ]);
    expect(data).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'ftps' } });
    expect(ftpsOn(Storage.claim()).claims).toEqual(claims);
  });

  it('takes size and class', () => {
    const [claim] = ftpsOn(Storage.claim({ size: Size.mebibytes(1500), storageClass: 'fast' })).claims;
    expect(claim?.spec).toMatchObject({ storageClassName: 'fast', resources: { requests: { storage: '1500Mi' } } });
  });

  it('is mounted by many nodes where it is shared', () => {
    const [claim] = ftpsOn(Storage.shared({ size: Size.gibibytes(2), storageClass: 'nfs' })).claims;
    expect(claim?.spec).toEqual({
      accessModes: ['ReadWriteMany'],
      storageClassName: 'nfs',
      resources: { requests: { storage: '2Gi' } },
    });
  });

  it('makes no claim where one exists', () => {
    expect(ftpsOn(Storage.existing('homes'))).toEqual({
      claims: [],
      data: { name: 'data', persistentVolumeClaim: { claimName: 'homes' } },
    });
  });

  it('makes no claim where a shared one exists', () => {
    expect(ftpsOn(Storage.existingShared('homes'))).toEqual(ftpsOn(Storage.existing('homes')));
  });

  it.each(['existing', 'existingShared'] as const)('refuses a name of %s that no claim has', (method) => {
    expect(() => Storage[method]('My_Homes')).toThrow(
      new Error(`Storage.${method}: 'claimName' is 'My_Homes', which is no object's name; use a-z, 0-9, '-' and '.'`),
    );
  });

  it('rounds a size up to whole mebibytes', () => {
    const [claim] = ftpsOn(Storage.claim({ size: Size.kibibytes(1500) })).claims;
    expect(claim?.spec.resources.requests.storage).toBe('2Mi');
  });

  it('is a claim template of a StatefulSet, and a volume of its pod where the claim exists', () => {
    const own = mysqlOn(Storage.claim({ size: Size.gibibytes(20) }));
    expect(own.volumeClaimTemplates).toEqual([
      {
        metadata: expect.objectContaining({ name: 'data' }),
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } } },
      },
    ]);
    expect(own.data).toBeUndefined();
    expect(mysqlOn(Storage.existing('old'))).toEqual({
      data: { name: 'data', persistentVolumeClaim: { claimName: 'old' } },
    });
  });
});

describe.each(['claim', 'shared'] as const)('Storage.%s', (method) => {
  it('refuses a size of nothing', () => {
    expect(() => Storage[method]({ size: Size.gibibytes(0) })).toThrow("Storage: 'size' is 0 MiB; use 1 MiB or more");
  });

  it('refuses a class that there cannot be, and takes the empty one, which is for volumes made by hand', () => {
    expect(() => Storage[method]({ storageClass: 'Fast Disks' })).toThrow("Storage: 'storageClass' is 'Fast Disks'");
    expect(() => Storage[method]({ storageClass: '' })).not.toThrow();
  });
});

describe('an existing claim', () => {
  it('holds the data of one server alone', () => {
    const chart = testChart();
    new MySql(chart, 'mysql', { storage: Storage.existing('data') });
    new MySql(chart, 'other', { storage: Storage.existing('data') });
    expect(problems(chart)).toEqual([
      "[shop/other] the claim 'shop/data' is taken by shop/mysql already; give each server one of its own",
    ]);
  });
});

describe('replicas', () => {
  const server = Endpoint.external({ host: 'db.example.org', port: 3306 });

  it('are one where the volume is for one node', () => {
    const chart = testChart();
    const database = new MySql(chart, 'mysql').addDatabase('blog');
    new WordPress(chart, 'blog', { database, replicas: 3 });
    expect(problems(chart)).toEqual([
      "[shop/blog] 'replicas' is 3 but its volume can be mounted by one node at a time; " +
        'use storage: Storage.shared(...) or Storage.existingShared(...), or replicas: 1',
    ]);
  });

  it('are one where an existing claim is for one node', () => {
    const chart = testChart();
    const database = new MySql(chart, 'mysql').addDatabase('blog');
    new WordPress(chart, 'blog', { database, replicas: 3, storage: Storage.existing('site') });
    expect(problems(chart)).toEqual([expect.stringContaining("[shop/blog] 'replicas' is 3")]);
  });

  it.each([
    ['shared', Storage.shared()],
    ['an existing one that is shared', Storage.existingShared('site')],
  ])('are as many as wanted where the volume is %s', (_, storage) => {
    const chart = testChart();
    const database = new MySql(chart, 'mysql').addDatabase('blog');
    new WordPress(chart, 'blog', { database, replicas: 3, storage });
    expect(find(synth(chart), 'Deployment', 'blog').spec.replicas).toBe(3);
  });

  it.each([-1, 1.5, Number.NaN])('are not %d', (replicas) => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server, replicas });
    expect(problems(chart)).toEqual([`[shop/admin] 'replicas' is ${replicas}; use a whole number, 0 or more`]);
  });

  it('are no more than Kubernetes counts', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server, replicas: 2 ** 31, sessions: Storage.shared() });
    expect(problems(chart)).toEqual([
      "[shop/admin] 'replicas' is 2147483648, which is more than Kubernetes counts; use 2147483647 at most",
    ]);
  });
});
