import { type Chart, Duration } from 'cdk8s';
import {
  Certificate,
  Credentials,
  Database,
  Endpoint,
  Exposure,
  Grafana,
  Nginx,
  PhpMyAdmin,
  Route,
  TimeSeriesDatabase,
  WordPress,
} from '../../constructs';
import { find, problems, synth, testChart } from '../support/app';
import { chartBeside, policy, tcp } from '../support/network';

const server = Endpoint.external({ host: 'db.example.org', port: 3307 });
const user = Credentials.fromSecret('user');
const database = Database.external({ server, name: 'posts', credentials: user });
const metrics = TimeSeriesDatabase.external({ server, name: 'metrics', writer: user, reader: user });
const certificate = Certificate.selfSigned();
const balancer = Exposure.loadBalancer({ nodePorts: { http: 30050 } });
const ingress = (tls?: Certificate) => Exposure.ingress({ host: 'web.example.org', certificate: tls });

interface TlsProps {
  readonly certificate?: Certificate;
  readonly exposure?: Exposure;
  readonly hsts?: Duration;
}

type Service = [string, number, (chart: Chart, props: TlsProps) => WordPress | PhpMyAdmin | Grafana];
const SERVICES: Service[] = [
  ['WordPress', 5050, (chart, props) => new WordPress(chart, 'web', { database, ...props })],
  ['PhpMyAdmin', 5000, (chart, props) => new PhpMyAdmin(chart, 'web', { server, ...props })],
  ['Grafana', 3000, (chart, props) => new Grafana(chart, 'web', { database: metrics, ...props })],
];

