import { createPublicKey } from 'node:crypto';
import { NAMESPACE, secret } from '../cluster/kubectl';
import { type Place, placeOf } from '../runner/facts';
import { privateFile } from '../runner/folder';
import { type Result, run } from '../runner/run';

/** Logs in by SSH with the generated key, trusting the one host key that the Secret holds, and runs a command. */
export async function ssh(
  command: string[],
  place: Place = placeOf('nginx', 'ssh'),
  options: string[] = [],
  namespace = NAMESPACE,
): Promise<Result> {
  const key = privateFile('key', await secret('nginx-ssh', 'login-key', namespace));
  const hostKey = publicKey(await secret('nginx-ssh', 'host-key', namespace));
  const known = privateFile('known_hosts', `[${place.host}]:${place.port} ${hostKey}\n${place.host} ${hostKey}\n`);
  const fixed = [
    `UserKnownHostsFile=${known}`,
    'GlobalKnownHostsFile=none',
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'ConnectTimeout=10',
  ].flatMap((option) => ['-o', option]);
  const args = ['-F', 'none', '-i', key, '-p', `${place.port}`, ...fixed, ...options, `ssh@${place.host}`, ...command];
  return run('ssh', args, { seconds: 30 });
}

function publicKey(privateKey: string): string {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const fields = [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point];
  const sized = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `ecdsa-sha2-nistp256 ${Buffer.concat(sized).toString('base64')}`;
}
