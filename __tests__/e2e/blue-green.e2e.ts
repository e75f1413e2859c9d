/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 6
 */
import { isDeepStrictEqual } from 'node:util';
import { type App, Chart, Duration, Size } from 'cdk8s';
import { BlueGreen, Exposure, MySql, Nginx, RestrictedNamespace, Route, Storage, WordPress } from '../../constructs';
import { Browser } from './clients/http';
import { ConstantRequests } from './clients/requests';
import { WordPressUser } from './clients/wordpress';
import { get, kubectl, readyPod, secret } from './cluster/kubectl';
import { applyFiles, applyOwn, environment, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { folder } from './runner/folder';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

const SITE = `http://${FACTS.node}:30955`;
const ENTRY = `https://${FACTS.node}:30957`;
const PAGES = [
  { url: `${SITE}/?uncached={turn}`, status: 200 },
  { url: `${SITE}/wp-login.php`, status: 200 },
  { url: `${ENTRY}/?uncached={turn}`, status: 200 },
];

/** What tells versions apart: the name of an image, and a number in what is said to browsers. */
interface Version {
  readonly number: number;
  readonly image: string;
}

/** One site in two versions behind a switch, and an nginx before that. */
describe('two versions', () => {
  const home = folder();
  const image = environment().images.reference('wordpress');
  const first = { number: 1, image };
  const second = { number: 2, image: `cdk8s-services/wordpress:${MARK}` };
  let original: string;
  setUp(async () => {
    const { code } = await run('docker', ['tag', image, second.image]);
    second.image = code === 0 ? second.image : image;
    original = await applyOwn(shop('v1', first, second), home);
    await Promise.all(['shop-v1', 'shop-v2', 'nginx'].map((name) => rolledOut(name)));
    // the node leads to pods a moment after they are ready
    await Promise.all(
      [SITE, ENTRY].map((url) => waitUntil(`an answer at ${url}`, () => answers(url), { seconds: 30 })),
    );
  }, 240);
  afterAll(async () => {
    await removeOwn();
    await run('docker', ['rmi', `cdk8s-services/wordpress:${MARK}`]);
  }, 120_000);

  const about = { of: ['shop-v1', 'shop-v2', 'nginx'], namespace: () => MARK, seconds: 200 };
  check('are switched, and back, without a dropped request', about, async () => {
    await whileAsked(async (more) => {
      expect(await served()).toBe(1);
      await applyOwn(shop('v2', first, second), home);
      await comes(2);
      await more();
      await applyFiles(original);
      await comes(1);
      await more();
    });
  });

  check('know the same logins and files', about, async () => {
    const admin = await WordPressUser.login('admin', SITE, secret('shop-users', 'admin', MARK));
    const headers = { 'Content-Type': 'text/plain', 'Content-Disposition': `attachment; filename="${MARK}.txt"` };
    const upload = await admin.rest('POST', '/wp/v2/media', Buffer.from(MARK), headers);
    expect(upload.status).toBe(201);
    const file = new URL(JSON.parse(upload.text).source_url).pathname;
    await applyOwn(shop('v2', first, second), home);
    await comes(2);
    expect((await admin.browser.get('/wp-admin/profile.php')).status).toBe(200);
    expect((await admin.browser.get(file)).text).toBe(MARK);
  });

  check('one that does not start is in nobody’s way', about, async () => {
    await whileAsked(async (more) => {
      await applyOwn(shop('v2', { number: 3, image: 'registry.invalid/none:1' }, second), home);
      await waitUntil('an image that there is not', () => waitsForImage('shop-v1'), { seconds: 60 });
      await more();
      expect(await served()).toBe(2);
    });
  });

  const back = 'to apply what was synthesized before brings image and configuration back together';
  check(back, { ...about, seconds: 320 }, async () => {
    await applyFiles(original);
    await rolledOut('shop-v1');
    await comes(1);
    // the pod from before may still have the file of the version that did not start: the kubelet takes a minute or two
    const isFirst = async () => isDeepStrictEqual(await running('shop-v1'), first);
    await waitUntil('the file of the first version', isFirst, { seconds: 120 });
    await whileAsked(async (more) => {
      await applyOwn(shop('v1', second, second), home);
      await rolledOut('shop-v1');
      expect(await running('shop-v1')).toEqual(second);
      await applyFiles(original);
      await rolledOut('shop-v1');
      expect(await running('shop-v1')).toEqual(first);
      await more();
    });
  });
});

function shop(active: 'v1' | 'v2', first: Version, second: Version) {
  return (app: App): void => {
    new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
    const chart = new Chart(app, 'shop', { namespace: MARK, disableResourceNameHashes: true });
    const common = {
      site: 'shop',
      database: new MySql(chart, 'mysql').addDatabase('shop'),
      storage: Storage.shared({ size: Size.mebibytes(64) }),
      url: ENTRY,
    };
    const [v1, v2] = [first, second].map(
      ({ number, image }, index) =>
        new WordPress(chart, `shop-v${index + 1}`, { ...common, image, hsts: Duration.seconds(number) }),
    ) as [WordPress, WordPress];
    const front = new BlueGreen(chart, 'shop', {
      active: active === 'v1' ? v1 : v2,
      standby: active === 'v1' ? v2 : v1,
      exposure: Exposure.nodePort({ ports: { http: 30955 } }),
    });
    new Nginx(chart, 'nginx', {
      routes: [Route.proxy('/', front)],
      exposure: Exposure.nodePort({ ports: { http: 30956, https: 30957 } }),
    });
  };
}

/** Fails if any request does that is made meanwhile. */
async function whileAsked(work: (more: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const requests = new ConstantRequests(PAGES);
  const more = () => {
    const before = requests.answered;
    return waitUntil('more requests', async () => requests.answered > before + 40, { seconds: 30 });
  };
  try {
    await more();
    await work(more);
  } finally {
    await requests.stop();
  }
  expect(requests.dropped.slice(0, 10)).toEqual([]);
}

async function answers(url: string): Promise<boolean> {
  return (await new Browser(url).get('/wp-login.php')).status === 200;
}

async function served(): Promise<number> {
  const { headers } = await new Browser(ENTRY).get('/wp-login.php');
  return Number(/max-age=(\d+)/.exec(headers['strict-transport-security'] ?? '')?.[1]);
}

async function comes(number: number): Promise<void> {
  await waitUntil(`version ${number}`, async () => (await served()) === number, { seconds: 30 });
}

async function waitsForImage(service: string): Promise<boolean> {
  const { items } = await get(['pods', '-l', `app.kubernetes.io/instance=${service}`], MARK);
  const statuses = items.flatMap(({ status }: any) => status.initContainerStatuses ?? []);
  return statuses.some(({ state }: any) => /Image/.test(state?.waiting?.reason));
}

async function rolledOut(service: string): Promise<void> {
  await kubectl(['-n', MARK, 'rollout', 'status', `deploy/${service}`, '--timeout=200s'], { seconds: 210 });
}

/** What the one pod of a service runs. */
async function running(service: string): Promise<Version> {
  const { name } = await readyPod(service, 60, MARK);
  const [container] = (await get(['pod', name], MARK)).spec.containers;
  const said = await kubectl(['-n', MARK, 'exec', name, '-c', 'wordpress', '--', 'cat', '/etc/wordpress/hsts.conf']);
  return { number: Number(/max-age=(\d+)/.exec(said)?.[1]), image: container.image };
}
