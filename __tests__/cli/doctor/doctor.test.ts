import { existsSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isExcepted } from '../../../cli/doctor/checks/proxy';
import { isOlder } from '../../../cli/doctor/checks/tools';
import { FAILURES, WARNINGS } from '../../support/doctor-cases';
import {
  add,
  check,
  credentials,
  examined,
  execs,
  NODE,
  POD,
  SERVICE,
  service,
  WEB,
  web,
  well,
  writes,
} from '../../support/doctor-stage';
import { certificateFor } from '../../support/tls';

jest.setTimeout(60_000);

describe('cdk8s-services doctor', () => {
  it('finds nothing wrong where nothing is, in one line for each check, and changes nothing', async () => {
    const shop = well();
    const before = shop.cluster();
    const { code, stdout, stderr } = await shop.run('doctor');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replace(/\d[\d.]* (GB|%)|node \d\S+/g, '…').replace(shop.folder, '')).toMatchSnapshot();
    expect(shop.cluster()).toEqual(before);
    expect(existsSync(join(shop.folder, 'dist'))).toBe(false);
    expect(shop.calls('kubectl')).not.toMatch(/ (apply|delete|patch|create|replace|edit|label|annotate) /);
    expect(shop.calls('minikube')).not.toMatch(/start|enable|load|tunnel/);
  });

  it.each(FAILURES)('fails for $what ($check)', async ({ check: name, breaks, found, fix }) => {
    const shop = well();
    breaks(shop);
    const { status, findings } = await check(name, shop);
    expect([status, findings.map(({ what }) => what)]).toEqual(['failed', [expect.stringContaining(found)]]);
    expect(findings[0]?.mend).toContain(fix);
  });

  it.each(WARNINGS)('warns of $what ($check)', async ({ check: name, breaks, found, fix }) => {
    const shop = well();
    breaks(shop);
    const { status, findings } = await check(name, shop);
    expect([status, findings.map(({ what }) => what)]).toEqual(['warning', [expect.stringContaining(found)]]);
    expect(findings[0]?.mend).toContain(fix);
  });

  it('says of each check that lacks what it needs why it was not made', async () => {
    const shop = well({ kubectl: undefined, docker: undefined, minikube: undefined });
    const { code, stdout } = await shop.run('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/failed +tools +docker is not on PATH \(and 2 more\)/);
    expect(stdout).toMatch(/not checked +api +because kubectl is not on PATH/);
    expect(stdout).toMatch(/not checked +runtime +because minikube is not on PATH/);
    expect(stdout).toMatch(/ok +synthesis +1 object in shop/);
    expect(stdout).not.toContain('the check itself failed');
  });

  it('never hangs, whatever a program does', async () => {
    const shop = well();
    shop.plays('minikube', 'sleep 100');
    shop.plays('kubectl', 'sleep 100');
    const results = await examined(['profile', 'room'], shop, 0.5);
    expect(results.map(({ name, status, text }) => [name, status, text])).toEqual([
      ['profile', 'not checked', 'minikube does not answer within 0.5 s'],
      ['room', 'not checked', 'kubectl does not answer within 0.5 s'],
    ]);
  });

  it('takes any other cluster than that of minikube', async () => {
    const shop = well();
    shop.plays('minikube', `echo 'Profile "production" not found' >&2; exit 85`);
    const { stdout } = await shop.run('doctor', '-p', 'production');
    expect(stdout).toMatch(/not checked +profile +because context 'production' is of another cluster than minikube's/);
    expect(stdout).toMatch(/not checked +runtime +because 'production' is no profile of minikube/);
    expect(stdout).toMatch(/ok +room/);
    expect(shop.calls('kubectl')).not.toContain('--context minikube');
  });

  it('checks what you may read, where you may not read all', async () => {
    const shop = well();
    const kubectl = readFileSync(join(shop.folder, 'bin', 'kubectl'), 'utf8').replace(
      'case "$*" in',
      `case "$*" in
      *nodes*|*secrets*) echo 'Error from server (Forbidden): nodes is forbidden' >&2; exit 1 ;;`,
    );
    shop.plays('kubectl', kubectl);
    const { stdout } = await shop.run('doctor');
    expect(stdout).toMatch(/not checked +room +because you may not list nodes/);
    expect(stdout).toMatch(/ok +volumes/);
    expect(stdout).toMatch(/ok +workloads +1 of 1 are in the cluster, and ready/);
  });

  it('needs no app for the machine and the way to the cluster', async () => {
    const shop = well();
    unlinkSync(join(shop.folder, 'cdk8s.yaml'));
    const { stdout } = await shop.run('doctor');
    expect(stdout).toMatch(/not checked +synthesis +because there is no cdk8s.yaml in/);
    expect(stdout).toMatch(/ok +api/);
  });

  it('names the checks that there are, when asked for another', async () => {
    const { code, stderr } = await well().run('doctor', 'imges');
    expect(code).toBe(64);
    expect(stderr).toContain("there is no check 'imges'");
    expect(stderr).toContain("'node ports'");
  });

  it('asks a pod that may resolve names, and has a program for it, whether it can', async () => {
    const shop = well();
    const closed = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'store', namespace: 'shop' },
      spec: { podSelector: { matchLabels: { app: 'store' } }, policyTypes: ['Ingress', 'Egress'] },
    };
    writes(shop, WEB, closed);
    const pod = (name: string, app: string) => ({ ...POD, metadata: { ...POD.metadata, name, labels: { app } } });
    add(shop, pod('store-1', 'store'), pod('bare-1', 'web'), pod('web-1', 'web'));
    execs(shop, 'case "$*" in *bare-1*) echo command terminated with exit code 127 >&2; exit 127 ;; esac');
    expect(await check('names', shop)).toMatchObject({ status: 'ok', text: 'web-1 resolves kubernetes.default.svc' });
    expect(shop.calls('kubectl')).not.toMatch(/exec store-1/);
    add(shop, pod('store-1', 'store'));
    expect(await check('names', shop)).toMatchObject({
      status: 'not checked',
      text: 'no pod that may connect to anything is ready',
    });
  });

  it('expects no image of ours before a first run, which builds them', async () => {
    const shop = well();
    writes(shop, web({ image: 'cdk8s-services/nginx:ffffffffffff' }));
    shop.has(NODE);
    expect(await check('images', shop)).toMatchObject({
      status: 'ok',
      text: "1 of 1 that no registry gives are not built yet: 'up' does it",
    });
    writes(shop, web({ image: 'acme/shop:1' }));
    expect((await check('images', shop)).status).toBe('failed');
  });

  it('leaves out what is left out', async () => {
    const shop = well();
    writes(shop, web({ image: 'cdk8s-services/nginx:ffffffffffff' }));
    const { stdout } = await shop.run('doctor', 'images', '--without', 'web');
    expect(stdout).toMatch(/ok +images/);
  });

  it('never prints a secret', async () => {
    const shop = well();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' } };
    writes(shop, WEB, { ...secret, data: { password: Buffer.from('tell-nobody').toString('base64') } });
    add(shop, { ...secret, data: { password: Buffer.from('told-nobody').toString('base64') } });
    credentials(shop, '{"db":{"password":"tell-nobody"}}', 0o644);
    for (const format of ['text', 'json']) {
      const { stdout, stderr } = await shop.run('doctor', '-o', format);
      expect(`${stdout}${stderr}`).toContain('Secret db in shop has other values');
      expect(`${stdout}${stderr}`).not.toMatch(/t(e|o)l[ld]-nobody|dGVsbC1ub2JvZHk|dG9sZC1ub2JvZHk/);
    }
  });

  describe('certificates', () => {
    const tls = async (names: string[], days: number) => ({
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'web-tls', namespace: 'shop', labels: { 'app.kubernetes.io/instance': 'web' } },
      data: await certificateFor(names, days),
    });
    const using = web({}, { volumes: [{ name: 'tls', secret: { secretName: 'web-tls' } }] });
    const INGRESS = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { tls: [{ secretName: 'web-tls', hosts: ['shop.example.org'] }] },
    };

    it('are told when they have expired, and before', async () => {
      const shop = well();
      writes(shop, using);
      add(shop, await tls(['web'], -2));
      expect(await check('certificates', shop)).toMatchObject({
        status: 'failed',
        text: 'the certificate in Secret web-tls has expired',
        findings: [{ mend: 'npm run up, which renews it' }],
      });
      add(shop, await tls(['web'], 20));
      expect((await check('certificates', shop)).status).toBe('warning');
      add(shop, await tls(['web'], 100));
      expect((await check('certificates', shop)).status).toBe('ok');
    });

    it('must be for the host, and of the key beside them', async () => {
      const shop = well();
      writes(shop, using, INGRESS);
      const wrong = await tls(['web'], 100);
      const other = await tls(['web'], 100);
      add(shop, { ...wrong, data: { ...wrong.data, 'tls.key': other.data['tls.key'] } });
      const { status, findings } = await check('certificates', shop);
      expect([status, findings.map(({ what }) => what)]).toEqual([
        'failed',
        [
          'the certificate in Secret web-tls is of another key than the one beside it',
          'the certificate in Secret web-tls is not for shop.example.org',
        ],
      ]);
    });

    it('should name the address of the load balancer', async () => {
      const shop = well();
      writes(shop, using, service({ type: 'LoadBalancer' }));
      const status = { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } };
      const metadata = { ...SERVICE.metadata, labels: { 'app.kubernetes.io/instance': 'web' } };
      add(shop, await tls(['web'], 100), { ...SERVICE, metadata, spec: { type: 'LoadBalancer' }, status });
      expect(await check('certificates', shop)).toMatchObject({
        status: 'warning',
        text: 'a certificate does not name 192.0.2.7, where the service is found',
      });
      add(shop, await tls(['web', '192.0.2.7'], 100), { ...SERVICE, metadata, spec: { type: 'LoadBalancer' }, status });
      expect((await check('certificates', shop)).status).toBe('ok');
    });
  });
});

