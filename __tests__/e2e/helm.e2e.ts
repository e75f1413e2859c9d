/**
 * @lane rest
 * @needs helm
 * @disturbs nothing
 * @minutes 8
 */

import type { Manifest } from '../support/app';
import { CASES, comparable, synthesizedFor } from '../support/chart';
import { parseAll } from '../support/yaml';
import { curl, curled } from './clients/curl';
import { Chart, NO_HELM } from './cluster/helm';
import { get, kubectl, OWN, pods, secret } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { privateFile } from './runner/folder';
import { run } from './runner/run';

const RELEASE = 'system';
const [FIRST, SECOND] = [`${MARK}-first`, `${MARK}-second`];
const HOSTS = { nginx: `www.${FIRST}.example.org`, wordpress: `blog.${FIRST}.example.org` };
const OTHER_HOST = `news.${FIRST}.example.org`;
const RUNNING = ['ftps', 'influxdb', 'mysql', 'nginx', 'phpmyadmin', 'telegraf', 'wordpress'];
/** Images are on the node, and Grafana's is not on every one. */
const VALUES = { nginx: { host: HOSTS.nginx }, wordpress: { host: HOSTS.wordpress }, grafana: { enabled: false } };
const WAIT = ['--wait', '--timeout', '170s'];

describe('the Helm chart', () => {
  const chart = new Chart();
  const about = { of: RUNNING, namespace: () => FIRST, skip: NO_HELM, seconds: 240 };
  setUp(async () => {
    if (NO_HELM) {
      return;
    }
    for (const namespace of [FIRST, SECOND]) {
      await kubectl(['create', 'namespace', namespace]);
      const labels = [OWN, 'pod-security.kubernetes.io/enforce=restricted'];
      await kubectl(['label', 'namespace', namespace, ...labels]);
    }
  });
  afterAll(removeOwn);

  check('is clean, and valid for every value that it takes', { of: [], skip: NO_HELM }, async () => {
    for (const { values } of Object.values(CASES)) {
      const said = await chart.done(['lint', '--strict'], values);
      expect(said).toContain('0 chart(s) failed');
    }
  });

  for (const [mistake, values, message] of [
    ['a host that is none', { nginx: { host: 'Example' } }, /nginx.host.*pattern/s],
    ['more replicas than its volume allows', { wordpress: { replicas: 2 } }, /wordpress.accessMode.*ReadWriteMany/s],
    [
      'more pods than its volume allows',
      { wordpress: { autoscaling: { max: 2 } } },
      /wordpress.accessMode.*ReadWriteMany/s,
    ],
    ['fewer pods at the most than at the least', { nginx: { autoscaling: { min: 3, max: 2 } } }, /min is 3.*max: 3 or/],
    ['Grafana without its database', { influxdb: { enabled: false } }, /grafana.enabled.*false/s],
    ['a value that there is not', { nginx: { hots: 'a.example.org' } }, /nginx.*hots/s],
    ['one host for two', { nginx: { host: 'blog.example.org' } }, /two services have the same host/],
  ] as const) {
    check(`tells of ${mistake}`, { of: [], skip: NO_HELM }, async () => {
      const { code, stderr } = await chart.helm(['template', RELEASE, '--kube-version', '1.34'], values);
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    });
  }

  for (const [name, { values, settings }] of Object.entries(CASES)) {
    check(`writes the objects of synth, byte by byte, where ${name}`, { of: [], skip: NO_HELM }, async () => {
      const command = ['template', RELEASE, '--namespace', settings.namespace, '--kube-version', '1.34'];
      const manifests: Manifest[] = parseAll(await chart.done(command, values));
      expect(comparable(manifests)).toEqual(comparable(synthesizedFor(settings)));
    });
  }

  check('takes images from a registry, by their digests', { of: [], skip: NO_HELM }, async () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const image = { registry: 'ghcr.io/acme', digests: { mysql: digest }, pullSecrets: [{ name: 'ghcr' }] };
    const text = await chart.done(['template', RELEASE, '--kube-version', '1.34'], { image });
    const pods = parseAll(text).flatMap((document) => document.spec?.template?.spec ?? []);
    const containers = pods.flatMap((pod: any) => [...(pod.initContainers ?? []), ...pod.containers]);
    expect(containers.filter((container: any) => container.imagePullPolicy !== 'Always')).toEqual([]);
    const images: string[] = containers.map((container: any) => container.image);
    expect(images.filter((name) => !/^ghcr\.io\/acme\/[a-z]+:[0-9a-f]{12}(@|$)/.test(name))).toEqual([]);
    expect(images.filter((name) => name.includes('@'))).toEqual([expect.stringMatching(`/mysql:.*@${digest}$`)]);
    expect(pods.map((pod: any) => pod.imagePullSecrets)).toEqual(pods.map(() => [{ name: 'ghcr' }]));
  });

  check('makes no Secret where it is not to', { of: [], skip: NO_HELM }, async () => {
    const rendered = (create: boolean) =>
      chart.done(['template', RELEASE, '--kube-version', '1.34'], { secrets: { create } });
    expect(await rendered(true)).toMatch(/^kind: Secret$/m);
    expect(await rendered(false)).not.toMatch(/^kind: Secret$/m);
  });

  check('installs in a restricted namespace, and lets people log in', about, async () => {
    const own = ['create', 'secret', 'generic', 'ftps-users', '--from-literal=ftp=brought-along'];
    await kubectl(['-n', FIRST, ...own]);
    const notes = await chart.done(['install', RELEASE, '-n', FIRST, ...WAIT], VALUES, 200);
    expect(notes).toContain(`https://${HOSTS.wordpress}/`);
    expect(Object.keys(await uids())).toEqual(RUNNING);
    await logIn(HOSTS.wordpress);
  });

  check('uses a Secret that is there as it is', about, async () => {
    expect(await secret('ftps-users', 'ftp', FIRST)).toBe('brought-along');
    const { metadata } = await get(['secret', 'ftps-users'], FIRST);
    expect(metadata.annotations).toBeUndefined();
  });

  check('makes a login key and what sshd takes for it', about, async () => {
    const key = privateFile('login-key', await secret('nginx-ssh', 'login-key', FIRST));
    const { stdout } = await run('ssh-keygen', ['-y', '-f', key]);
    expect(await secret('nginx-ssh', 'authorized-keys', FIRST)).toBe(stdout);
  });

  check('makes certificates that nginx and browsers check', about, async () => {
    const ca = privateFile('ca.crt', await secret('nginx-ingress-tls', 'ca.crt', FIRST));
    const reply = await curled(['--fail', '--location', ...at(HOSTS.nginx, ca), `https://${HOSTS.nginx}/phpmyadmin/`]);
    expect(reply).toContain('phpMyAdmin');
    expect((await curl([...at(OTHER_HOST, ca), `https://${OTHER_HOST}/`])).code).toBe(60);
  });

  check('installs beside itself in another namespace', about, async () => {
    const values = { nginx: { host: 'www.second.example.org' }, wordpress: { host: 'blog.second.example.org' } };
    await chart.done(['install', RELEASE, '-n', SECOND], { ...values, grafana: { enabled: false } });
    const { items } = await get(['clusterroles', '-l', 'app.kubernetes.io/instance=telegraf']);
    const names = items.map(({ metadata }: Manifest) => metadata.name);
    expect(names).toEqual(expect.arrayContaining([`${FIRST}-telegraf`, `${SECOND}-telegraf`]));
    expect(await secret('mysql', 'password', SECOND)).not.toBe(await secret('mysql', 'password', FIRST));
    await chart.done(['uninstall', RELEASE, '-n', SECOND]);
    await kubectl(['delete', 'namespace', SECOND, '--wait=false']);
  });

  check('changes nothing by an upgrade without a change', about, async () => {
    const [before, secrets] = [await uids(), await secretValues()];
    await chart.done(['upgrade', RELEASE, '-n', FIRST, ...WAIT], VALUES, 200);
    expect(await uids()).toEqual(before);
    expect(await secretValues()).toEqual(secrets);
  });

  check('restarts by an upgrade what the change concerns, and nothing else', about, async () => {
    const before = await uids();
    const values = { ...VALUES, wordpress: { host: OTHER_HOST } };
    await chart.done(['upgrade', RELEASE, '-n', FIRST, ...WAIT], values, 200);
    expect(changed(before, await uids())).toEqual(['nginx', 'wordpress']);
    await logIn(OTHER_HOST);
  });

  check('goes back by a rollback', about, async () => {
    const before = await uids();
    await chart.done(['rollback', RELEASE, '-n', FIRST, ...WAIT], undefined, 200);
    expect(changed(before, await uids())).toEqual(['nginx', 'wordpress']);
    await logIn(HOSTS.wordpress);
  });

  check('makes a deleted password anew at the next upgrade', about, async () => {
    const [before, password] = [await uids(), await secret('mysql-wordpress', 'password', FIRST)];
    await kubectl(['-n', FIRST, 'delete', 'secret', 'mysql-wordpress']);
    await chart.done(['upgrade', RELEASE, '-n', FIRST, ...WAIT], VALUES, 200);
    expect(await secret('mysql-wordpress', 'password', FIRST)).not.toBe(password);
    expect(changed(before, await uids())).toEqual(['mysql', 'wordpress']);
    await logIn(HOSTS.wordpress);
  });

  check('keeps data and Secrets when it is uninstalled, and takes them up again', about, async () => {
    const [secrets, claims] = [await secretValues(), await objects('pvc')];
    await chart.done(['uninstall', RELEASE, '-n', FIRST, ...WAIT], undefined, 200);
    expect(await objects('deployments,statefulsets,services,networkpolicies')).toEqual([]);
    await chart.done(['install', RELEASE, '-n', FIRST, ...WAIT], VALUES, 200);
    expect([await secretValues(), await objects('pvc')]).toEqual([secrets, claims]);
    await logIn(HOSTS.wordpress);
    await chart.done(['uninstall', RELEASE, '-n', FIRST]);
  });
});

