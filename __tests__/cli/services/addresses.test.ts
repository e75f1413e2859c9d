import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { KubernetesObject, Service } from '../../../cli/cluster/object';
import { addressesOf } from '../../../cli/services/addresses';
import { probe } from '../../../cli/services/probe';
import { summary } from '../../../cli/services/summary';

function service(urls: string, ingress?: { ip?: string; hostname?: string }[]): Service {
  const metadata = {
    name: 'web',
    labels: { 'app.kubernetes.io/instance': 'shop' },
    annotations: { 'cdk8s-services/urls': urls },
  };
  return { apiVersion: 'v1', kind: 'Service', metadata, status: { loadBalancer: { ingress } } };
}

describe('addresses', () => {
  const urls = 'https://<load-balancer>:443/ ssh://<load-balancer>:22/ http://<node>:30080/ https://shop.test/';

  it('have the places of load balancer and node filled in, and no port that goes without saying', () => {
    expect(addressesOf([service(urls, [{ ip: '192.0.2.9' }])], '192.0.2.1').map(({ url }) => url)).toEqual([
      'https://192.0.2.9/',
      'ssh://192.0.2.9',
      'http://192.0.2.1:30080/',
      'https://shop.test/',
    ]);
  });

  it('are pending while there is no load balancer', () => {
    expect(addressesOf([service('http://<load-balancer>:5050/')], '192.0.2.1')).toEqual([
      { service: 'shop', pending: 'http://…:5050/' },
    ]);
  });

  it('have brackets around IPv6', () => {
    const [address] = addressesOf([service('http://<load-balancer>:81/', [{ ip: '2001:db8::1' }])], 'x');
    expect(address?.url).toBe('http://[2001:db8::1]:81/');
  });

  it('are none where nothing is exposed', () => {
    expect(addressesOf([{ ...service(''), metadata: { name: 'web' } }], 'x')).toEqual([]);
  });
});

describe('probe', () => {
  const servers: Server[] = [];
  const listen = (server: Server) =>
    new Promise<number>((resolve) => {
      servers.push(server);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const greeter = (greeting: string) => createServer((socket) => socket.end(greeting));

  afterAll(() => {
    for (const server of servers) {
      server.close();
    }
  });

  it('gives the status of a web server, of which 500 and above is no service', async () => {
    const port = await listen(
      createHttpServer((request, response) => {
        response.statusCode = request.url === '/down' ? 502 : 301;
        response.end();
      }),
    );
    expect(await probe(`http://127.0.0.1:${port}/`, 'x', 0)).toEqual({ ok: true, text: 'HTTP 301' });
    expect(await probe(`http://127.0.0.1:${port}/down`, 'x', 0)).toEqual({ ok: false, text: 'HTTP 502' });
  });

  it('reads the greetings of FTP and SSH', async () => {
    const ftp = await listen(greeter('220---------- Welcome ----------\r\n220 Go\r\n'));
    const ssh = await listen(greeter('SSH-2.0-OpenSSH_10.0p2 Debian-7\r\n'));
    expect(await probe(`ftp://127.0.0.1:${ftp}/`, 'x', 0)).toEqual({ ok: true, text: 'FTP 220' });
    expect(await probe(`ssh://127.0.0.1:${ssh}/`, 'x', 0)).toEqual({ ok: true, text: 'SSH-2.0-OpenSSH_10.0p2' });
    expect((await probe(`ssh://127.0.0.1:${ftp}/`, 'x', 0)).ok).toBe(false);
  });

  it('tells why nothing answers', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await probe(`http://127.0.0.1:${port}/`, 'x', 0)).toEqual({ ok: false, text: 'connection refused' });
  });

  it('asks once by a name that nobody knows yet, where the node answers to it', async () => {
    let requests = 0;
    const port = await listen(
      createHttpServer((_, response) => {
        requests++;
        response.end();
      }),
    );
    const { ok, text } = await probe(`http://shop.invalid:${port}/`, '127.0.0.1', 10_000);
    expect([ok, text]).toEqual([false, "answers; add '127.0.0.1 shop.invalid' to /etc/hosts"]);
    expect(requests).toBe(1);
  });
});

describe('summary', () => {
  const secret = (name: string, type: string, data: { [key: string]: string }): KubernetesObject =>
    ({
      apiVersion: 'v1',
      kind: 'Secret',
      type,
      metadata: { name, namespace: 'ns', labels: { 'app.kubernetes.io/instance': 'shop' } },
      data,
    }) as KubernetesObject;
  const objects = [
    secret('shop', 'Opaque', { password: 'c2VjcmV0' }),
    secret('shop-tls', 'kubernetes.io/tls', { 'tls.key': 'c2VjcmV0' }),
  ];

  it('marks only what answers, and says where credentials are without their values', () => {
    const text = summary(
      [
        { service: 'shop', url: 'http://192.0.2.1/', answer: { ok: true, text: 'HTTP 200' } },
        { service: 'shop', url: 'http://192.0.2.2/', answer: { ok: false, text: 'connection refused' } },
        { service: 'shop', pending: 'http://…:80/' },
      ],
      objects,
      'minikube',
    );
    expect(text).not.toContain('c2VjcmV0');
    expect(text).not.toContain('shop-tls');
    expect(text).toMatchInlineSnapshot(`
"service  url                answers
shop     http://192.0.2.1/  ok  HTTP 200
         http://192.0.2.2/  --  connection refused
         http://…:80/       --  no load balancer yet

for an address on the usual ports, in another terminal: minikube -p minikube tunnel

credentials of  Secret  keys
shop            shop    password

show one with:
  kubectl --context minikube -n ns get secret shop -o go-template='{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\\n"}}{{end}}'"
`);
  });

  it('says so when a service answers nowhere', () => {
    const answer = { ok: false, text: 'not reachable' };
    expect(summary([{ service: 'shop', url: 'http://192.0.2.1/', answer }], [], 'dev')).toContain(
      'shop: no address answers from here',
    );
  });
});