describe.each(SERVICES)('%s with a certificate', (_, port, add) => {
  function made(props: TlsProps) {
    const chart = testChart();
    add(chart, props);
    const manifests = synth(chart);
    const { template } = find(manifests, 'Deployment', 'web').spec;
    return { service: find(manifests, 'Service', 'web'), pod: template.spec, container: template.spec.containers[0] };
  }

  function mistakes(props: TlsProps): string[] {
    const chart = testChart();
    add(chart, props);
    return problems(chart);
  }

  it('has the same port speak TLS, and its addresses say so', () => {
    const { service } = made({ certificate, exposure: balancer });
    expect(service.metadata.annotations['cdk8s-services/urls']).toBe(
      `https://<load-balancer>:${port}/ https://<node>:30050/`,
    );
    expect(service.spec.ports).toEqual([
      { name: 'http', port, targetPort: 'http', protocol: 'TCP', appProtocol: 'https', nodePort: 30050 },
    ]);
    expect(made({ exposure: balancer }).service.metadata.annotations['cdk8s-services/urls']).toMatch(/^http:/);
  });

  it('is asked by TLS whether it is ready and alive', () => {
    const schemes = ({ container }: ReturnType<typeof made>) =>
      ['startupProbe', 'readinessProbe', 'livenessProbe'].map((probe) => container[probe].httpGet.scheme);
    expect(schemes(made({ certificate }))).toEqual(['HTTPS', 'HTTPS', 'HTTPS']);
    expect(schemes(made({}))).toEqual([undefined, undefined, undefined]);
  });

  it('mounts the pair and not the authority, as a folder that changes with the Secret', () => {
    const { pod, container } = made({ certificate });
    const items = ['tls.crt', 'tls.key'].map((key) => ({ key, path: key }));
    expect(pod.volumes).toContainEqual({ name: 'tls', secret: { secretName: 'web-tls', items, defaultMode: 0o440 } });
    expect(container.volumeMounts).toContainEqual({ name: 'tls', mountPath: '/run/secrets/tls', readOnly: true });
    expect(made({}).pod.volumes.map(({ name }: { name: string }) => name)).not.toContain('tls');
  });

  it('is redirected to by TLS', () => {
    const chart = testChart();
    const web = add(chart, { certificate, exposure: balancer });
    new Nginx(chart, 'nginx', { routes: [Route.redirect('/web', web)], exposure: Exposure.loadBalancer() });
    expect(find(synth(chart), 'ConfigMap', 'nginx').data['routes.conf']).toContain('return 307 https://$host$port/');
  });

  it('is proxied by TLS, and its certificate checked against its own authority', () => {
    const chart = testChart();
    const web = add(chart, { certificate });
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/web', web), Route.proxy('/too', web)] });
    const manifests = synth(chart);
    const { data } = find(manifests, 'ConfigMap', 'nginx');
    expect(data['routes.conf'].split('\n').map((line: string) => line.trim())).toEqual(
      expect.arrayContaining([
        `set $upstream https://web.$namespace_domain:${port};`,
        'proxy_ssl_verify on;',
        'proxy_ssl_trusted_certificate /run/secrets/authorities/web.shop/ca.crt;',
        'proxy_ssl_name web;',
      ]),
    );
    const { volumes, containers } = find(manifests, 'Deployment', 'nginx').spec.template.spec;
    const authorities = containers[0].volumeMounts.filter(({ name }: { name: string }) => name === 'ca-of-web-tls');
    expect(authorities).toEqual([
      { name: 'ca-of-web-tls', mountPath: '/run/secrets/authorities/web.shop', readOnly: true },
    ]);
    expect(volumes).toContainEqual({
      name: 'ca-of-web-tls',
      secret: { secretName: 'web-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }], defaultMode: 0o440 },
    });
    expect(policy(manifests, 'web').ingress[0].ports).toEqual(tcp(port));
  });

  it('refuses an ingress, which would speak plain HTTP to it', () => {
    expect(mistakes({ certificate, exposure: ingress(certificate) })).toEqual([
      `[shop/web/Service] 'certificate' has port ${port} speak TLS, but ingress controllers speak plain HTTP to it; ` +
        'leave it out, and give Exposure.ingress the certificate',
    ]);
  });

  it('may tell browsers to come by TLS only, and so may one behind an ingress with TLS', () => {
    const hsts = Duration.days(30);
    expect(mistakes({ hsts, certificate })).toEqual([]);
    expect(mistakes({ hsts, exposure: ingress(certificate) })).toEqual([]);
  });

  it('refuses to tell that where browsers come by plain HTTP', () => {
    const hsts = Duration.days(30);
    const reason = "[shop/web] 'hsts' is set, but browsers come here by plain HTTP;";
    expect(mistakes({ hsts })).toEqual([`${reason} add a 'certificate', or leave 'hsts' out`]);
    expect(mistakes({ hsts, exposure: ingress() })).toEqual([
      `${reason} give the ingress a 'certificate', or leave 'hsts' out`,
    ]);
  });
});

describe.each([SERVICES[0], SERVICES[1]] as Service[])('the nginx of %s', (_, port, add) => {
  function files(props: TlsProps): { [file: string]: string } {
    const chart = testChart();
    add(chart, props);
    return find(synth(chart), 'ConfigMap', 'web').data;
  }

  it('speaks plain HTTP without a certificate, and tells browsers nothing', () => {
    const { 'listen.conf': listen, ...others } = files({});
    expect(listen).toBe(`listen ${port};\nlisten [::]:${port};\n`);
    expect(Object.keys(others)).not.toEqual(expect.arrayContaining(['tls.conf']));
    expect(Object.keys(others)).not.toEqual(expect.arrayContaining(['hsts.conf']));
  });

  it('speaks TLS as the entry point does', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx');
    const entry = find(synth(chart), 'ConfigMap', 'nginx').data;
    const { 'listen.conf': listen, 'tls.conf': tls } = files({ certificate });
    expect(listen).toBe(`listen ${port} ssl;\nlisten [::]:${port} ssl;\ninclude tls.conf;\n`);
    expect(tls).toBe(entry['tls.conf']);
    expect(tls).toMatch(/^ssl_protocols TLSv1\.2 TLSv1\.3;$/m);
    expect(tls).toMatch(/^error_page 497 =307 https:\/\/\$http_host\$request_uri;$/m);
    expect(tls).not.toMatch(/CBC|AES\d+-SHA\b|:(AES|DHE|RSA)/);
  });

  it('is watched for the end of its certificate', () => {
    const inputs = (props: TlsProps) =>
      (add(testChart(), props) as WordPress | PhpMyAdmin).monitoring().inputs?.map((input) => input.props.plugin);
    expect(inputs({})).not.toContain('x509_cert');
    expect(inputs({ certificate })).toContain('x509_cert');
  });

  it('tells browsers for how long to come by TLS only, in whole seconds, with every answer', () => {
    const hsts = (duration: Duration) => files({ certificate, hsts: duration })['hsts.conf'];
    expect(hsts(Duration.days(365))).toMatch(/"max-age=31536000";/);
    expect(hsts(Duration.days(365))).toMatch(/^add_header Strict-Transport-Security \$hsts always;$/m);
    expect(hsts(Duration.millis(1500))).toMatch(/"max-age=1";/);
    expect(hsts(Duration.seconds(0))).toMatch(/"max-age=0";/);
  });
});

describe('WordPress with a certificate', () => {
  const mistakes = (props: Partial<ConstructorParameters<typeof WordPress>[2]>): string[] => {
    const chart = testChart();
    new WordPress(chart, 'web', { database, ...props });
    return problems(chart);
  };

  it('refuses an address of plain HTTP', () => {
    expect(mistakes({ certificate, url: 'http://web.example.org:5050' })).toEqual([
      "[shop/web] 'url' is 'http://web.example.org:5050', but the site has a 'certificate' and speaks TLS only; begin " +
        'it with https',
    ]);
  });

  it('may tell browsers to come by TLS only where its address is one of TLS, which ends before it', () => {
    expect(mistakes({ hsts: Duration.days(1), url: 'https://web.example.org' })).toEqual([]);
  });

  it('has one for the host of its address', () => {
    const chart = testChart();
    const issued = Certificate.certManager({ issuer: 'ca' });
    new WordPress(chart, 'web', { database, certificate: issued, url: 'https://web.example.org:5050' });
    expect(find(synth(chart), 'Certificate', 'web-tls').spec.dnsNames).toEqual(['web.example.org']);
  });

  it('keeps the key of its certificate from the container that sets it up', () => {
    const chart = testChart();
    new WordPress(chart, 'web', { database, certificate });
    const { initContainers } = find(synth(chart), 'Deployment', 'web').spec.template.spec;
    expect(initContainers[0].volumeMounts.map(({ name }: { name: string }) => name)).not.toContain('tls');
  });
});

