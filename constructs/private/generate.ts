import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../asset';

/** The program that makes certificates is not there. */
export class MissingProgram extends Error {}

/** 32 characters of 62, about 190 bits: no character that a shell, a URL or a configuration file would need quoted. */
export function password(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export function sshPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }) as string;
}

/** The line of an authorized_keys file for a P-256 key, as in RFC 5656. */
export function sshPublicKey(privateKey: string): string {
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x ?? '', 'base64url'), Buffer.from(y ?? '', 'base64url')]);
  const fields = [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point].flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `ecdsa-sha2-nistp256 ${Buffer.concat(fields).toString('base64')}\n`;
}

/** Files of a certificate or of an authority, in PEM. */
export interface Pem {
  [file: string]: string;
}

/**
 * A certificate, by a program of this package that has a library for X.509 in it. It runs as a process of its own, as it works
 * asynchronously and a construct cannot wait.
 */
export function certificate(
  authority: Pem | undefined,
  names: readonly string[],
): { authority: Pem; certificate: Pem } {
  const program = join(PACKAGE_ROOT, 'lib', 'x509.js');
  if (!existsSync(program)) {
    throw new MissingProgram(`${program} makes certificates and is not there; run: npm run build:cli`);
  }
  const input = JSON.stringify({ authority, names });
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { input, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`cannot make a certificate for ${names.join(', ')}: ${stderr.trim()}`);
  }
  return JSON.parse(stdout);
}
