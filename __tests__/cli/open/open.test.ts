import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Service } from '../../../cli/cluster/object';
import { routesOf } from '../../../cli/open/routes';
import { addressesOf } from '../../../cli/services/addresses';
import { testsWith } from '../../support/programs';
import { CLI, stage, WEB } from '../../support/stage';

const service = (spec: Service['spec'], annotations?: { [name: string]: string }): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', annotations },
  spec,
});

describe("the addresses of others' Services", () => {
  const urls = (one: Service) => addressesOf([one], '10.0.0.1').map(({ url, pending }) => url ?? pending);

  it('are told by what their ports look like', () => {
    const ports = [
      { name: 'http', port: 8000, nodePort: 30000 },
      { name: 'x', port: 443, nodePort: 30443 },
      { name: 'amqp', port: 5672, nodePort: 30672 },
      { name: 'http-quic', port: 80, protocol: 'UDP', nodePort: 30080 },
      { appProtocol: 'https', name: 'y', port: 9000 },
    ];
    expect(urls(service({ type: 'NodePort', ports }))).toEqual(['http://10.0.0.1:30000/', 'https://10.0.0.1:30443/']);
    expect(urls(service({ type: 'LoadBalancer', ports: ports.slice(0, 1) }))).toEqual([
      'http://…:8000/',
      'http://10.0.0.1:30000/',
    ]);
    expect(urls(service({ type: 'ClusterIP', ports: [{ name: 'http', port: 80 }] }))).toEqual([]);
  });

  it('are those that the constructs have written, where they have', () => {
    const ports = [{ name: 'http', port: 80, nodePort: 30000 }];
    expect(urls(service({ type: 'NodePort', ports }, { 'cdk8s-services/urls': 'ssh://<node>:30022/' }))).toEqual([
      'ssh://10.0.0.1:30022/',
    ]);
  });

  it('are those of Ingresses, too', () => {
    const path = (name: string) => ({ path: '/shop', backend: { service: { name } } });
    const rules = [
      { host: 'a.example.org', http: { paths: [path('web'), path('other')] } },
      { host: 'b.example.org', http: { paths: [path('web')] } },
      { host: '*.example.org', http: { paths: [path('web')] } },
    ];
    const spec = { rules, tls: [{ hosts: ['b.example.org'] }] };
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'x', namespace: 'shop' },
      spec,
    };
    expect(routesOf([ingress], service({})).map(({ url }) => url)).toEqual([
      'http://a.example.org/shop',
      'https://b.example.org/shop',
    ]);
    expect(routesOf([ingress], service({}, { 'cdk8s-services/urls': '' }))).toEqual([]);
  });
});

describe('cdk8s-services open', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  /** An app with one service, of which the cluster says this. */
  const shop = (of: Service) => {
    const node = { status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } };
    const kubectl = `case "$*" in
      *port-forward*) echo "Forwarding from 127.0.0.1:${port} -> 80"; sleep 20 ;;
      *'get nodes'*) echo '${JSON.stringify({ items: [node] })}' ;;
      *'get deployments'*) echo '${JSON.stringify({ items: [WEB] })}' ;;
      *'get services'*) echo '${JSON.stringify({ items: [of] })}' ;;
    esac`;
    const made = stage({ kubectl });
    mkdirSync(join(made.folder, 'dist'));
    writeFileSync(join(made.folder, 'dist', 'web.yaml'), JSON.stringify(WEB));
    return made;
  };
  const at = (...urls: string[]) => service({}, { 'cdk8s-services/urls': urls.join(' ') });

  it('prints the first web address that answers, and nothing else, on standard output', async () => {
    const made = shop(at('ssh://127.0.0.1:1/', 'https://127.0.0.1:1/', `http://127.0.0.1:${port}/`));
    expect(await made.run('open', 'web')).toEqual({ code: 0, stdout: `http://127.0.0.1:${port}/\n`, stderr: '' });
    expect((await made.run('open', 'web', '--url')).stdout).toBe(`http://127.0.0.1:${port}/\n`);
  });

  it('tells all addresses where no service is named', async () => {
    const { code, stdout, stderr } = await shop(at('https://127.0.0.1:1/', `http://127.0.0.1:${port}/`)).run('open');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^service +url +answers\nweb +https:.* -- +connection refused\n +http:.* ok +HTTP 200\n$/);
    expect(stderr).toBe('open one: npm run open -- web\n');
  });

  it('says why none answers', async () => {
    const { code, stderr } = await shop(at('https://127.0.0.1:1/', 'http://<load-balancer>/')).run('open', 'web');
    expect(code).toBe(1);
    expect(stderr).toMatch(/open failed: no address of web answers\n {2}\| web +https:.*connection refused\n/);
    expect(stderr).toMatch(/http:\/\/…\/ +-- +no load balancer yet\nnext: npm run logs -- web, and/);
    const placed = await shop(at('https://127.0.0.1:1/')).run('open', 'web', '-n', 'shop');
    expect(placed.stderr).toContain('\nnext: npm run logs -- web -n shop, and');
  });

  it('names the command for what has no address outside, if a script asks', async () => {
    const inside = service({ ports: [{ name: 'http', port: 80 }] });
    const { code, stdout, stderr } = await shop(inside).run('open', 'web', '--url');
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain('next: kubectl --context minikube -n shop port-forward service/web :80\n');
  });

  it('forwards what has no address outside, until Ctrl-C', async () => {
    const made = shop(service({ ports: [{ name: 'http', port: 80 }] }));
    const { child, result, said } = made.start('open', 'web');
    await said('http://127.0.0.1:');
    child.kill('SIGINT');
    expect(await result).toEqual({
      code: 130,
      stdout: `http://127.0.0.1:${port}/\n`,
      stderr: 'web has no address outside the cluster; forwarding until Ctrl-C\n',
    });
    expect(made.calls('kubectl')).toContain('-n shop port-forward --address 127.0.0.1 service/web :80\n');
  });

  it('names who is known where the service is not', async () => {
    const { code, stderr } = await shop(at()).run('open', 'nobody');
    expect(code).toBe(64);
    expect(stderr).toBe("\nopen failed: 'nobody' is no service\nnext: use one of: web\n");
  });

  // only that of Linux takes the command as an option
  const withScript = testsWith('script', ['--version'], 'that a terminal opens a browser');
  withScript.it('opens a browser on a terminal, unless it is one of CI', async () => {
    const made = shop(at(`http://127.0.0.1:${port}/`));
    made.plays('xdg-open', 'echo "$*" >>"$CALLS/opened"');
    const calls = join(made.folder, 'calls');
    const PATH = [join(made.folder, 'bin'), process.env.PATH].join(delimiter);
    const onTerminal = (env: { [name: string]: string }) =>
      promisify(execFile)('script', ['-qec', `${process.execPath} ${CLI} open web`, '/dev/null'], {
        cwd: made.folder,
        env: { PATH, CALLS: calls, TERM: 'xterm', ...env },
      });
    await onTerminal({ CI: 'true' });
    expect(existsSync(join(calls, 'opened'))).toBe(false);
    await onTerminal({});
    const until = Date.now() + 5000;
    while (!existsSync(join(calls, 'opened')) && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(readFileSync(join(calls, 'opened'), 'utf8')).toBe(`http://127.0.0.1:${port}/\n`);
  });
});
