import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { probe } from '../../../cli/services/probe';
import { summary } from '../../../cli/services/summary';
import { add, check, SERVICE, slice, well, writes } from '../../support/doctor-stage';
import { WEB } from '../../support/stage';

jest.setTimeout(60_000);

describe('a service that answers by a name that this machine does not know', () => {
  const server: Server = createServer((_, response) => response.end());
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://shop.invalid:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const hint = "add '127.0.0.1 shop.invalid' to /etc/hosts";

  it('is said to answer, with what is to be done', async () => {
    expect(await probe(url, '127.0.0.1', 0)).toEqual({
      ok: false,
      text: `answers; ${hint}`,
      unknownHost: 'shop.invalid',
    });
    expect(await probe('http://shop.invalid:1/', '127.0.0.1', 0)).toEqual({ ok: false, text: `no such host; ${hint}` });
  });

  it('is not said to be unreachable below the table', async () => {
    const answer = await probe(url, '127.0.0.1', 0);
    const said = summary([{ service: 'shop', url, answer }], [], 'minikube');
    expect(said).toContain(`answers; ${hint}`);
    expect(said).not.toMatch(/no address answers|tunnel/);
    const lost = { ok: false, text: 'connection refused' };
    expect(summary([{ service: 'shop', url, answer: lost }], [], 'minikube')).toContain('no address answers from here');
  });

  it('is a warning of the doctor, with the same remedy', async () => {
    const shop = well();
    const service = { ...SERVICE, metadata: { ...SERVICE.metadata, annotations: { 'cdk8s-services/urls': url } } };
    writes(shop, WEB, service);
    add(shop, service, slice('web', 'shop'));
    expect(await check('addresses', shop)).toMatchObject({
      status: 'warning',
      findings: [
        { severity: 'warning', what: expect.stringContaining('does not know its name shop.invalid'), mend: hint },
      ],
    });
  });
});