describe('Grafana with a certificate', () => {
  const variables = (props: TlsProps): { [name: string]: string } => {
    const chart = testChart();
    new Grafana(chart, 'web', { database: metrics, ...props });
    const { env } = find(synth(chart), 'Deployment', 'web').spec.template.spec.containers[0];
    return Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]));
  };

  it('speaks TLS, takes up a renewed certificate, and sends its cookies by TLS alone', () => {
    expect(variables({ certificate })).toMatchObject({
      GF_SERVER_PROTOCOL: 'h2',
      GF_SERVER_ROOT_URL: 'https://%(domain)s:%(http_port)s/',
      GF_SERVER_CERT_FILE: '/run/secrets/tls/tls.crt',
      GF_SERVER_CERT_KEY: '/run/secrets/tls/tls.key',
      GF_SERVER_CERTS_WATCH_INTERVAL: '10s',
      GF_SECURITY_COOKIE_SECURE: 'true',
    });
    expect(Object.keys(variables({})).filter((name) => /^GF_SERVER|COOKIE|STRICT/.test(name))).toEqual([]);
  });

  it('tells browsers for how long to come by TLS only', () => {
    expect(variables({ certificate, hsts: Duration.days(1) })).toMatchObject({
      GF_SECURITY_STRICT_TRANSPORT_SECURITY: 'true',
      GF_SECURITY_STRICT_TRANSPORT_SECURITY_MAX_AGE_SECONDS: '86400',
    });
  });
});

describe('Nginx in front of a certificate', () => {
  const admin = (chart: Chart, given: Certificate) => new PhpMyAdmin(chart, 'admin', { server, certificate: given });

  it('expects a name of it that is a host name, and no pattern', () => {
    const chart = testChart();
    const names = ['192.0.2.7', '*.example.org', 'admin.example.org'];
    const proxied = admin(chart, Certificate.certManager({ issuer: 'ca', names, writesAuthority: true }));
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/admin', proxied)] });
    expect(find(synth(chart), 'ConfigMap', 'nginx').data['routes.conf']).toContain('proxy_ssl_name admin.example.org;');
  });

  it('speaks TLS to another Nginx as well', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/other', new Nginx(chart, 'other'))] });
    expect(find(synth(chart), 'ConfigMap', 'nginx').data['routes.conf']).toContain(
      'set $upstream https://other.$namespace_domain:443;',
    );
  });

  it.each([
    ['an existing Secret', Certificate.fromSecret('admin-tls')],
    ['a pattern alone', Certificate.certManager({ issuer: 'ca', names: ['*.example.org'], writesAuthority: true })],
    [
      'one of an issuer that keeps its authority to itself',
      Certificate.certManager({ issuer: 'letsencrypt', names: ['admin.example.org'] }),
    ],
  ])('refuses one that cannot be checked: %s', (_, given) => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/admin', admin(chart, given))] });
    expect(problems(chart)).toEqual([
      "[shop/nginx] 'routes' proxies '/admin' to a service whose 'certificate' cannot be checked: its authority or its " +
        'host names are not known here; use Certificate.selfSigned(), or Certificate.certManager({…}) with names, of an ' +
        'issuer that writes its authority (writesAuthority: true)',
    ]);
  });

  it('refuses one of another namespace', () => {
    const chart = testChart();
    const proxied = admin(chartBeside(chart, 'office'), certificate);
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/admin', proxied)] });
    expect(problems(chart)).toEqual([
      "[shop/nginx] 'routes' proxies '/admin' to a service with a 'certificate' in another namespace, whose authority " +
        'cannot be mounted here; put both into one namespace, or leave that certificate out',
    ]);
  });

  it('tells browsers to come by TLS only, unless it is behind an ingress without', () => {
    const mistakes = (exposure?: Exposure) => {
      const chart = testChart();
      new Nginx(chart, 'nginx', { hsts: Duration.days(1), exposure });
      return problems(chart);
    };
    expect(mistakes()).toEqual([]);
    expect(mistakes(ingress(certificate))).toEqual([]);
    expect(mistakes(ingress())).toEqual([
      "[shop/nginx] 'hsts' is set, but browsers come here by plain HTTP; give the ingress a 'certificate', or leave " +
        "'hsts' out",
    ]);
  });
});
