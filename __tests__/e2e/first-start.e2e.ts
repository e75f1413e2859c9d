/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 7
 */
import { type App, Chart } from 'cdk8s';
import { Certificate, Exposure, MySql, RestrictedNamespace, WordPress } from '../../constructs';
import { addServices } from '../../main';
import { curl, curled } from './clients/curl';
import { get, kubectl, pods, readyPod, secret } from './cluster/kubectl';
import { applyOwn, environment, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { privateFile } from './runner/folder';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

/** How long a database keeps its clients waiting. */
const DELAY_SECONDS = 60;
/** How long a system with its images at hand may take, on two cores. */
const READY_SECONDS = 90;
const SERVICES = ['mysql', 'wordpress', 'phpmyadmin', 'nginx', 'ftps', 'influxdb', 'telegraf', 'grafana'];
const WHOLE = `${MARK}-whole`;
const HOST = 'blog.e2e.example.org';

/** Two sites with a database each: `late`, which is not started at first, and `torn`, which is killed as it begins. */
describe('first start', () => {
  const namespace = () => MARK;
  let torn: Promise<string>;
  setUp(async () => {
    await applyOwn(addSites);
    await scale('late', 0);
    torn = tearAtFirstStart('torn');
    torn.catch(() => {});
  }, 120);
  afterAll(removeOwn);

  const aboutTorn = { of: ['torn', 'tornblog'], namespace, seconds: 120 };
  check('a database that is killed as it begins is complete after its next start', aboutTorn, async () => {
    expect(await torn).toBe('unfinished');
    const pod = await readyPod('torn', 90, MARK);
    expect(pod.containers.mysql?.restarts).toBe(1);
    // what the first one said last may have died with it
    const logs = await kubectl(['-n', MARK, 'logs', pod.name]);
    expect(logs).toContain('creating the data directory');
  });

  check('its site is installed', aboutTorn, async () => {
    await readyPod('tornblog', 90, MARK);
    const setup = await kubectl(['-n', MARK, 'logs', 'deploy/tornblog', '-c', 'setup']);
    expect(setup).toContain("installed 'tornblog'");
  });

  const aboutLate = { of: ['late', 'lateblog'], namespace, seconds: 240 };
  check(`a site whose database comes ${DELAY_SECONDS} s late waits for it, without a crash`, aboutLate, async () => {
    const patience = { seconds: DELAY_SECONDS + 60, everyMs: 3000 };
    await waitUntil(`${DELAY_SECONDS} s of waiting`, async () => (await secondsOfWaiting()) > DELAY_SECONDS, patience);
    const said = await kubectl(['-n', MARK, 'logs', 'deploy/lateblog', '-c', 'setup']);
    expect(said).toContain("waiting for database 'lateblog' at late:3306");

    await scale('late', 1);
    const { initContainers, containers } = await readyPod('lateblog', 90, MARK);
    const restarts = [initContainers.setup?.restarts, containers.wordpress?.restarts];
    expect({ restarts }).toEqual({ restarts: [0, 0] });
  });

  check('its Ingress serves it by host name, with TLS of our authority', aboutLate, async () => {
    const ca = privateFile('ca.crt', await secret('lateblog-ingress-tls', 'ca.crt', MARK));
    const at = (host: string) => [`https://${host}/`, '--connect-to', `${host}:443:${FACTS.node}:443`];
    const ask = () => curled(['--fail', '--cacert', ca, ...at(HOST)]);
    const page = await waitUntil('the site behind the Ingress', ask, { seconds: 30 });
    expect(page).toContain('<title>lateblog');
    expect(page).toContain(`https://${HOST}/wp-content/`);
    expect(page).not.toContain(`http://${HOST}/`);
    expect((await curl(['--cacert', ca, ...at('other.example.org')])).code).toBe(60);
  });

  check('it reaches no database of another namespace', aboutLate, async () => {
    const reach = async (host: string) => {
      const php = `exit(@fsockopen('${host}', 3306, timeout: 3) ? 0 : 7);`;
      const exec = ['-n', MARK, 'exec', 'deploy/lateblog', '-c', 'wordpress', '--', 'php', '-r', php];
      return (await run('kubectl', exec)).code === 0;
    };
    const [{ status }] = (await get(['pods', '-l', 'app.kubernetes.io/name=mysql'])).items;
    expect({ own: await reach('late'), other: await reach(status.podIP) }).toEqual({ own: true, other: false });
  });

  const whole = { of: SERVICES, namespace: () => WHOLE, seconds: 160 };
  check(`the whole system, from nothing, is ready within ${READY_SECONDS} s`, whole, async () => {
    const began = Date.now();
    await applyOwn(addSystem);
    const services = SERVICES.filter((service) => service !== 'grafana' || !FACTS.grafanaMissing);
    await Promise.all(services.map((service) => readyPod(service, 140, WHOLE)));
    expect((Date.now() - began) / 1000).toBeLessThanOrEqual(READY_SECONDS);
  });
});

function addSites(app: App): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
  const chart = new Chart(app, 'sites', { namespace: MARK, disableResourceNameHashes: true });
  const late = new MySql(chart, 'late');
  const exposure = Exposure.ingress({ host: HOST, certificate: Certificate.selfSigned() });
  new WordPress(chart, 'lateblog', { database: late.addDatabase('lateblog'), exposure });
  const torn = new MySql(chart, 'torn');
  new WordPress(chart, 'tornblog', { database: torn.addDatabase('tornblog') });
}

/** The program's own system, without the ports that another one in the same cluster has taken. */
function addSystem(app: App): void {
  const certificate = Certificate.selfSigned();
  const web = (name: string) => ({
    exposure: Exposure.ingress({ host: `${name}.${WHOLE}.example.org`, certificate }),
  });
  addServices(app, {
    ...environment(),
    namespace: WHOLE,
    nginx: web('www'),
    wordpress: web('blog'),
    phpmyadmin: {},
    ftps: { certificate },
    grafana: web('grafana'),
  });
}

async function scale(name: string, replicas: number): Promise<void> {
  await kubectl(['-n', MARK, 'scale', `statefulset/${name}`, `--replicas=${replicas}`]);
}

/** How long the late site has been waiting for its database, without a pause. */
async function secondsOfWaiting(): Promise<number> {
  const [pod] = await pods('lateblog', MARK);
  const setup = pod?.initContainers.setup;
  if (setup && (setup.restarts > 0 || setup.waiting === 'CrashLoopBackOff')) {
    throw new Error(`expected a container that waits, got ${setup.restarts} restarts (${setup.waiting})`);
  }
  const { items } = await get(['pods', '-l', 'app.kubernetes.io/instance=lateblog'], MARK);
  const since = Date.parse(items[0]?.status.initContainerStatuses?.[0].state.running?.startedAt ?? '');
  return (Date.now() - since) / 1000;
}

/** Kills all processes of a database as soon as it begins to make its data, and says how far it was. */
async function tearAtFirstStart(name: string): Promise<string> {
  const script = [
    'cd /var/lib/mysql',
    'until [ -d data.new ] || [ -d data ]; do :; done',
    'if [ -d data ]; then echo finished; else echo unfinished; kill -9 -1; fi',
  ].join('\n');
  const exec = ['-n', MARK, 'exec', `${name}-0`, '-c', 'mysql', '--', 'bash', '-c', script];
  const attempt = async () => {
    const { stdout, stderr } = await run('kubectl', exec);
    if (!stdout.includes('finished')) {
      throw new Error(stderr);
    }
    return stdout.trim();
  };
  return waitUntil(`${name} to begin`, attempt, { seconds: 60, everyMs: 50 });
}
