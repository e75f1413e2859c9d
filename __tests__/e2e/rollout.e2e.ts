/**
 * @lane rest
 * @needs system
 * @disturbs wordpress nginx phpmyadmin
 * @minutes 5
 */
import { ConstantRequests } from './clients/requests';
import { kubectl, NAMESPACE, readyPod } from './cluster/kubectl';
import { check } from './runner/check';
import { placeOf, url } from './runner/facts';
import { waitUntil } from './runner/wait';

describe('rollout', () => {
  check('of WordPress drops no request', { of: ['wordpress'], seconds: 150 }, async () => {
    const site = url('https', placeOf('wordpress', 'http'));
    await expectNoneDropped('wordpress', [
      { url: `${site}/?uncached={turn}`, status: 200 },
      { url: `${site}/wp-login.php`, status: 200 },
      { url: `${site}/wp-includes/css/dist/block-library/style.min.css`, status: 200 },
    ]);
  });

  check('of nginx drops no request', { of: ['nginx'], seconds: 150 }, async () => {
    const secure = url('https', placeOf('nginx', 'https'));
    await expectNoneDropped('nginx', [
      { url: `${secure}/`, status: 200 },
      { url: `${secure}/wordpress`, status: 307 },
      { url: `${secure}/phpmyadmin/`, status: 200 },
      { url: `${url('http', placeOf('nginx', 'http'))}/`, status: 301 },
    ]);
  });

  check('of phpMyAdmin drops no request', { of: ['phpmyadmin'], seconds: 150 }, async () => {
    const site = url('https', placeOf('phpmyadmin', 'http'));
    await expectNoneDropped('phpmyadmin', [
      { url: `${site}/`, status: 200 },
      { url: `${site}/themes/pmahomme/css/theme.css`, status: 200 },
    ]);
  });
});

async function expectNoneDropped(service: string, pages: { url: string; status: number }[]): Promise<void> {
  const before = await readyPod(service);
  const requests = new ConstantRequests(pages);
  try {
    await waitUntil('requests to be answered', async () => requests.answered > 20, { seconds: 20, everyMs: 50 });
    await kubectl(['-n', NAMESPACE, 'rollout', 'restart', `deploy/${service}`]);
    await kubectl(['-n', NAMESPACE, 'rollout', 'status', `deploy/${service}`, '--timeout=90s'], { seconds: 100 });
    await readyPod(service, 60, NAMESPACE, before.uid);
    const after = requests.answered;
    await waitUntil('requests to be answered', async () => requests.answered > after + 20, {
      seconds: 20,
      everyMs: 50,
    });
  } finally {
    await requests.stop();
  }
  expect(requests.dropped.slice(0, 10)).toEqual([]);
  expect(requests.answered).toBeGreaterThan(60);
}
