import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' };
const DAY = 24 * 3600 * 1000;

/** The data of a Secret with a certificate for names, that ends in so many days. */
export async function certificateFor(names: string[], days: number): Promise<{ [file: string]: string }> {
  x509.cryptoProvider.set(webcrypto);
  const keys = (await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const end = Date.now() + days * DAY;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: [{ CN: [names[0] ?? ''] }],
    notBefore: new Date(Math.min(end, Date.now()) - DAY),
    notAfter: new Date(end),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return { 'tls.crt': base64(certificate.toString('pem')), 'tls.key': base64(key) };
}
