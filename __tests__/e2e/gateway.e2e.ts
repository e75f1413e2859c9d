/**
 * @lane rest
 * @needs gateway
 * @disturbs nothing
 * @minutes 4
 */
import { type App, Chart } from 'cdk8s';
import { Exposure, Nginx, RestrictedNamespace } from '../../constructs';
import { curled } from './clients/curl';
import { get, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check } from './runner/check';
import { waitUntil } from './runner/wait';

/** A Gateway as `namespace/name`, which takes routes from every namespace, and the address of its plain HTTP listener. */
const [gatewayNamespace = '', gateway = ''] = (process.env.E2E_GATEWAY ?? '').split('/');
const ADDRESS = process.env.E2E_GATEWAY_ADDRESS;
const HOST = `${MARK}.example.org`;

describe('a service behind a Gateway', () => {
  const skip = gateway && ADDRESS ? undefined : 'set E2E_GATEWAY and E2E_GATEWAY_ADDRESS to a Gateway';
  const about = { of: ['web'], namespace: () => MARK, skip, seconds: 120 };
  const ask = (host: string) =>
    curled(['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', `http://${host}/`, ...at(host)]);
  const at = (host: string) => ['--connect-to', `${host}:80:${ADDRESS}`];
  afterAll(() => (skip ? undefined : removeOwn()));

  check('is served by its host name, and by no other', about, async () => {
    await applyOwn(addNginx);
    await readyPod('web', 60, MARK);
    const answered = async () => (await ask(HOST)) !== '404';
    await waitUntil('an answer through the Gateway', answered, { seconds: 30 });
    expect({ own: await ask(HOST), other: await ask(`other.${HOST}`) }).toEqual({ own: '200', other: '404' });
  });

  check('has a route that the Gateway has taken', about, async () => {
    const { status } = await get(['httproute', 'web'], MARK);
    const conditions = status.parents.flatMap((parent: any) => parent.conditions);
    expect(conditions.filter((one: any) => one.status !== 'True')).toEqual([]);
  });
});

function addNginx(app: App): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
  const chart = new Chart(app, 'web', { namespace: MARK, disableResourceNameHashes: true });
  new Nginx(chart, 'web', { exposure: Exposure.gateway({ gateway, gatewayNamespace, host: HOST, tls: false }) });
}
