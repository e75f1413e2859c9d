import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const AUTHORITY_YEARS = 10;
/** Apple's and Chrome's limit for certificates that they trust, in days. */
const LEAF_DAYS = 397;
const DAY = 24 * 60 * 60 * 1000;

/** A certificate in PEM, with its key. */
export interface Entry {
  [file: string]: string;
}

export interface CertificateRequest {
  /** The authority that signs; made if there is none. */
  readonly authority?: Entry;
  /** Host names and addresses. */
  readonly names: string[];
}

/** A certificate for `names`, signed by the authority. */
export async function makeCertificate(request: CertificateRequest): Promise<{ authority: Entry; certificate: Entry }> {
  x509.cryptoProvider.set(webcrypto);
  const authority = request.authority ?? (await makeAuthority());
  const issuer = new x509.X509Certificate(authority['ca.crt'] ?? '');
  const keys = (await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.names[0] ?? ''] }],
    issuer: issuer.subject,
    ...validFor(LEAF_DAYS),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority['ca.key'] ?? ''),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        request.names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  const certificate = {
    'tls.crt': `${leaf.toString('pem')}\n`,
    'tls.key': await exportKey(keys.privateKey),
    'ca.crt': authority['ca.crt'] ?? '',
  };
  return { authority, certificate };
}

async function makeAuthority(): Promise<Entry> {
  const keys = (await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ['cdk8s-services authority'] }],
    ...validFor(AUTHORITY_YEARS * 365),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { 'ca.crt': `${certificate.toString('pem')}\n`, 'ca.key': await exportKey(keys.privateKey) };
}

/** From an hour ago, for clients whose clocks are slow. */
function validFor(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - DAY / 24), notAfter: new Date(now + days * DAY) };
}

/** 16 random bytes, positive as RFC 5280 wants it. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), KEYS, false, ['sign']);
}