describe('the oldest Node.js', () => {
  it.each([
    ['20.11.1', '20.12.0', true],
    ['20.12.0', '20.12.0', false],
    ['20.9.9', '20.12.0', true],
    ['22.0.0', '20.12.0', false],
    ['8.17.0', '20.12.0', true],
  ])('%s is older than %s: %s', (version, oldest, expected) => {
    expect(isOlder(version, oldest)).toBe(expected);
  });
});

describe('what NO_PROXY excepts', () => {
  it.each([
    ['192.168.49.2', '192.168.49.2', true],
    ['192.168.49.2', '192.168.49.0/24', true],
    ['192.168.49.2', '192.168.0.0/16,x', true],
    ['192.168.50.2', '192.168.49.0/24', false],
    ['192.168.49.2', '192.168.49.20', false],
    ['192.168.49.2', '*', true],
    ['192.168.49.2', '192.168.49.2:8443', true],
    ['192.168.49.2', '192.168.49.2:22', false],
    ['api.example.org', 'example.org', true],
    ['api.example.org', '.example.org', true],
    ['api.example.org', 'ample.org', false],
    ['127.0.0.1', '', true],
    ['192.168.49.2', '', false],
  ])('%s by %s: %s', (host, list, expected) => {
    expect(isExcepted(host, '8443', list)).toBe(expected);
  });
});
