import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { Chart, Duration, Size } from 'cdk8s';
import {
  Certificate,
  Credentials,
  CredentialsFile,
  Database,
  Endpoint,
  Exposure,
  Ftps,
  type IExposed,
  MySql,
  Nginx,
  type NginxProps,
  PhpMyAdmin,
  Route,
  Telegraf,
  TimeSeriesDatabase,
  WordPress,
} from '../constructs';
import { find, problems, synth, temporaryFolder, testApp, testChart } from './support/app';
import { extras } from './support/extras';
import { chartBeside, DNS, pods, policy, tcp } from './support/network';
import { contentHash, secretData, secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

const server = Endpoint.external({ host: 'db.example.org', port: 3307 });
const user = Credentials.fromSecret('user');
const key = `ssh-ed25519 ${'AAAAC3NzaC1lZDI1NTE5AAAAI'.padEnd(68, 'Jq4')} ann@example.org`;

const inside = Exposure.clusterIp();
const balancer = Exposure.loadBalancer();
const node = Exposure.nodePort({ ports: { http: 30080, https: 30443 } });
const both = Exposure.loadBalancer({ nodePorts: { http: 30080, https: 30443 } });
const ingress = Exposure.ingress({ host: 'shop.example.org', certificate: Certificate.fromSecret('shop-tls') });

function blog(chart: Chart, exposure: Exposure): WordPress {
  return new WordPress(chart, 'blog', {
    database: Database.external({ server, name: 'posts', credentials: user }),
    exposure,
  });
}

/** The generated files of an nginx, without their indentation. */
function files(exposure: Exposure, routes: (chart: Chart) => Route[] = () => []) {
  const chart = testChart();
  new Nginx(chart, 'nginx', { exposure, routes: routes(chart) });
  const { data } = find(synth(chart), 'ConfigMap', 'nginx');
  const lines = (file: string): string[] => data[file].split('\n').flatMap((line: string) => line.trim() || []);
  return { redirect: lines('redirect.conf'), routes: lines('routes.conf') };
}

function redirectTo(nginx: Exposure, site: Exposure): string[] {
  return files(nginx, (chart) => [Route.redirect('/blog', blog(chart, site))]).routes;
}

function nginxProblems(props: NginxProps): string[] {
  const chart = testChart();
  new Nginx(chart, 'nginx', props);
  return problems(chart);
}

/** What nginx answers below a path: `target` and the rest of the address, as the browser wrote it. */
function below(path: string, port: string[], target: string, pattern = path): string[] {
  return [
    `location ${path}/ {`,
    ...port,
    `if ($request_uri ~ "^${pattern}/(?<rest>[^?]*)") {`,
    `return 307 ${target}/$rest$is_args$args;`,
    '}',
    `return 307 ${target}/$is_args$args;`,
    '}',
  ];
}

/** What nginx answers at a path and below it. */
function redirection(path: string, port: string[], target: string, pattern = path): string[] {
  return [
    `location = ${path} {`,
    ...port,
    `return 307 ${target}/$is_args$args;`,
    '}',
    ...below(path, port, target, pattern),
  ];
}

describe('Nginx', () => {
  it('needs nothing', () => {
    const chart = testChart();
    const nginx = new Nginx(chart, 'nginx');
    expect(yamlOf(nginx)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<Omit<NginxProps, 'replicas'>> = {
      image: 'registry.example.org/other/nginx:1',
      ...extras,
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      routes: [Route.proxy('/api', Endpoint.external({ host: 'api.example.org', port: 8080 }))],
      certificate: Certificate.fromSecret('shop-tls'),
      hsts: Duration.days(365),
      ssh: { authorizedKeys: [key] },
      exposure: Exposure.nodePort({ ports: { http: 30080, https: 30443, ssh: 30022 } }),
      autoscaling: { min: 2, max: 5, cpu: 70, memory: 90 },
    };
    const nginx = new Nginx(chart, 'nginx', props);
    expect(yamlOf(nginx)).toMatchSnapshot();
  });

  it('opens the network to what it proxies and to nothing else, on both sides', () => {
    const chart = testChart();
    const admin = new PhpMyAdmin(chart, 'admin', { server });
    new Nginx(chart, 'nginx', {
      routes: [Route.proxy('/admin', admin), Route.redirect('/blog', blog(chart, balancer))],
    });
    const manifests = synth(chart);
    expect(policy(manifests, 'nginx')).toMatchObject({
      ingress: [],
      egress: [...DNS, { to: [pods('phpmyadmin', 'admin')], ports: tcp(5000) }],
    });
    expect(policy(manifests, 'admin').ingress).toEqual([{ from: [pods('nginx', 'nginx')], ports: tcp(5000) }]);
  });

  it('shows its figures to Telegraf alone, on a port that is not there before', () => {
    const chart = testChart();
    const nginx = new Nginx(chart, 'nginx');
    const services = () => synth(chart).filter(({ kind }) => kind === 'Service');
    expect(services().map(({ metadata }) => metadata.name)).toEqual(['nginx']);
    const database = TimeSeriesDatabase.external({ server, name: 'metrics', writer: user, reader: user });
    new Telegraf(chart, 'telegraf', { database, watch: [nginx] });
    expect(services().map(({ metadata }) => metadata.name)).toEqual(['nginx', 'nginx-status']);
    const from = [pods('telegraf', 'telegraf')];
    expect(policy(synth(chart), 'nginx').ingress).toEqual([
      { from, ports: tcp(8081) },
      { from, ports: tcp(8443) },
    ]);
  });

  it('is ready when it takes TLS and alive when it answers', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx');
    const [container] = find(synth(chart), 'Deployment', 'nginx').spec.template.spec.containers;
    expect(container.readinessProbe).toMatchObject({ tcpSocket: { port: 'https' } });
    expect(container.livenessProbe).toMatchObject({ httpGet: { port: 'status', path: '/healthz' } });
  });

  it.each([
    ['inside the cluster', inside, ''],
    ['on a load balancer', balancer, ''],
    ['on ports of the node', node, ':30443'],
  ])('redirects plain HTTP to TLS %s', (_, exposure, port) => {
    expect(files(exposure).redirect).toEqual([
      'location / {',
      `set $port ${port || '""'};`,
      'return 301 https://$host$port$request_uri;',
      '}',
    ]);
  });

  it('redirects plain HTTP to TLS on a load balancer and on ports of the node, each to its own', () => {
    expect(files(both).redirect).toEqual([
      'location / {',
      'set $port "";',
      'if ($http_host ~ ":30080$") {',
      'set $port :30443;',
      '}',
      'return 301 https://$host$port$request_uri;',
      '}',
    ]);
  });

  it('serves plain HTTP to an ingress controller that has taken TLS off, and redirects the rest', () => {
    expect(files(ingress).redirect).toEqual([
      'if ($http_x_forwarded_proto ~* "^ *http *(,|$)") {',
      'return 301 https://$host$request_uri;',
      '}',
      'include /etc/nginx-config/routes.conf;',
    ]);
  });

  it('serves plain HTTP to an ingress controller without TLS, and redirects nobody to it', () => {
    const plain = Exposure.ingress({ host: 'shop.example.org' });
    expect(files(plain).redirect).toEqual(['include /etc/nginx-config/routes.conf;']);
  });

  it.each([
    ['load balancer to load balancer', balancer, balancer, ':5050'],
    ['node to node', node, Exposure.nodePort({ ports: { http: 30050 } }), ':30050'],
    ['inside the cluster to load balancer', inside, balancer, ':5050'],
  ])('redirects a path by the port of its service, from %s', (_, own, site, port) => {
    expect(redirectTo(own, site)).toEqual(redirection('/blog', [`set $port ${port};`], 'http://$host$port'));
  });

  it('redirects who came by a port of the node to one, and others to the load balancer', () => {
    const port = ['set $port :5050;', 'if ($http_host ~ ":30443$") {', 'set $port :30050;', '}'];
    expect(redirectTo(both, Exposure.loadBalancer({ nodePorts: { http: 30050 } }))).toEqual(
      redirection('/blog', port, 'http://$host$port'),
    );
  });

  it.each([
    ['inside the cluster', inside],
    ['a load balancer', balancer],
    ['ports of the node', node],
    ['an ingress', ingress],
  ])('redirects a path to the host of an ingress, from %s', (_, own) => {
    expect(redirectTo(own, Exposure.ingress({ host: 'blog.example.org' }))).toEqual(
      redirection('/blog', [], 'http://blog.example.org'),
    );
  });

  it('redirects to TLS where a service speaks it, without its usual port', () => {
    const routes = (chart: Chart) => [Route.redirect('/', new Nginx(chart, 'other', { exposure: balancer }))];
    expect(files(inside, routes).routes).toEqual(below('', ['set $port "";'], 'https://$host$port'));
  });

  it('takes a dot of a path that it redirects for a dot', () => {
    const routes = (chart: Chart) => [Route.redirect('/v1.0/blog', blog(chart, balancer))];
    expect(files(balancer, routes).routes).toEqual(
      redirection('/v1.0/blog', ['set $port :5050;'], 'http://$host$port', '/v1[.]0/blog'),
    );
  });

  it('leaves other routes alone where it redirects everything else, whichever comes first', () => {
    const routes = (chart: Chart) => [
      Route.redirect('/', blog(chart, balancer)),
      Route.proxy('/admin', new PhpMyAdmin(chart, 'admin', { server })),
    ];
    const locations = (lines: string[]) => lines.filter((line) => line.startsWith('location'));
    // prefixes alone, of which nginx takes the longest: a pattern would come before them
    expect(locations(files(balancer, routes).routes)).toEqual([
      'location / {',
      'location = /admin {',
      'location /admin/ {',
    ]);
  });

  it('proxies what is below a path, without the path, and tells the service of it', () => {
    const routes = (chart: Chart) => [Route.proxy('/tools/admin', new PhpMyAdmin(chart, 'admin', { server }))];
    expect(files(inside, routes).routes).toEqual([
      'location = /tools/admin {',
      'return 301 /tools/admin/$is_args$args;',
      '}',
      'location /tools/admin/ {',
      'set $upstream http://admin.$namespace_domain:5000;',
      'set $forwarded_prefix /tools/admin;',
      'rewrite ^/tools/admin/(.*)$ /$1 break;',
      'proxy_pass $upstream;',
      '}',
    ]);
  });

  it('proxies everything where the path is /', () => {
    const routes = (chart: Chart) => [Route.proxy('/', new PhpMyAdmin(chart, 'admin', { server }))];
    expect(files(inside, routes).routes).toEqual([
      'location / {',
      'set $upstream http://admin.$namespace_domain:5000;',
      'proxy_pass $upstream;',
      '}',
    ]);
  });

  it('proxies to an external endpoint by its own name, and reaches its port at any address', () => {
    const chart = testChart();
    const api = Endpoint.external({ host: 'api.example.org', port: 8080 });
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/api', api)] });
    const manifests = synth(chart);
    expect(find(manifests, 'ConfigMap', 'nginx').data['routes.conf']).toContain(
      'set $upstream http://api.example.org:8080;',
    );
    expect(policy(manifests, 'nginx').egress).toEqual([...DNS, { ports: tcp(8080) }]);
  });

  it('names the namespace of a service in another one, for upstream and policies', () => {
    const chart = testChart();
    const office = chartBeside(chart, 'office');
    new Nginx(chart, 'nginx', { routes: [Route.proxy('/', new PhpMyAdmin(office, 'admin', { server }))] });
    const manifests = synth(chart);
    expect(find(manifests, 'ConfigMap', 'nginx').data['routes.conf']).toContain(
      'set $upstream http://admin.office.$services_domain:5000;',
    );
    expect(policy(manifests, 'nginx').egress).toEqual([
      ...DNS,
      { to: [pods('phpmyadmin', 'admin', 'office')], ports: tcp(5000) },
    ]);
    expect(policy(office.toJson(), 'admin').ingress).toEqual([
      { from: [pods('nginx', 'nginx', 'shop')], ports: tcp(5000) },
    ]);
  });

  it('has replicas as many as wanted', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { replicas: 3 });
    expect(find(synth(chart), 'Deployment', 'nginx').spec.replicas).toBe(3);
  });

  it('rolls when routes, exposure or keys change, and not otherwise', () => {
    const workload = 'Deployment/nginx';
    const certificate = Certificate.fromSecret('shop-tls');
    const api = Endpoint.external({ host: 'api.example.org', port: 8080 });
    const build = (props?: NginxProps) => (chart: Chart) => {
      new Nginx(chart, 'nginx', { certificate, ...props });
    };
    const ssh = { authorizedKeys: [key] };
    const hashes = [
      contentHash(workload, build()),
      contentHash(workload, build({ routes: [Route.proxy('/', api)] })),
      contentHash(workload, build({ exposure: node })),
      contentHash(workload, build({ ssh })),
      contentHash(workload, build({ ssh: { authorizedKeys: [key, `${key}2`] } })),
      contentHash(workload, build({ ssh }), 'nginx-ssh host-key'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(contentHash(workload, build({ replicas: 2, resources: { cpu: 1 } }))).toBe(hashes[0]);
  });

  it('listens for SSH on port 22 only where it is told to', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { ssh: {}, exposure: balancer });
    new Nginx(chart, 'other', { exposure: balancer });
    const manifests = synth(chart);
    const ports = (name: string) => find(manifests, 'Service', name).spec.ports.map(({ port }: any) => port);
    expect(ports('nginx')).toEqual([80, 443, 22]);
    expect(ports('other')).toEqual([80, 443]);
    expect(policy(manifests, 'nginx').ingress).toEqual([{ ports: tcp(8080, 8443, 2222) }]);
    expect(policy(manifests, 'other').ingress).toEqual([{ ports: tcp(8080, 8443) }]);
  });

  it('runs sshd as a user of its own, without the key of the certificate', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { ssh: {} });
    const [nginx, ssh] = find(synth(chart), 'Deployment', 'nginx').spec.template.spec.containers;
    expect(ssh).toMatchObject({ name: 'ssh', image: nginx.image, args: ['sshd'] });
    expect(ssh.securityContext.runAsUser).not.toBe(10001);
    expect(ssh.volumeMounts.map(({ name }: { name: string }) => name)).toEqual(['ssh', 'ssh-keys', 'ssh-tmp']);
  });

  it('is ready for SSH by its own check and alive while sshd runs, so that no probe fills its log', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { ssh: {} });
    const [, ssh] = find(synth(chart), 'Deployment', 'nginx').spec.template.spec.containers;
    expect(ssh.startupProbe.exec.command).toEqual(['/usr/local/bin/healthcheck']);
    expect(ssh.readinessProbe.exec.command).toEqual(['/usr/local/bin/healthcheck']);
    expect(ssh.livenessProbe.exec.command).toEqual(['pgrep', 'sshd']);
  });

  it('lets in who has one of the given keys, and makes no other', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { ssh: { authorizedKeys: [key, `${key}2`] } });
    synth(chart);
    expect(secretData(find(secrets(chart), 'Secret', 'nginx-ssh'))).toEqual({
      'host-key': expect.any(String),
      'authorized-keys': `${key}\n${key}2\n`,
    });
  });

  it('makes a login key where none is given, and mounts its private half nowhere', () => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { ssh: {} });
    const { volumes } = find(synth(chart), 'Deployment', 'nginx').spec.template.spec;
    const data = secretData(find(secrets(chart), 'Secret', 'nginx-ssh'));
    expect(Object.keys(data).sort()).toEqual(['authorized-keys', 'host-key', 'login-key']);
    const mounted = volumes.filter(({ secret }: any) => secret?.secretName === 'nginx-ssh');
    expect(mounted.map(({ secret }: any) => secret.items)).toEqual([
      [
        { key: 'host-key', path: 'host-key' },
        { key: 'authorized-keys', path: 'authorized-keys' },
      ],
    ]);
  });

  it.each(['blog', '/blog/', '//', '/a b', '/a;b', ''])('refuses the path %j', (path) => {
    expect(nginxProblems({ routes: [Route.proxy(path, server)] })).toEqual([
      `[shop/nginx] 'routes' has the path '${path}'; use one such as '/blog', without a slash at its end`,
    ]);
  });

  it('refuses to proxy what speaks no HTTP', () => {
    const chart = testChart();
    const routes = [Route.proxy('/db', new MySql(chart, 'mysql')), Route.proxy('/files', new Ftps(chart, 'ftps'))];
    new Nginx(chart, 'nginx', { routes });
    expect(problems(chart)).toEqual([
      "[shop/nginx] 'routes' proxies '/db' to 'mysql.shop', which speaks mysql and no HTTP; name a web service",
      "[shop/nginx] 'routes' proxies '/files' to 'ftps.shop', which speaks ftp and no HTTP; name a web service",
    ]);
  });

  it('refuses two routes of one path', () => {
    expect(nginxProblems({ routes: [Route.proxy('/a', server), Route.proxy('/a', server)] })).toEqual([
      "[shop/nginx] 'routes' has the path '/a' twice; remove one of them",
    ]);
  });

  it.each([
    ['nowhere, from a load balancer', balancer, inside],
    ['nowhere, from inside the cluster', inside, inside],
    ['on ports of the node, from a load balancer', balancer, Exposure.nodePort({ ports: { http: 30050 } })],
    ['on a load balancer, from ports of the node', node, balancer],
    ['on a load balancer, from an ingress', ingress, balancer],
  ])('refuses to redirect to a service that is exposed %s', (_, own, site) => {
    const chart = testChart();
    new Nginx(chart, 'nginx', { exposure: own, routes: [Route.redirect('/blog', blog(chart, site))] });
    expect(problems(chart)).toEqual([
      "[shop/nginx] 'routes' redirects '/blog' to a service that is not exposed where this one is; give it such an " +
        'exposure, or use Route.proxy',
    ]);
  });

  it.each(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa', 'sk-ssh-ed25519@openssh.com'])(
    'takes public keys of the kind %s',
    (kind) => {
      expect(nginxProblems({ ssh: { authorizedKeys: [key.replace('ssh-ed25519', kind)] } })).toEqual([]);
    },
  );

  it.each([
    'secret',
    '-----BEGIN SSH2 PUBLIC KEY-----',
    `${key}\n${key}`,
    'ssh-ed25519',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ann@example.org',
    key.replace('ssh-ed25519', 'ssh-dss'),
    key.replace('ssh-ed25519', 'ecdsa-sha2-nistp521'),
    `command="true" ${key}`,
  ])('refuses %j as a public key, naming its place and not the line', (line) => {
    expect(nginxProblems({ ssh: { authorizedKeys: [key, line] } })).toEqual([
      "[shop/nginx] 'authorizedKeys' has in place 2 what is no public key that sshd takes; " +
        'use lines that begin with ssh-ed25519, sk-ssh-ed25519@openssh.com, ecdsa-sha2-nistp256 or ssh-rsa',
    ]);
  });

  it('reports an image of no version once, though its SSH has the same', () => {
    expect(nginxProblems({ image: 'nginx', ssh: {} })).toEqual([
      "[shop/nginx] 'image' is 'nginx', which names no version; add a tag that is not 'latest', or a digest",
    ]);
  });

  it.each(['proxy', 'redirect'] as const)('refuses a route to nothing, by Route.%s', (method) => {
    for (const to of [undefined, null]) {
      expect(() => Route[method]('/blog', to as unknown as WordPress)).toThrow(
        new Error(`Route.${method}: 'to' is missing; pass the service that the path leads to`),
      );
    }
  });

  it('refuses to let nobody log in', () => {
    expect(nginxProblems({ ssh: { authorizedKeys: [] } })).toEqual([
      "[shop/nginx] 'authorizedKeys' is empty, so that nobody could log in; name a key, or leave it out",
    ]);
  });

  it('reports all mistakes in one run', () => {
    const site = { _exposed: { outside: {} }, endpoint: server.endpoint } as unknown as IExposed;
    const routes = [Route.proxy('a', server), Route.redirect('/b', site)];
    expect(nginxProblems({ routes, replicas: -1, ssh: { authorizedKeys: ['x'] } })).toEqual([
      expect.stringContaining("'replicas' is -1"),
      expect.stringContaining("'authorizedKeys' has in place 1"),
      expect.stringContaining("'routes' has the path 'a'"),
      expect.stringContaining("'routes' redirects '/b'"),
    ]);
  });
});

describe('the certificate of Nginx', () => {
  beforeEach(() => jest.spyOn(process.stderr, 'write').mockReturnValue(true));
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['the host of its ingress', ingress, 'DNS:shop.example.org'],
    ['the address of its load balancer', Exposure.loadBalancer({ address: '192.0.2.7' }), 'IP Address:192.0.2.7'],
  ])('is for %s too', (_, exposure, name) => {
    const app = testApp();
    const file = new CredentialsFile(app, 'secrets', { path: join(temporaryFolder(), 'credentials.json') });
    const chart = new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true });
    new Nginx(chart, 'nginx', { exposure });
    synth(chart);
    const certificate = secretData(find(file.toJson(), 'Secret', 'nginx-tls'))['tls.crt'] ?? '';
    expect(new X509Certificate(certificate).subjectAltName?.split(', ')).toEqual(
      expect.arrayContaining([name, 'DNS:nginx.shop.svc']),
    );
  });
});
