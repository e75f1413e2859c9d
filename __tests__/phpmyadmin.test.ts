import { type Chart, Duration, Size } from 'cdk8s';
import {
  Certificate,
  Endpoint,
  Exposure,
  InfluxDb,
  MySql,
  Nginx,
  PhpMyAdmin,
  type PhpMyAdminProps,
  Route,
  Storage,
} from '../constructs';
import { find, problems, synth, testChart } from './support/app';
import { extras } from './support/extras';
import { chartBeside, DNS, pods, policy, tcp } from './support/network';
import { contentHash, secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

const server = Endpoint.external({ host: 'db.example.org', port: 3307 });

function variables(props: PhpMyAdminProps): { [name: string]: string } {
  const chart = testChart();
  new PhpMyAdmin(chart, 'admin', props);
  const { env } = find(synth(chart), 'Deployment', 'admin').spec.template.spec.containers[0];
  return Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]));
}

describe('PhpMyAdmin', () => {
  it('needs only a server', () => {
    const chart = testChart();
    const phpmyadmin = new PhpMyAdmin(chart, 'admin', { server });
    expect(yamlOf(phpmyadmin)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<Omit<PhpMyAdminProps, 'replicas'>> = {
      image: 'registry.example.org/other/phpmyadmin:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      server,
      allowRoot: true,
      certificate: Certificate.fromSecret('shop-tls'),
      hsts: Duration.days(365),
      exposure: Exposure.nodePort({ ports: { http: 30500 } }),
      sessions: Storage.shared({ size: Size.gibibytes(2), storageClass: 'nfs' }),
      autoscaling: { min: 2, max: 5, cpu: 70, memory: 90 },
    };
    const phpmyadmin = new PhpMyAdmin(chart, 'admin', props);
    expect(yamlOf(phpmyadmin)).toMatchSnapshot();
  });

  it('opens the network to its server and to nothing else, on both sides', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server: new MySql(chart, 'mysql') });
    const manifests = synth(chart);
    expect(policy(manifests, 'admin')).toMatchObject({
      ingress: [],
      egress: [...DNS, { to: [pods('mysql', 'mysql')], ports: tcp(3306) }],
    });
    expect(policy(manifests, 'mysql').ingress).toEqual([{ from: [pods('phpmyadmin', 'admin')], ports: tcp(3306) }]);
  });

  it('names the namespace of a server in another one, for host and policies', () => {
    const chart = testChart();
    const data = chartBeside(chart, 'data');
    new PhpMyAdmin(chart, 'admin', { server: new MySql(data, 'mysql') });
    const manifests = synth(chart);
    const { env } = find(manifests, 'Deployment', 'admin').spec.template.spec.containers[0];
    expect(env).toContainEqual({ name: 'PMA_HOST', value: 'mysql.data' });
    expect(policy(manifests, 'admin').egress).toEqual([
      ...DNS,
      { to: [pods('mysql', 'mysql', 'data')], ports: tcp(3306) },
    ]);
    expect(policy(data.toJson(), 'mysql').ingress).toEqual([
      { from: [pods('phpmyadmin', 'admin', 'shop')], ports: tcp(3306) },
    ]);
  });

  it('administers a server outside of the cluster, and reaches its port at any address', () => {
    expect(variables({ server })).toMatchObject({ PMA_HOST: 'db.example.org', PMA_PORT: '3307' });
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server });
    expect(policy(synth(chart), 'admin').egress).toEqual([...DNS, { ports: tcp(3307) }]);
  });

  it('lets root in only where it is told to', () => {
    expect(variables({ server }).PMA_ALLOW_ROOT).toBe('false');
    expect(variables({ server, allowRoot: true }).PMA_ALLOW_ROOT).toBe('true');
  });

  it('is open to those who are given it, and to nobody else', () => {
    const chart = testChart();
    const admin = new PhpMyAdmin(chart, 'admin', { server });
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/phpmyadmin', admin)] });
    const manifests = synth(chart);
    expect(policy(manifests, 'admin').ingress).toEqual([{ from: [pods('nginx', 'nginx')], ports: tcp(5000) }]);
    expect(policy(manifests, 'nginx').egress).toEqual([
      ...DNS,
      { to: [pods('phpmyadmin', 'admin')], ports: tcp(5000) },
    ]);
  });

  it('has several pods if they share who has logged in', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server, replicas: 3, sessions: Storage.shared() });
    const manifests = synth(chart);
    const { replicas, template } = find(manifests, 'Deployment', 'admin').spec;
    const [container] = template.spec.containers;
    expect(replicas).toBe(3);
    expect(container.env).toContainEqual({ name: 'PMA_SESSIONS', value: '/var/lib/sessions' });
    expect(container.volumeMounts).toContainEqual({ name: 'data', mountPath: '/var/lib/sessions' });
    expect(find(manifests, 'PersistentVolumeClaim', 'admin').spec.accessModes).toEqual(['ReadWriteMany']);
  });

  it('keeps logins over a roll-out where the next pod has the volume, too', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server, sessions: Storage.claim() });
    const { affinity } = find(synth(chart), 'Deployment', 'admin').spec.template.spec;
    expect(affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution).toHaveLength(1);
  });

  it.each([{ replicas: 2 }, { autoscaling: { max: 2 } }])(
    'refuses pods that know of no login of another (%j)',
    (scale) => {
      const chart = testChart();
      new PhpMyAdmin(chart, 'admin', { server, ...scale });
      expect(problems(chart)).toEqual([
        expect.stringMatching(/there may be 2 pods, but .* add sessions: Storage.shared/),
      ]);
    },
  );

  it('may use more memory than its largest request and the opcode cache take', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server });
    const manifests = synth(chart);
    const [container] = find(manifests, 'Deployment', 'admin').spec.template.spec.containers;
    const ini: string = find(manifests, 'ConfigMap', 'admin').data['php.ini'];
    const figure = (setting: RegExp) => Number.parseInt(setting.exec(ini)?.[1] ?? '', 10);
    const needed = figure(/^memory_limit = (\d+)M$/m) + figure(/^opcache.memory_consumption = (\d+)$/m);
    expect(Number.parseInt(container.resources.limits.memory, 10)).toBeGreaterThan(needed);
  });

  it('is ready when PHP answers and alive when nginx does', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server });
    const [container] = find(synth(chart), 'Deployment', 'admin').spec.template.spec.containers;
    expect(container.readinessProbe).toMatchObject({ httpGet: { port: 'http', path: '/fpm-ping' } });
    expect(container.livenessProbe).toMatchObject({ httpGet: { port: 'http', path: '/healthz' } });
  });

  it('knows no password of anybody', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server });
    expect(secrets(chart).map(({ data }) => Object.keys(data))).toEqual([['blowfish-secret']]);
  });

  it('rolls when the key of its cookies changes, and not otherwise', () => {
    const build = (props?: Partial<PhpMyAdminProps>) => (chart: Chart) => {
      new PhpMyAdmin(chart, 'admin', { server: new MySql(chart, 'mysql'), ...props });
    };
    const hash = contentHash('Deployment/admin', build());
    expect(contentHash('Deployment/admin', build(), 'admin blowfish-secret')).not.toBe(hash);
    expect(contentHash('Deployment/admin', build(), 'mysql password')).toBe(hash);
    expect(contentHash('Deployment/admin', build({ autoscaling: { max: 1 }, exposure: Exposure.loadBalancer() }))).toBe(
      hash,
    );
  });

  it('refuses a server that speaks something else', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { server: new InfluxDb(chart, 'metrics') });
    expect(problems(chart)).toEqual([
      "[shop/admin] 'server' is 'metrics.shop', which speaks http and not MySQL's protocol; pass a MySql",
    ]);
  });

  it('refuses to be without a server, and reports all mistakes in one run', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', { replicas: -1 } as unknown as PhpMyAdminProps);
    expect(problems(chart)).toEqual([
      "[shop/admin] 'server' is missing; pass a MySql or Endpoint.external(…)",
      "[shop/admin] 'replicas' is -1; use a whole number, 0 or more",
    ]);
  });

  it('refuses to be without props, and reports it with the mistakes of others', () => {
    const chart = testChart();
    new PhpMyAdmin(chart, 'admin', undefined as unknown as PhpMyAdminProps);
    new MySql(chart, 'mysql').addDatabase('sys');
    expect(problems(chart)).toEqual([
      expect.stringContaining("[shop/admin] 'server' is missing"),
      expect.stringContaining("[shop/mysql] database 'name' is 'sys'"),
    ]);
  });
});
