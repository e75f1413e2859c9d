/**
 * @lane rest
 * @needs system node-commands
 * @disturbs node
 * @minutes 12
 */
import { kubectl, NAMESPACE, readyPod } from './cluster/kubectl';
import { Belongings } from './fixtures/belongings';
import { check } from './runner/check';
import { FACTS } from './runner/facts';
import { run } from './runner/run';
import { succeeds } from './runner/wait';

const SERVICES = ['mysql', 'wordpress', 'phpmyadmin', 'nginx', 'ftps', 'influxdb', 'telegraf', 'grafana'];
const WANTED = process.env.E2E_NODE_RESTART === '1';
const STOP = process.env.E2E_NODE_STOP ?? 'minikube stop';
const START = process.env.E2E_NODE_START ?? 'minikube start';

describe('node restart', () => {
  const skip = WANTED
    ? undefined
    : `it disturbs all users of the node; set E2E_NODE_RESTART=1 to run '${STOP}', '${START}'`;
  const services = SERVICES.filter((service) => service !== 'grafana' || !FACTS.grafanaMissing);
  let had: Belongings | undefined;
  afterAll(() => had?.remove());

  check('everything comes back by itself, with its data', { of: services, skip, seconds: 600 }, async () => {
    had = await Belongings.leave();
    const left = had;
    for (const command of [STOP, START]) {
      const { code, stderr } = await run('bash', ['-c', command], { seconds: 300 });
      expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' });
    }
    const moment = Date.now();
    await succeeds('the API server to answer', async () => void (await kubectl(['get', 'nodes'])), { seconds: 120 });
    for (const service of services) {
      await readyPod(service, 180, NAMESPACE);
      await succeeds(`${service} to work as before`, () => left.complete(service, moment), { seconds: 60 });
    }
  });
});
