import { type Chart, Duration } from 'cdk8s';
import {
  Certificate,
  Credentials,
  Database,
  Endpoint,
  Exposure,
  Ftps,
  type GatewayProps,
  Grafana,
  Nginx,
  PhpMyAdmin,
  Route,
  TimeSeriesDatabase,
  WordPress,
} from '../../constructs';
import { find, type Manifest, problems, synth, testChart } from '../support/app';
import { laws } from '../support/laws';

const HOST = 'site.example.org';
const GATEWAY = { gateway: 'public', host: HOST };
const server = Endpoint.external({ host: 'db.example.org', port: 3306 });
const user = Credentials.fromSecret('user');
const database = Database.external({ server, name: 'posts', credentials: user });
const metrics = TimeSeriesDatabase.external({ server, name: 'metrics', writer: user, reader: user });

function site(props: Partial<GatewayProps> = {}) {
  const chart = testChart();
  new PhpMyAdmin(chart, 'site', { server, exposure: Exposure.gateway({ ...GATEWAY, ...props }) });
  const manifests = synth(chart);
  const service = find(manifests, 'Service', 'site');
  return { manifests, service, route: find(manifests, 'HTTPRoute', 'site'), urls: urlsOf(service) };
}

const urlsOf = ({ metadata }: Manifest) => metadata.annotations?.['cdk8s-services/urls'];

function problemsOf(add: (chart: Chart) => void): string[] {
  const chart = testChart();
  add(chart);
  return problems(chart);
}

describe('Exposure.gateway', () => {
  it('leads the host from the Gateway to the service, and makes no Ingress', () => {
    const { manifests, service, route, urls } = site();
    expect(route).toMatchObject({
      apiVersion: 'gateway.networking.k8s.io/v1',
      metadata: { name: 'site', namespace: 'shop', labels: service.metadata.labels },
    });
    expect(route.spec).toEqual({
      parentRefs: [{ name: 'public' }],
      hostnames: [HOST],
      rules: [{ backendRefs: [{ name: 'site', port: 5000 }] }],
    });
    expect(service.spec.type).toBe('ClusterIP');
    expect(urls).toBe(`https://${HOST}/`);
    expect(manifests.filter(({ kind }) => kind === 'Ingress')).toEqual([]);
  });

  it('takes every prop', () => {
    const { manifests, route, urls } = site({
      gatewayNamespace: 'infra',
      sectionName: 'web',
      tls: false,
      controllerNamespace: 'gateways',
    });
    expect(route.spec.parentRefs).toEqual([{ name: 'public', namespace: 'infra', sectionName: 'web' }]);
    expect(urls).toBe(`http://${HOST}/`);
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } };
    expect(find(manifests, 'NetworkPolicy', 'site').spec.ingress).toEqual([
      { from: [{ namespaceSelector }], ports: [{ port: 5000, protocol: 'TCP' }] },
    ]);
  });

  it.each<[string, number, (chart: Chart, exposure: Exposure) => void]>([
    ['Nginx', 80, (chart, exposure) => new Nginx(chart, 'site', { exposure, ssh: {} })],
    ['PhpMyAdmin', 5000, (chart, exposure) => new PhpMyAdmin(chart, 'site', { exposure, server })],
    ['WordPress', 5050, (chart, exposure) => new WordPress(chart, 'site', { exposure, database })],
    ['Grafana', 3000, (chart, exposure) => new Grafana(chart, 'site', { exposure, database: metrics })],
  ])('serves %s from its port %d of plain HTTP, and breaks no law', (_, port, add) => {
    const chart = testChart();
    add(chart, Exposure.gateway(GATEWAY));
    const manifests = synth(chart);
    expect(find(manifests, 'HTTPRoute', 'site').spec.rules).toEqual([{ backendRefs: [{ name: 'site', port }] }]);
    const broken = Object.entries(laws).flatMap(([law, breakers]) =>
      breakers(manifests)
        .filter((breaker) => !breaker.includes('needs Secret/'))
        .map((breaker) => `${law}: ${breaker}`),
    );
    expect(broken).toEqual([]);
  });

  it.each([
    [true, `https://${HOST}`],
    [false, `http://${HOST}`],
  ])("is WordPress' one address (tls: %s), and the target of redirects", (tls, url) => {
    const chart = testChart();
    const blog = new WordPress(chart, 'blog', { database, exposure: Exposure.gateway({ ...GATEWAY, tls }) });
    new Nginx(chart, 'nginx', { routes: [Route.redirect('/blog', blog)] });
    const manifests = synth(chart);
    const { env } = find(manifests, 'Deployment', 'blog').spec.template.spec.containers[0];
    expect(env).toContainEqual({ name: 'WORDPRESS_HOST', value: url });
    expect(find(manifests, 'ConfigMap', 'nginx').data['routes.conf']).toContain(`${url}/`);
  });

  it('lets browsers be told to come by TLS only where they come by TLS', () => {
    const hsts = Duration.days(30);
    const add = (tls: boolean) => (chart: Chart) =>
      new PhpMyAdmin(chart, 'site', { server, hsts, exposure: Exposure.gateway({ ...GATEWAY, tls }) });
    expect(problemsOf(add(true))).toEqual([]);
    expect(problemsOf(add(false))).toEqual([
      "[shop/site] 'hsts' is set, but browsers come here by plain HTTP; have the Gateway speak TLS and leave out " +
        "'tls: false', or leave 'hsts' out",
    ]);
  });

  it('refuses a service that does not speak HTTP', () => {
    expect(problemsOf((chart) => new Ftps(chart, 'ftps', { exposure: Exposure.gateway(GATEWAY) }))).toEqual([
      "[shop/ftps/Service] 'exposure' is a gateway, but no port of ftps speaks HTTP; use nodePort or loadBalancer",
    ]);
  });

  it('refuses a service that speaks TLS itself', () => {
    const certificate = Certificate.selfSigned();
    const exposure = Exposure.gateway(GATEWAY);
    expect(problemsOf((chart) => new PhpMyAdmin(chart, 'site', { server, certificate, exposure }))).toEqual([
      "[shop/site/Service] 'certificate' has port 5000 speak TLS, but gateways speak plain HTTP to it; leave it out: " +
        'the Gateway has its own',
    ]);
  });

  it('refuses a host that is none', () => {
    const exposure = Exposure.gateway({ ...GATEWAY, host: 'Site' });
    expect(problemsOf((chart) => new PhpMyAdmin(chart, 'site', { server, exposure }))).toEqual([
      "[shop/site/Service] 'host' is 'Site'; use a host name in lower case, such as 'blog.example.org'",
    ]);
  });

  it('refuses two sites on one host, be the other behind an ingress', () => {
    expect(
      problemsOf((chart) => {
        new PhpMyAdmin(chart, 'first', { server, exposure: Exposure.ingress({ host: HOST }) });
        new PhpMyAdmin(chart, 'second', { server, exposure: Exposure.gateway(GATEWAY) });
      }),
    ).toEqual([
      `[shop/second/Service] host '${HOST}' is taken by shop/first/Service already; give one of the two another host`,
    ]);
  });

  it.each(['gateway', 'gatewayNamespace', 'sectionName', 'controllerNamespace'])(
    'refuses a %s that nothing can be called',
    (prop) => {
      expect(() => Exposure.gateway({ ...GATEWAY, [prop]: 'My Gateway' })).toThrow(
        `Exposure.gateway: '${prop}' is 'My Gateway', which is no object's name; use a-z, 0-9, '-' and '.'`,
      );
    },
  );
});
