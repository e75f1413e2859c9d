import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type Entry, makeCertificate } from '../../constructs/private/x509/certificate';

const DAY = 24 * 60 * 60 * 1000;
const NAMES = ['ftps.services', 'ftps', 'localhost', '192.0.2.7', '2001:db8::7', '*.example.org'];

function parsed({ authority, certificate }: { authority: Entry; certificate: Entry }) {
  return {
    authority: new X509Certificate(authority['ca.crt'] ?? ''),
    authorityKey: createPrivateKey(authority['ca.key'] ?? ''),
    leaf: new X509Certificate(certificate['tls.crt'] ?? ''),
    leafKey: createPrivateKey(certificate['tls.key'] ?? ''),
  };
}

const daysOf = (certificate: X509Certificate) =>
  (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY;

describe('makeCertificate', () => {
  it('makes an authority that can sign certificates, and nothing else', async () => {
    const { authority, authorityKey } = parsed(await makeCertificate({ names: NAMES }));
    expect(authority.ca).toBe(true);
    expect(authority.subject).toBe('CN=cdk8s-services authority');
    expect(authority.checkIssued(authority)).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(authority.checkPrivateKey(authorityKey)).toBe(true);
    expect(daysOf(authority)).toBeCloseTo(3650, 0);
  });

  it('makes a certificate for all names, signed by the authority', async () => {
    const { authority, leaf, leafKey } = parsed(await makeCertificate({ names: NAMES }));
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(leafKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.subject).toBe('CN=ftps.services');
    expect(leaf.subjectAltName).toBe(
      'DNS:ftps.services, DNS:ftps, DNS:localhost, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, ' +
        'DNS:*.example.org',
    );
    expect(leaf.checkHost('blog.example.org')).toBe('*.example.org');
    expect(leaf.checkIP('2001:db8::7')).toBe('2001:db8::7');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('makes keys on P-256', async () => {
    const { authority, leaf } = parsed(await makeCertificate({ names: NAMES }));
    for (const { publicKey } of [authority, leaf]) {
      expect(publicKey.asymmetricKeyType).toBe('ec');
      expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    }
  });

  it('makes certificates that are valid already, and for as long as browsers allow', async () => {
    const { leaf } = parsed(await makeCertificate({ names: NAMES }));
    expect(Date.parse(leaf.validFrom)).toBeLessThan(Date.now() - DAY / 48);
    expect(daysOf(leaf)).toBeLessThanOrEqual(398);
    expect(daysOf(leaf)).toBeGreaterThan(396);
  });

  it('keeps the authority that it is given', async () => {
    const first = await makeCertificate({ names: ['a'] });
    const second = await makeCertificate({ authority: first.authority, names: ['b'] });
    const { authority, leaf } = parsed(second);
    expect(second.authority).toEqual(first.authority);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.serialNumber).not.toBe(parsed(first).leaf.serialNumber);
  });

  it('gives the certificate the chain and no key of the authority', async () => {
    const { authority, certificate } = await makeCertificate({ names: ['a'] });
    expect(Object.keys(certificate)).toEqual(['tls.crt', 'tls.key', 'ca.crt']);
    expect(certificate['ca.crt']).toBe(authority['ca.crt']);
    expect(Object.keys(authority)).toEqual(['ca.crt', 'ca.key']);
  });
});

const PROGRAM = join(__dirname, '../..', 'lib', 'x509.js');

describe('the program that makes certificates', () => {
  const run = (input: string) => spawnSync(process.execPath, [PROGRAM], { input, encoding: 'utf8' });

  it('reads a request and writes authority and certificate', () => {
    const { status, stdout, stderr } = run(JSON.stringify({ names: ['shop'] }));
    expect([status, stderr]).toEqual([0, '']);
    const { authority, leaf } = parsed(JSON.parse(stdout));
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.subjectAltName).toBe('DNS:shop');
  });

  it('says in one line what is wrong with a request, and writes nothing else', () => {
    const { status, stdout, stderr } = run('{');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^.+\n$/);
  });
});
