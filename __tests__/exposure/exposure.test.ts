import type { Chart } from 'cdk8s';
import { Certificate, Endpoint, Exposure, Ftps, type FtpsProps, Nginx, PhpMyAdmin } from '../../constructs';
import { find, problems, synth, testChart } from '../support/app';

const server = Endpoint.external({ host: 'db.example.org', port: 3306 });
const address = Exposure.loadBalancer({ sharedAddress: 'shop' });

/** A service with one port, http, 5000. */
function site(chart: Chart, id: string, exposure?: Exposure): PhpMyAdmin {
  return new PhpMyAdmin(chart, id, { server, exposure });
}

function site1(exposure?: Exposure) {
  const chart = testChart();
  site(chart, 'site', exposure);
  const manifests = synth(chart);
  const service = find(manifests, 'Service', 'site');
  const policy = find(manifests, 'NetworkPolicy', 'site').spec;
  return { manifests, service, policy, urls: service.metadata.annotations?.['cdk8s-services/urls'] };
}

function problemsOf(add: (chart: Chart) => void): string[] {
  const chart = testChart();
  add(chart);
  return problems(chart);
}

const ftps = (props: FtpsProps) => problemsOf((chart) => new Ftps(chart, 'ftps', props));

describe('Exposure', () => {
  it('leaves a service inside the cluster unless told otherwise', () => {
    const { manifests, service, policy, urls } = site1();
    expect(service.spec.type).toBe('ClusterIP');
    expect(policy).not.toHaveProperty('ingress');
    expect(urls).toBeUndefined();
    expect(manifests.filter(({ kind }) => kind === 'Ingress')).toEqual([]);
    expect(site1(Exposure.clusterIp()).manifests).toEqual(manifests);
  });

  it('puts a service on the fixed ports of the nodes, open to every address', () => {
    const { service, policy, urls } = site1(Exposure.nodePort({ ports: { http: 30500 } }));
    expect(service.spec).toMatchObject({
      type: 'NodePort',
      ports: [{ name: 'http', port: 5000, targetPort: 'http', nodePort: 30500 }],
    });
    expect(policy.ingress).toEqual([{ ports: [{ port: 5000, protocol: 'TCP' }] }]);
    expect(urls).toBe('http://<node>:30500/');
  });

  it('puts a service on a load balancer, with node ports that Kubernetes chooses', () => {
    const { service, policy, urls } = site1(Exposure.loadBalancer());
    expect(service.spec.type).toBe('LoadBalancer');
    expect(service.spec.ports[0]).not.toHaveProperty('nodePort');
    expect(service.metadata.annotations).toEqual({ 'cdk8s-services/urls': 'http://<load-balancer>:5000/' });
    expect(policy.ingress).toEqual([{ ports: [{ port: 5000, protocol: 'TCP' }] }]);
    expect(urls).toBe('http://<load-balancer>:5000/');
  });

  it('fixes the node ports of a load balancer where it is given them', () => {
    const { service, urls } = site1(Exposure.loadBalancer({ nodePorts: { http: 30500 } }));
    expect(service.spec.ports[0].nodePort).toBe(30500);
    expect(urls).toBe('http://<load-balancer>:5000/ http://<node>:30500/');
  });

  it('asks for an address, and shares it, in the words of every MetalLB', () => {
    const { service } = site1(Exposure.loadBalancer({ address: '192.0.2.7', sharedAddress: 'shop' }));
    expect(service.spec.loadBalancerIP).toBe('192.0.2.7');
    expect(service.metadata.annotations).toMatchObject({
      'metallb.io/allow-shared-ip': 'shop',
      'metallb.io/loadBalancerIPs': '192.0.2.7',
      'metallb.universe.tf/allow-shared-ip': 'shop',
      'metallb.universe.tf/loadBalancerIPs': '192.0.2.7',
    });
  });

  it('sends a client to one pod where a service keeps sessions', () => {
    const chart = testChart();
    new Ftps(chart, 'ftps');
    new Nginx(chart, 'nginx');
    const manifests = synth(chart);
    expect(find(manifests, 'Service', 'ftps').spec.sessionAffinity).toBe('ClientIP');
    expect(find(manifests, 'Service', 'nginx').spec.sessionAffinity).toBeUndefined();
  });

  it('puts a range of ports on the same ports of the service and, where it can, of the node', () => {
    const chart = testChart();
    new Ftps(chart, 'high', {
      exposure: Exposure.nodePort({ ports: { ftp: 30021 } }),
      passivePorts: { first: 30000, last: 30001 },
    });
    new Ftps(chart, 'low', { exposure: Exposure.loadBalancer(), passivePorts: { first: 20000, last: 20001 } });
    const manifests = synth(chart);
    const range = (name: string) => find(manifests, 'Service', name).spec.ports.slice(1);
    expect(range('high')).toEqual([
      { name: 'passive-30000', port: 30000, targetPort: 30000, nodePort: 30000, protocol: 'TCP' },
      { name: 'passive-30001', port: 30001, targetPort: 30001, nodePort: 30001, protocol: 'TCP' },
    ]);
    expect(range('low')).toEqual([
      { name: 'passive-20000', port: 20000, targetPort: 20000, protocol: 'TCP' },
      { name: 'passive-20001', port: 20001, targetPort: 20001, protocol: 'TCP' },
    ]);
    expect(find(manifests, 'NetworkPolicy', 'high').spec.ingress[0].ports).toContainEqual({
      port: 30000,
      endPort: 30001,
      protocol: 'TCP',
    });
  });

  it('serves a host through the ingress controller, from anywhere', () => {
    const { manifests, service, policy, urls } = site1(
      Exposure.ingress({ host: 'site.example.org', ingressClass: 'haproxy' }),
    );
    expect(service.spec.type).toBe('ClusterIP');
    expect(urls).toBe('http://site.example.org/');
    expect(policy.ingress).toEqual([{ ports: [{ port: 5000, protocol: 'TCP' }] }]);
    const backend = { service: { name: 'site', port: { name: 'http' } } };
    expect(find(manifests, 'Ingress', 'site').spec).toEqual({
      ingressClassName: 'haproxy',
      rules: [{ host: 'site.example.org', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    });
  });

  it('lets in only the namespace of the ingress controller where that is known', () => {
    const { policy } = site1(Exposure.ingress({ host: 'site.example.org', controllerNamespace: 'ingress' }));
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } };
    expect(policy.ingress).toEqual([{ from: [{ namespaceSelector }], ports: [{ port: 5000, protocol: 'TCP' }] }]);
  });

  it('serves a host with TLS where it has a certificate', () => {
    const certificate = Certificate.fromSecret('site-tls');
    const { manifests, urls } = site1(Exposure.ingress({ host: 'site.example.org', certificate }));
    expect(find(manifests, 'Ingress', 'site').spec.tls).toEqual([
      { hosts: ['site.example.org'], secretName: 'site-tls' },
    ]);
    expect(urls).toBe('https://site.example.org/');
  });

  it('tells a URL once, however many ports it leads to', () => {
    const chart = testChart();
    const certificate = Certificate.fromSecret('shop-tls');
    new Nginx(chart, 'nginx', { exposure: Exposure.ingress({ host: 'shop.example.org', certificate }) });
    expect(find(synth(chart), 'Service', 'nginx').metadata.annotations['cdk8s-services/urls']).toBe(
      'https://shop.example.org/',
    );
  });

  it('refuses a port that the service does not have', () => {
    const exposure = Exposure.nodePort({ ports: { web: 30080, http: 30081, https: 30443 } });
    expect(problemsOf((chart) => new Nginx(chart, 'nginx', { exposure }))).toEqual([
      "[shop/nginx/Service] 'exposure' names a port 'web', but the ports are http, https; use one of these",
    ]);
  });

  it.each([29999, 32768, 30000.5])('refuses %d as a port of the node', (port) => {
    expect(problemsOf((chart) => site(chart, 'site', Exposure.nodePort({ ports: { http: port } })))).toEqual([
      `[shop/site/Service] 'exposure' puts 'http' on node port ${port}; use one from 30000 to 32767`,
    ]);
  });

  it('refuses node ports for some ports only', () => {
    const exposure = Exposure.nodePort({ ports: { http: 30080 } });
    expect(problemsOf((chart) => new Nginx(chart, 'nginx', { ssh: {}, exposure }))).toEqual([
      "[shop/nginx/Service] 'exposure' gives no node port for https, ssh; add one from 30000 to 32767",
    ]);
  });

  it('refuses an ingress for a service that does not speak HTTP', () => {
    expect(ftps({ exposure: Exposure.ingress({ host: 'ftp.example.org' }) })).toEqual([
      "[shop/ftps/Service] 'exposure' is an ingress, but no port of ftps speaks HTTP; use nodePort or loadBalancer",
    ]);
  });

  it.each(['Blog.example.org', 'localhost', 'http://a.example.org', 'a_b.example.org', ''])(
    'refuses %j as the host of an ingress',
    (host) => {
      expect(problemsOf((chart) => site(chart, 'site', Exposure.ingress({ host })))).toEqual([
        `[shop/site/Service] 'host' is '${host}'; use a host name in lower case, such as 'blog.example.org'`,
      ]);
    },
  );

  it.each(['x'.repeat(64), `${'x.'.repeat(126)}xy`])('refuses a host that is too long (%s)', (name) => {
    const host = `${name}.example.org`;
    const messages = problemsOf((chart) => new Nginx(chart, 'nginx', { exposure: Exposure.ingress({ host }) }));
    expect(messages).toEqual([expect.stringContaining(`'host' is '${host}'; use a host name`)]);
  });

  it.each(['ingressClass', 'controllerNamespace'])('refuses a name as %s that no object has', (prop) => {
    const exposure = () => Exposure.ingress({ host: 'a.example.org', [prop]: 'No Name' });
    expect(exposure).toThrow(`Exposure.ingress: '${prop}' is 'No Name', which is no object's name; use a-z`);
  });

  it.each(['', 'lb.example.org', '192.0.2'])('refuses to ask a load balancer for %j', (address) => {
    const exposure = Exposure.loadBalancer({ address });
    expect(problemsOf((chart) => new Nginx(chart, 'nginx', { exposure }))).toEqual([
      `[shop/nginx/Service] 'address' is '${address}', which is no address; use one such as '192.0.2.7', or leave it out`,
    ]);
  });

  it('refuses two services on one port of the node, naming both', () => {
    const exposure = Exposure.nodePort({ ports: { http: 30500 } });
    expect(
      problemsOf((chart) => {
        site(chart, 'first', exposure);
        site(chart, 'second', exposure);
      }),
    ).toEqual(['[shop/second/Service] node port 30500 is taken by shop/first/Service already; use another port']);
  });

  it('refuses a service on a node port in the range of another, naming both', () => {
    expect(
      problemsOf((chart) => {
        new Ftps(chart, 'ftps', { exposure: Exposure.loadBalancer() });
        site(chart, 'site', Exposure.nodePort({ ports: { http: 30005 } }));
      }),
    ).toEqual(['[shop/site/Service] node port 30005 is taken by shop/ftps/Service already; use another port']);
  });

  it('refuses two services on one port of a shared address, naming both', () => {
    expect(
      problemsOf((chart) => {
        site(chart, 'first', address);
        site(chart, 'second', address);
      }),
    ).toEqual([
      "[shop/second/Service] port 5000 of the shared address 'shop' is taken by shop/first/Service already; " +
        'use another port, or another address',
    ]);
  });

  it('lets services with different ports share an address, and the same port be on different addresses', () => {
    expect(
      problemsOf((chart) => {
        site(chart, 'first', address);
        new Nginx(chart, 'nginx', { exposure: address });
        site(chart, 'second', Exposure.loadBalancer({ sharedAddress: 'other' }));
        site(chart, 'third', Exposure.loadBalancer());
      }),
    ).toEqual([]);
  });

  it('refuses two sites on one host, naming both', () => {
    const exposure = Exposure.ingress({ host: 'blog.example.org' });
    expect(
      problemsOf((chart) => {
        site(chart, 'first', exposure);
        site(chart, 'second', exposure);
      }),
    ).toEqual([
      "[shop/second/Service] host 'blog.example.org' is taken by shop/first/Service already; " +
        'give one of the two another host',
    ]);
  });
});
