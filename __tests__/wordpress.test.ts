import { type Chart, Duration, Lazy, Size } from 'cdk8s';
import {
  Certificate,
  Credentials,
  Database,
  Endpoint,
  Exposure,
  MySql,
  Storage,
  WordPress,
  type WordPressProps,
  WordPressRole,
} from '../constructs';
import { find, type Manifest, problems, synth, testChart } from './support/app';
import { extras } from './support/extras';
import { chartBeside, DNS, pods, policy, tcp } from './support/network';
import { contentHash, secretData, secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

const database = Database.external({
  server: Endpoint.external({ host: 'db.example.org', port: 3307 }),
  name: 'posts',
  credentials: Credentials.fromSecret('posts'),
});

function site(props: Partial<WordPressProps> = {}): Manifest[] {
  const chart = testChart();
  new WordPress(chart, 'blog', { database, ...props });
  return synth(chart);
}

function podOf(manifests: Manifest[]) {
  const { initContainers, containers, volumes, affinity } = find(manifests, 'Deployment', 'blog').spec.template.spec;
  return { setup: initContainers[0], wordpress: containers[0], volumes, affinity };
}

function siteProblems(props: Partial<WordPressProps>): string[] {
  const chart = testChart();
  new WordPress(chart, 'blog', { database, ...props });
  return problems(chart);
}

/** Users whose passwords are in a Secret of any keys. */
const userPasswords = Credentials.fromSecret('people');

describe('WordPress', () => {
  it('needs only a database', () => {
    const chart = testChart();
    const wordpress = new WordPress(chart, 'blog', { database });
    expect(yamlOf(wordpress)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<Omit<WordPressProps, 'replicas'>> = {
      image: 'registry.example.org/other/wordpress:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      database,
      site: 'our',
      title: 'Our "blog"',
      admin: { login: 'root.of-all', email: 'root@example.com' },
      users: [{ login: 'ann', email: 'ann@example.com', role: WordPressRole.EDITOR }, { login: 'bob' }],
      userPasswords,
      url: 'https://blog.example.com:8443',
      certificate: Certificate.fromSecret('shop-tls'),
      hsts: Duration.days(365),
      exposure: Exposure.loadBalancer({ nodePorts: { http: 30050 } }),
      storage: Storage.shared({ size: Size.gibibytes(20), storageClass: 'nfs' }),
      autoscaling: { min: 2, max: 5, cpu: 70, memory: 90 },
    };
    const wordpress = new WordPress(chart, 'blog', props);
    expect(yamlOf(wordpress)).toMatchSnapshot();
  });

  it('opens the network to its database and to nothing else, on both sides', () => {
    const chart = testChart();
    new WordPress(chart, 'blog', { database: new MySql(chart, 'mysql').addDatabase('blog') });
    const manifests = synth(chart);
    expect(policy(manifests, 'blog')).toMatchObject({
      ingress: [],
      egress: [...DNS, { to: [pods('mysql', 'mysql')], ports: tcp(3306) }],
    });
    expect(policy(manifests, 'mysql')).toMatchObject({
      ingress: [{ from: [pods('wordpress', 'blog')], ports: tcp(3306) }],
      egress: [],
    });
  });

  it('names the namespace of a database in another one, for host and policies', () => {
    const chart = testChart();
    const data = chartBeside(chart, 'data');
    const credentials = Credentials.fromSecret('blog-database');
    new WordPress(chart, 'blog', { database: new MySql(data, 'mysql').addDatabase('blog', { credentials }) });
    const manifests = synth(chart);
    expect(podOf(manifests).wordpress.env).toContainEqual({ name: 'WORDPRESS_DB_HOST', value: 'mysql.data:3306' });
    expect(policy(manifests, 'blog').egress).toContainEqual({
      to: [pods('mysql', 'mysql', 'data')],
      ports: tcp(3306),
    });
    expect(policy(data.toJson(), 'mysql').ingress).toEqual([
      { from: [pods('wordpress', 'blog', 'shop')], ports: tcp(3306) },
    ]);
  });

  it('gets a copy of the Secret of a database in another namespace, since pods mount those of their own only', () => {
    const chart = testChart();
    const mysql = new MySql(chartBeside(chart, 'data'), 'mysql').addDatabase('blog');
    new WordPress(chart, 'blog', { database: mysql });
    const manifests = synth(chart);
    const copies = secrets(chart).filter(({ metadata }) => metadata.name.endsWith('mysql-blog'));
    expect(copies.map(({ metadata }) => metadata.namespace)).toEqual(['data', 'shop']);
    expect(copies.map(secretData)).toEqual(
      Array(2).fill({ username: 'blog', password: 'placeholder of mysql-blog password' }),
    );
    const { secret } = podOf(manifests).volumes.find(({ name }: { name: string }) => name === 'database');
    expect(secret.secretName).toBe('data-mysql-blog');
  });

  it('shares the Secret of a database in its own namespace, and the copy of one in another', () => {
    const chart = testChart();
    const near = new MySql(chart, 'near').addDatabase('posts');
    const far = new MySql(chartBeside(chart, 'data'), 'far').addDatabase('posts');
    for (const [index, shared] of [near, near, far, far].entries()) {
      new WordPress(chart, `blog${index}`, { database: shared });
    }
    synth(chart);
    const names = secrets(chart).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(names.filter((name) => name.endsWith('-posts'))).toEqual([
      'shop/near-posts',
      'data/far-posts',
      'shop/data-far-posts',
    ]);
  });

  it('reaches the port of an external database at any address, and nothing else', () => {
    const manifests = site();
    expect(podOf(manifests).wordpress.env).toContainEqual({ name: 'WORDPRESS_DB_HOST', value: 'db.example.org:3307' });
    expect(policy(manifests, 'blog').egress).toEqual([...DNS, { ports: tcp(3307) }]);
  });

  it('is ready when PHP answers and alive when nginx does', () => {
    const { wordpress } = podOf(site());
    expect(wordpress.readinessProbe).toMatchObject({ httpGet: { port: 'http', path: '/fpm-ping' } });
    expect(wordpress.livenessProbe).toMatchObject({ httpGet: { port: 'http', path: '/healthz' } });
  });

  it('sets up the site before it serves it, and only the setup sees passwords of users', () => {
    const { setup, wordpress } = podOf(site());
    expect(setup.args).toEqual(['wordpress-setup']);
    const users = expect.objectContaining({ mountPath: '/run/secrets/users' });
    expect(setup.volumeMounts).toContainEqual(users);
    expect(wordpress.volumeMounts).not.toContainEqual(users);
  });

  it('makes a password for each user, and puts none into the site file', () => {
    const chart = testChart();
    const users = [{ login: 'ann', role: WordPressRole.AUTHOR }, { login: 'bob' }];
    const { userPasswords: passwords } = new WordPress(chart, 'blog', { database, users });
    const data = secretData(find(secrets(chart), 'Secret', passwords.secretName));
    expect(Object.keys(data)).toEqual(['admin', 'ann', 'bob']);
    expect(JSON.parse(find(synth(chart), 'ConfigMap', 'blog').data['site.json'])).toEqual({
      title: 'blog',
      admin: { login: 'admin', email: 'admin@example.org' },
      users: [
        { login: 'ann', email: 'ann@example.org', role: 'author' },
        { login: 'bob', email: 'bob@example.org', role: 'subscriber' },
      ],
    });
  });

  it.each([
    ['nothing, so that every address serves it', {}, undefined],
    ['nothing on a load balancer', { exposure: Exposure.loadBalancer() }, undefined],
    ['its url', { url: 'https://blog.example.com' }, 'https://blog.example.com'],
    ['the host of its ingress', { exposure: Exposure.ingress({ host: 'b.example.org' }) }, 'http://b.example.org'],
    [
      'the host of its ingress, with TLS',
      { exposure: Exposure.ingress({ host: 'b.example.org', certificate: Certificate.fromSecret('tls') }) },
      'https://b.example.org',
    ],
    [
      'its url, which is that of its ingress',
      { url: 'http://b.example.org', exposure: Exposure.ingress({ host: 'b.example.org' }) },
      'http://b.example.org',
    ],
  ])('takes for its one address %s', (_, props, value) => {
    const { setup, wordpress } = podOf(site(props));
    for (const { env } of [setup, wordpress]) {
      expect(env.find(({ name }: { name: string }) => name === 'WORDPRESS_HOST')?.value).toBe(value);
    }
  });

  it('keeps a new pod on the node of the old one where its volume is for one node', () => {
    expect(podOf(site()).affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      { labelSelector: pods('wordpress', 'blog').podSelector, topologyKey: 'kubernetes.io/hostname' },
    ]);
    expect(podOf(site({ storage: Storage.shared() })).affinity).toBeUndefined();
  });

  it('has replicas on any nodes where its storage is shared', () => {
    expect(find(site({ storage: Storage.shared(), replicas: 3 }), 'Deployment', 'blog').spec.replicas).toBe(3);
  });

  it('rolls when its title, users or passwords change, and not otherwise', () => {
    const workload = 'Deployment/blog';
    const build = (props: Partial<WordPressProps> = {}) => {
      return (chart: Chart) => {
        new WordPress(chart, 'blog', { database: new MySql(chart, 'mysql').addDatabase('blog'), ...props });
      };
    };
    const hashes = [
      contentHash(workload, build()),
      contentHash(workload, build({ title: 'Another' })),
      contentHash(workload, build({ users: [{ login: 'ann' }] })),
      contentHash(workload, build(), 'mysql-blog password'),
      contentHash(workload, build(), 'blog-users admin'),
      contentHash(workload, build(), 'blog secret-key'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(workload, build(), 'mysql password')).toBe(hashes[0]);
    expect(contentHash(workload, build({ exposure: Exposure.loadBalancer(), replicas: 0 }))).toBe(hashes[0]);
  });

  it.each([
    ['a database', {}],
    ['props', undefined],
  ])('refuses to be without %s, and reports it with the mistakes of others', (_, props) => {
    const chart = testChart();
    new WordPress(chart, 'blog', props as unknown as WordPressProps);
    new WordPress(chart, 'news', { database, replicas: -1 });
    expect(problems(chart)).toEqual([
      "[shop/blog] 'database' is missing; pass mysql.addDatabase('…') or Database.external(…)",
      expect.stringContaining("[shop/news] 'replicas' is -1"),
    ]);
  });

  it.each([
    ['a volume of its own', Storage.claim()],
    ['an existing claim', Storage.existing('uploads')],
  ])('refuses a second pod on %s, which one node mounts', (_, storage) => {
    expect(siteProblems({ storage, replicas: 2 })).toEqual([
      "[shop/blog] 'replicas' is 2 but its volume can be mounted by one node at a time; " +
        'use storage: Storage.shared(...) or Storage.existingShared(...), or replicas: 1',
    ]);
  });

  it('refuses a password in a prop, without repeating it', () => {
    const users = [{ login: 'ann', password: 's3cret' }];
    expect(siteProblems({ users })).toEqual([
      "[shop/blog] user 'ann' has a 'password'; passwords are in no prop: leave it out, or pass 'userPasswords'",
    ]);
  });

  it('refuses a password in place of credentials, without repeating it', () => {
    expect(siteProblems({ userPasswords: 's3cret' as unknown as Credentials })).toEqual([
      "[shop/blog] 'userPasswords' is a string, not credentials; put it into a Secret and pass " +
        "Credentials.fromSecret('…')",
    ]);
  });

  it.each(['', 'ann lee', 'ann@example.org', '..', '-ann', 'x'.repeat(61)])('refuses %j as a login', (login) => {
    expect(siteProblems({ users: [{ login }], userPasswords })).toEqual([
      `[shop/blog] 'login' of a user is '${login}'; use up to 60 letters, digits, '-', '_' and '.', a letter or digit first`,
    ]);
  });

  it.each([
    ['twice among users', { users: [{ login: 'ann' }, { login: 'Ann' }] }, 'Ann'],
    ['for a user and the administrator', { users: [{ login: 'admin' }] }, 'admin'],
  ])('refuses one login %s', (_, props, login) => {
    expect(siteProblems({ ...props, userPasswords })).toEqual([
      `[shop/blog] two users have the 'login' '${login}'; rename one of them`,
    ]);
  });

  it('refuses a role that WordPress has not', () => {
    const role = 'owner' as WordPressRole;
    expect(siteProblems({ users: [{ login: 'ann', role }] })).toEqual([
      "[shop/blog] 'role' of user 'ann' is 'owner'; use one of administrator, editor, author, contributor, subscriber",
    ]);
  });

  it('refuses an administrator of another role', () => {
    expect(siteProblems({ admin: { login: 'ann', role: WordPressRole.EDITOR } })).toEqual([
      "[shop/blog] 'role' of the admin 'ann' is 'editor'; leave it out, or add another user for that",
    ]);
    expect(siteProblems({ admin: { login: 'ann', role: WordPressRole.ADMINISTRATOR } })).toEqual([]);
  });

  it('refuses an email that is no address', () => {
    expect(siteProblems({ admin: { login: 'ann', email: 'ann' } })).toEqual([
      "[shop/blog] 'email' of user 'ann' is 'ann', which is no address; use one such as 'ann@example.org'",
    ]);
  });

  it.each(['blog.example.org', 'https://blog.example.org/', 'https://blog.example.org/news', 'ftp://blog.example.org'])(
    'refuses %j as url',
    (url) => {
      expect(siteProblems({ url })).toEqual([
        `[shop/blog] 'url' is '${url}'; use a scheme and a host without a path, such as 'https://blog.example.org'`,
      ]);
    },
  );

  it.each([
    [
      'https://bücher.example',
      ", whose host is not in ASCII; write it as browsers send it: 'https://xn--bcher-kva.example'",
    ],
    ['http://例え.jp:8080', ", whose host is not in ASCII; write it as browsers send it: 'http://xn--r8jz45g.jp:8080'"],
    ['https://a_b.example', "; use a scheme and a host without a path, such as 'https://blog.example.org'"],
    ['https://[fd00::1%25eth0]', ', an IPv6 address, which is not taken; use a host name that leads to it'],
    ['https://[fd00::1]:5050', ', an IPv6 address, which is not taken; use a host name that leads to it'],
  ])('says what to write for %j as url', (url, what) => {
    expect(siteProblems({ url })).toEqual([`[shop/blog] 'url' is '${url}'${what}`]);
  });

  it.each(['https://xn--bcher-kva.example', 'http://192.0.2.1:5050'])('takes %j as url', (url) => {
    expect(siteProblems({ url })).toEqual([]);
  });

  it('refuses a title that is known later only', () => {
    const title = Lazy.any({ produce: () => 'News' }) as string;
    expect(siteProblems({ title })).toEqual(["[shop/blog] 'title' is no text; pass one that is known now"]);
  });

  it('refuses a url that is not the host of its ingress', () => {
    const exposure = Exposure.ingress({ host: 'b.example.org' });
    expect(siteProblems({ url: 'http://b.example.com', exposure })).toEqual([
      "[shop/blog] 'url' is 'http://b.example.com', but the exposure is for 'b.example.org'; use one host for both",
    ]);
  });

  it('takes a url of TLS where the ingress has no certificate, since something before it may', () => {
    const exposure = Exposure.ingress({ host: 'b.example.org' });
    expect(siteProblems({ url: 'https://b.example.org', exposure })).toEqual([]);
  });

  it('reports all mistakes in one run', () => {
    expect(
      siteProblems({ database: undefined, url: 'blog', replicas: 1.5, admin: { login: '-', email: '-' } }),
    ).toEqual([
      expect.stringContaining("'database' is missing"),
      expect.stringContaining("'replicas' is 1.5"),
      expect.stringContaining("'login' of a user is '-'"),
      expect.stringContaining("'email' of user '-'"),
      expect.stringContaining("'url' is 'blog'"),
    ]);
  });
});
