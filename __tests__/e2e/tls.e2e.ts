/**
 * @lane rest
 * @needs system
 * @disturbs nginx wordpress phpmyadmin ftps
 * @minutes 8
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { certificate } from '../../constructs/private/generate';
import { FtpClient } from './clients/ftps';
import { Browser } from './clients/http';
import { ConstantRequests } from './clients/requests';
import { kubectl, LABEL, NAMESPACE, pods, secret } from './cluster/kubectl';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS, type Place, placeOf, url } from './runner/facts';
import { privateFile } from './runner/folder';
import { waitUntil } from './runner/wait';

/** All that speaks TLS, by the names of service and port. */
const PORTS: { service: string; port: string; skip?: string }[] = [
  { service: 'nginx', port: 'https' },
  { service: 'wordpress', port: 'http' },
  { service: 'phpmyadmin', port: 'http' },
  { service: 'grafana', port: 'http', skip: FACTS.grafanaMissing },
  { service: 'ftps', port: 'ftp' },
];
const WEB = PORTS.filter(({ service }) => service !== 'ftps');
/** What no modern client needs: RSA key exchange, and CBC. */
const WEAK = ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA'];
/** Kubelets look at a Secret that has changed within a minute and a half; the programs look at files after that. */
const NOTICED = { seconds: 150, everyMs: 1000 };

/** The authority as the program keeps it, with its key: `up` ran here. */
const kept = JSON.parse(readFileSync(join(__dirname, '../../.credentials.json'), 'utf8'));

