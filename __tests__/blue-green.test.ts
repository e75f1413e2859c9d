import { App, Chart, Size } from 'cdk8s';
import {
  Backup,
  BackupTarget,
  BlueGreen,
  type BlueGreenProps,
  Certificate,
  Credentials,
  Database,
  Endpoint,
  Exposure,
  type IExposed,
  Nginx,
  PhpMyAdmin,
  Route,
  Storage,
  WordPress,
  type WordPressProps,
} from '../constructs';
import { find, type Manifest, problems, synth, testChart } from './support/app';
import { chartBeside, pods, policy, tcp } from './support/network';
import { secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

const server = Endpoint.external({ host: 'db.example.org', port: 3306 });
const database = Database.external({ server, name: 'posts', credentials: Credentials.fromSecret('posts') });

/** Two versions of one site. */
function versions(chart: Chart, changes: Partial<WordPressProps> = {}): [WordPress, WordPress] {
  const props = { database, site: 'shop', storage: Storage.shared() };
  return [
    new WordPress(chart, 'shop-v1', props),
    new WordPress(chart, 'shop-v2', { ...props, image: 'registry.example.org/wordpress:2', ...changes }),
  ];
}

function switched(props: (one: WordPress, two: WordPress) => BlueGreenProps): Manifest[] {
  const chart = testChart();
  new BlueGreen(chart, 'shop', props(...versions(chart)));
  return synth(chart);
}

function refused(one: (chart: Chart) => IExposed, other: (chart: Chart) => IExposed): string[] {
  const chart = testChart();
  new BlueGreen(chart, 'shop', { active: one(chart), standby: other(chart) });
  return problems(chart);
}

const site =
  (id: string, props: Partial<WordPressProps> = {}) =>
  (chart: Chart) =>
    new WordPress(chart, id, { database, ...props });

describe('BlueGreen', () => {
  it('needs only a version', () => {
    const chart = testChart();
    const blueGreen = new BlueGreen(chart, 'front', { active: new Nginx(chart, 'front-v1') });
    expect(yamlOf(blueGreen)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const [active, standby] = versions(chart);
    const props: Required<BlueGreenProps> = {
      active,
      standby,
      exposure: Exposure.nodePort({ ports: { http: 30050 } }),
    };
    const blueGreen = new BlueGreen(chart, 'shop', props);
    expect(yamlOf(blueGreen)).toMatchSnapshot();
  });

  it('switches by the selector of one Service, and by nothing else', () => {
    const exposure = Exposure.loadBalancer();
    const before = switched((active, standby) => ({ active, standby, exposure }));
    const after = switched((standby, active) => ({ active, standby, exposure }));
    const changed = after.filter((manifest, index) => JSON.stringify(manifest) !== JSON.stringify(before[index]));
    expect(changed.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(['Service/shop']);
    expect(find(before, 'Service', 'shop').spec.selector['app.kubernetes.io/instance']).toBe('shop-v1');
    expect(find(after, 'Service', 'shop').spec.selector['app.kubernetes.io/instance']).toBe('shop-v2');
  });

  it('opens the network to both versions before one of them is needed', () => {
    const chart = testChart();
    const [active, standby] = versions(chart);
    const shop = new BlueGreen(chart, 'shop', { active, standby });
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/', shop)] });
    const manifests = synth(chart);
    for (const version of ['shop-v1', 'shop-v2']) {
      expect(policy(manifests, version).ingress).toEqual([{ from: [pods('nginx', 'nginx')], ports: tcp(5050) }]);
      expect(policy(manifests, 'nginx').egress).toContainEqual({
        to: [pods('wordpress', version)],
        ports: tcp(5050),
      });
    }
    expect(find(manifests, 'ConfigMap', 'nginx').data['routes.conf']).toContain('http://shop.$namespace_domain:5050');
  });

  it('opens both versions to the outside, and exposes neither by itself', () => {
    const manifests = switched((active, standby) => ({ active, standby, exposure: Exposure.loadBalancer() }));
    for (const version of ['shop-v1', 'shop-v2']) {
      expect(policy(manifests, version).ingress).toEqual([{ ports: tcp(5050) }]);
      expect(find(manifests, 'Service', version).spec.type).toBe('ClusterIP');
    }
  });

  it('is where browsers are sent to', () => {
    const chart = testChart();
    const exposure = Exposure.ingress({ host: 'shop.example.org' });
    const shop = new BlueGreen(chart, 'shop', { active: versions(chart)[0], exposure });
    new Nginx(chart, 'nginx', { routes: [Route.redirect('/shop', shop)] });
    expect(find(synth(chart), 'ConfigMap', 'nginx').data['routes.conf']).toContain('http://shop.example.org');
  });

  it('shares the Secrets and the claim of a site, whichever version is there', () => {
    const named = (chart: Chart, kind: string) =>
      [...synth(chart), ...secrets(chart)].filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
    const both = testChart();
    versions(both);
    const last = testChart();
    new WordPress(last, 'shop-v2', { database, site: 'shop', storage: Storage.shared() });
    for (const chart of [both, last]) {
      expect(named(chart, 'Secret').sort()).toEqual(['shop', 'shop-users']);
      expect(named(chart, 'PersistentVolumeClaim')).toEqual(['shop']);
    }
    const claim = (chart: Chart) => find(synth(chart), 'PersistentVolumeClaim', 'shop');
    expect(claim(last)).toEqual(claim(both));
  });

  it('refuses versions with files of their own', () => {
    const shared = () => ({ storage: Storage.shared() });
    expect(refused(site('v1', shared()), site('v2', shared()))).toEqual([
      expect.stringMatching(/'active' keeps its files in the claim 'v1' and 'standby' in the claim 'v2'.* same 'site'/),
    ]);
  });

  it('refuses a volume that two nodes cannot mount', () => {
    expect(refused(site('v1', { site: 'shop' }), site('v2', { site: 'shop' }))).toEqual([
      expect.stringMatching(/share the claim 'shop', which one node can mount at a time.* Storage.shared/),
    ]);
  });

  it('refuses two services', () => {
    const admin = (chart: Chart) => new PhpMyAdmin(chart, 'admin', { server });
    const nginx = (chart: Chart) => new Nginx(chart, 'nginx');
    expect(refused(nginx, admin)).toEqual([
      expect.stringContaining("'standby' listens on 5000 (http), but 'active' on 80 (http), 443 (https)"),
    ]);
  });

  it('refuses one version twice', () => {
    const chart = testChart();
    const active = new Nginx(chart, 'v1');
    new BlueGreen(chart, 'front', { active, standby: active });
    expect(problems(chart)).toEqual([expect.stringContaining("'standby' is the active version itself")]);
  });

  it('refuses a version of another namespace', () => {
    const chart = testChart();
    new BlueGreen(chart, 'front', { active: new Nginx(chartBeside(chart, 'far'), 'v1') });
    expect(problems(chart)).toEqual([expect.stringContaining("'active' is in namespace 'far'")]);
  });

  it('refuses to be without a version', () => {
    const chart = testChart();
    expect(() => new BlueGreen(chart, 'front', {} as BlueGreenProps)).toThrow(/^shop\/front: 'active' is missing/);
  });

  it('refuses to be proxied with a certificate that changes at the switch', () => {
    const chart = testChart();
    const versions = ['v1', 'v2'].map((id) => new Nginx(chart, id, { certificate: Certificate.selfSigned() }));
    const [active, standby] = versions as [Nginx, Nginx];
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/', new BlueGreen(chart, 'front', { active, standby }))] });
    expect(problems(chart)).toEqual([expect.stringContaining("whose 'certificate' cannot be checked")]);
  });
});

describe('A site in several versions', () => {
  it.each<[string, Partial<WordPressProps>]>([
    ["'users' of the site 'shop' are admin, ann here, but admin", { users: [{ login: 'ann' }] }],
    [
      "'database' of the site 'shop' is db.example.org:3306/other here, but db.example.org:3306/posts",
      {
        database: Database.external({ server, name: 'other', credentials: Credentials.fromSecret('posts') }),
      },
    ],
  ])('refuses what the versions cannot agree on: %s', (message, changes) => {
    const chart = testChart();
    versions(chart, changes);
    expect(problems(chart)).toEqual([expect.stringContaining(message)]);
  });

  it('refuses a name that no object can have', () => {
    const chart = testChart();
    new WordPress(chart, 'v1', { database, site: 'My shop' });
    expect(problems(chart)).toContainEqual(expect.stringContaining("'site' is 'My shop'"));
  });

  it('is two sites in two namespaces, or in two apps', () => {
    const chart = testChart();
    versions(chart);
    const [far] = versions(chartBeside(chart, 'far'));
    expect(far.userPasswords.secretName).toBe('shop-users');
    expect(problems(chart)).toEqual([]);
    expect(versions(new Chart(new App(), 'other'))[0].userPasswords.secretName).toBe('shop-users');
  });

  it.each([
    ['blog', 'blog-next'],
    ['blog-next', 'blog'],
  ])('takes up a site that was there before (%s, %s)', (...ids) => {
    const chart = testChart();
    for (const id of ids) {
      new WordPress(chart, id, { database, site: id === 'blog' ? undefined : 'blog', storage: Storage.shared() });
    }
    synth(chart);
    expect(secrets(chart).map(({ metadata }) => metadata.name)).toEqual(['blog', 'blog-users']);
  });

  it('has the same backups whichever version saves it, and one of them is enough', () => {
    const backedUp = (which: (one: WordPress, two: WordPress) => WordPress[]) => {
      const chart = testChart();
      const to = BackupTarget.volume(Storage.claim());
      new Backup(chart, 'backup', { of: which(...versions(chart)), to });
      return chart;
    };
    const jobs = (chart: Chart) =>
      synth(chart)
        .filter(({ kind }) => kind === 'CronJob')
        .map(({ metadata, spec }) => {
          const { env } = spec.jobTemplate.spec.template.spec.initContainers.find(({ args }: any) => args);
          return [metadata.name, env.find(({ name }: any) => name === 'BACKUP_OF').value];
        });
    const names = [
      ['backup-shop', 'shop'],
      ['backup-shop-restore', 'shop'],
    ];
    expect(jobs(backedUp((one) => [one]))).toEqual(names);
    expect(jobs(backedUp((_, two) => [two]))).toEqual(names);
    expect(problems(backedUp((one, two) => [one, two]))).toEqual([
      "[shop/backup] 'of' names 'shop' twice; leave one of them out",
    ]);
  });

  it('keeps the size that the first version asks for', () => {
    const chart = testChart();
    versions(chart, { storage: Storage.shared({ size: Size.gibibytes(9) }) });
    expect(find(synth(chart), 'PersistentVolumeClaim', 'shop').spec.resources.requests.storage).toBe('5Gi');
  });
});