/** How curl reaches a host through the Ingress, and whose certificates it takes. */
function at(host: string, ca: string): string[] {
  return ['--connect-to', `${host}:443:${FACTS.node}:443`, '--cacert', ca];
}

async function logIn(host: string): Promise<void> {
  const ca = privateFile('ca.crt', await secret('wordpress-ingress-tls', 'ca.crt', FIRST));
  const password = privateFile('password', await secret('wordpress-users', 'editor', FIRST));
  const cookies = privateFile('cookies', '');
  const browser = ['--cookie', cookies, '--cookie-jar', cookies, ...at(host, ca), `https://${host}/wp-login.php`];
  await curled(['--fail', '--retry', '5', '--retry-all-errors', ...browser]);
  const form = ['--data-urlencode', 'log=editor', '--data-urlencode', `pwd@${password}`, '--data', 'testcookie=1'];
  const code = await curled([...form, '--output', '/dev/null', '--write-out', '%{http_code}', ...browser]);
  expect(code).toBe('302');
}

/** The pods that are to stay, by their services. */
async function uids(): Promise<{ [service: string]: string[] }> {
  const entries = RUNNING.map(async (service): Promise<[string, string[]]> => {
    const staying = (await pods(service, FIRST)).filter(({ ending, ready }) => ready && !ending);
    return [service, staying.map(({ uid }) => uid)];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function changed(before: { [service: string]: string[] }, after: { [service: string]: string[] }): string[] {
  return RUNNING.filter((service) => `${before[service]}` !== `${after[service]}`);
}

/** Objects of some kinds, which are others if they were deleted and made again. */
async function objects(kinds: string): Promise<string[]> {
  const { items } = await get([kinds], FIRST);
  return items.map(({ metadata }: Manifest) => `${metadata.name} ${metadata.uid}`).sort();
}

async function secretValues(): Promise<{ [name: string]: unknown }> {
  const { items } = await get(['secrets', '-l', 'app.kubernetes.io/part-of=services'], FIRST);
  return Object.fromEntries(items.map(({ metadata, data }: Manifest) => [metadata.name, data]));
}