describe('tls', () => {
  for (const { service, port, skip } of PORTS) {
    const of = [service];
    const place = () => placeOf(service, port);

    check(`the certificate of ${service} is our authority's, which ${service} itself tells`, { of, skip }, async () => {
      const ca = await secret('nginx-tls', 'ca.crt');
      expect(await secret(`${service}-tls`, 'ca.crt')).toBe(ca);
      for (const servername of [service, `${service}.${NAMESPACE}.svc`, 'localhost']) {
        await handshake(service, place(), { ca, servername, rejectUnauthorized: true });
      }
      const other = handshake(service, place(), { ca, servername: 'example.org', rejectUnauthorized: true });
      await expect(other).rejects.toThrow(/altnames/);
      await expect(handshake(service, place(), { servername: service, rejectUnauthorized: true })).rejects.toThrow(
        /certificate/,
      );
    });

    check(`${service} speaks TLS 1.2 and 1.3, and no older one`, { of, skip }, async () => {
      const speak = (version: tls.SecureVersion) =>
        // OpenSSL offers old versions at this security level only
        handshake(service, place(), { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' });
      expect((await speak('TLSv1.2')).protocol).toBe('TLSv1.2');
      expect((await speak('TLSv1.3')).protocol).toBe('TLSv1.3');
      await expect(speak('TLSv1.1')).rejects.toThrow(/alert|version|unsupported|protocol/i);
      await expect(speak('TLSv1')).rejects.toThrow(/alert|version|unsupported|protocol/i);
    });

    check(`${service} refuses weak ciphers`, { of, skip }, async () => {
      for (const ciphers of WEAK) {
        const weak = handshake(service, place(), { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` });
        await expect(weak).rejects.toThrow(/handshake failure|no shared cipher|alert/i);
      }
    });
  }

  for (const { service, port, skip } of WEB) {
    check(`${service} tells no browser to come by TLS for ever`, { of: [service], skip }, async () => {
      const { headers } = await new Browser(url('https', placeOf(service, port))).get('/');
      expect(headers).not.toHaveProperty('strict-transport-security');
    });
  }

  // Grafana's own server answers 400
  for (const { service, port } of WEB.filter(({ service }) => service !== 'grafana')) {
    check(`plain HTTP on ${service}'s port for TLS is sent to TLS there`, { of: [service] }, async () => {
      const { host, port: number } = placeOf(service, port);
      const { status, headers } = await new Browser(`http://${host}:${number}`).get('/some/page?x=1');
      const location = `https://${host}:${number}/some/page?x=1`;
      expect({ status, location: headers.location }).toEqual({ status: 307, location });
    });
  }

  describe('a certificate that is renewed', () => {
    const services = PORTS.filter(({ skip }) => !skip).map(({ service }) => service);
    const before: { [service: string]: string } = {};
    setUp(async () => {
      for (const service of services) {
        before[service] = await dataOf(service);
      }
    });
    afterAll(() => Promise.all(services.map((service) => before[service] && patch(service, before[service]))));

    check(
      'is served within minutes, without a restart and without a lost request',
      { of: services, seconds: 240 },
      async () => {
        const running = await namesOf(services);
        const ftp = await FtpClient.login();
        const secure = url('https', placeOf('nginx', 'https'));
        const requests = new ConstantRequests([
          { url: `${secure}/`, status: 200 },
          { url: `${secure}/phpmyadmin/`, status: 200 },
          { url: `${url('https', placeOf('wordpress', 'http'))}/wp-login.php`, status: 200 },
          { url: `${url('https', placeOf('phpmyadmin', 'http'))}/`, status: 200 },
        ]);
        try {
          for (const service of services) {
            await patch(service, leaf(service, kept['.authority']));
          }
          await Promise.all(
            services.map((service) => waitUntil(`${service}'s new certificate`, () => serves(service), NOTICED)),
          );
          // a session from before goes on, with what it had
          await ftp.store(`${MARK}-renewed`, Buffer.from('kept'), await ftp.extendedPassive());
          await ftp.expect(250, 'DELE', `${MARK}-renewed`);
        } finally {
          ftp.close();
          await requests.stop();
        }
        expect(requests.dropped.slice(0, 10)).toEqual([]);
        expect(requests.answered).toBeGreaterThan(100);
        expect(await namesOf(services)).toEqual(running);
      },
    );

    const both = ['nginx', 'phpmyadmin'];
    check('of another authority is not proxied to, until that is trusted', { of: both, seconds: 300 }, async () => {
      const proxied = async () =>
        (await new Browser(url('https', placeOf('nginx', 'https'))).get('/phpmyadmin/')).status;
      const ours = await dataOf('phpmyadmin');
      const theirs = leaf('phpmyadmin');
      // its own certificate, with an authority that did not sign it
      await patch('phpmyadmin', JSON.stringify({ ...JSON.parse(ours), 'ca.crt': JSON.parse(theirs)['ca.crt'] }));
      await waitUntil('502 of a certificate that cannot be checked', async () => (await proxied()) === 502, NOTICED);
      await patch('phpmyadmin', ours);
      await waitUntil('200 of one that can', async () => (await proxied()) === 200, NOTICED);
    });

    check(
      'with a key that is not its own is not served, and the last one is',
      { of: ['wordpress'], seconds: 200 },
      async () => {
        const ours = JSON.parse(await dataOf('wordpress'));
        await patch('wordpress', JSON.stringify({ ...ours, 'tls.key': JSON.parse(leaf('wordpress'))['tls.key'] }));
        const said = () => kubectl(['-n', NAMESPACE, 'logs', 'deploy/wordpress', '-c', 'wordpress', '--since=150s']);
        await waitUntil('a word on the key', async () => (await said()).includes('key values mismatch'), NOTICED);
        const ca = await secret('wordpress-tls', 'ca.crt');
        await handshake('wordpress', placeOf('wordpress', 'http'), {
          ca,
          servername: 'wordpress',
          rejectUnauthorized: true,
        });
      },
    );
  });
});

/** A handshake as the service expects it: after `AUTH TLS` where it speaks FTP. */
async function handshake(
  service: string,
  place: Place,
  options: tls.ConnectionOptions,
): Promise<{ protocol: string | null; serial: string }> {
  const described = (socket: tls.TLSSocket) => {
    const found = { protocol: socket.getProtocol(), serial: socket.getPeerCertificate().serialNumber };
    socket.destroy();
    return found;
  };
  if (service === 'ftps') {
    return described(await (await FtpClient.connect(place)).secure(options));
  }
  const { host, port } = place;
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ rejectUnauthorized: false, ...options, host, port, timeout: 10_000 });
    socket.on('secureConnect', () => resolve(described(socket)));
    socket.on('error', reject);
    socket.on('timeout', () => socket.destroy(new Error('no answer')));
  });
}

/** A new certificate as the data of a Secret, of an authority of its own unless one is given. */
function leaf(service: string, authority?: { [file: string]: string }): string {
  const names = [service, `${service}.${NAMESPACE}`, `${service}.${NAMESPACE}.svc`, 'localhost'];
  const made = certificate(authority, names);
  const files = { ...made.certificate, 'ca.crt': made.authority['ca.crt'] ?? '' };
  const encoded = Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  return JSON.stringify(Object.fromEntries(encoded));
}

async function dataOf(service: string): Promise<string> {
  return kubectl(['-n', NAMESPACE, 'get', 'secret', `${service}-tls`, '-o', 'jsonpath={.data}']);
}

async function patch(service: string, data: string): Promise<void> {
  const file = privateFile('patch.json', `{"data":${data}}`);
  await kubectl(['-n', NAMESPACE, 'patch', 'secret', `${service}-tls`, '--type', 'merge', '--patch-file', file]);
  // a pod that changes is looked at at once, and its files with it; otherwise the kubelet takes up to a minute and a half
  const mounting = `app.kubernetes.io/instance in (${service}, nginx)`;
  await kubectl(['-n', NAMESPACE, 'annotate', 'pods', '-l', mounting, '--overwrite', `${LABEL}=${Date.now()}`]);
}

/** Whether a service presents the certificate that is in its Secret. */
async function serves(service: string): Promise<boolean> {
  const { port = '' } = PORTS.find((one) => one.service === service) ?? {};
  const wanted = new X509Certificate(await secret(`${service}-tls`, 'tls.crt'));
  const { serial } = await handshake(service, placeOf(service, port), {});
  return serial === wanted.serialNumber;
}

async function namesOf(services: string[]): Promise<string[]> {
  const all = await Promise.all(services.map((service) => pods(service)));
  return all.flat().map(({ name, containers }) => {
    const restarts = Object.values(containers).map((container) => `${container.name} ${container.restarts}`);
    return `${name}: ${restarts.join(', ')}`;
  });
}
