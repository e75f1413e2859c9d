import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { privateFile } from '../runner/folder';
import { type Result, type RunOptions, run } from '../runner/run';
import { waitUntil } from '../runner/wait';
import { kubectl, OWN_LABELS } from './kubectl';

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' };
const FORBIDDEN = /forbidden/i;

/** Somebody of whom the cluster knows a name and groups, and who has no other rights than these bring. */
export class Member {
  /** As the administrator whose kubeconfig it is plays him. */
  static played(name: string, groups: string[] = []): Member {
    const played = ['--as', name, ...groups.flatMap((group) => ['--as-group', group])];
    return new Member(name, played);
  }

  /** With a certificate of his own, which the cluster's authority signs. */
  static async certified(name: string, group: string): Promise<Member> {
    x509.cryptoProvider.set(webcrypto);
    const keys = (await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: [{ CN: [name] }, { O: [group] }],
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    const certificate = await signed(name, request.toString('pem'));
    const { clusters } = JSON.parse(await kubectl(['config', 'view', '--minify', '--flatten', '--raw', '-o', 'json']));
    const user = { 'client-certificate-data': certificate, 'client-key-data': Buffer.from(key).toString('base64') };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'cluster', cluster: clusters[0].cluster }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: 'cluster', user: name } }],
      'current-context': name,
    };
    return new Member(name, [], { ...process.env, KUBECONFIG: privateFile('kubeconfig', JSON.stringify(config)) });
  }

  private constructor(
    readonly name: string,
    private readonly args: string[],
    private readonly env?: NodeJS.ProcessEnv,
  ) {}

  run(command: string, options: RunOptions = {}): Promise<Result> {
    return run('kubectl', [...this.args, ...command.split(' ')], { ...options, env: this.env });
  }

  /** Does it, and returns what it said. */
  async does(command: string, options?: RunOptions): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, options);
    if (code !== 0) {
      throw new Error(`expected ${this.name} to be let '${command}', got ${code}: ${stderr}${stdout}`);
    }
    return stdout;
  }

  /** Fails unless each of the commands is refused, for this reason. */
  async isRefused(commands: string[], reason = FORBIDDEN, options?: RunOptions): Promise<void> {
    for (const command of commands) {
      const { code, stdout, stderr } = await this.run(command, { seconds: 10, ...options });
      if (code === 0 || !reason.test(stderr)) {
        throw new Error(
          `expected ${this.name} to be refused '${command}', got ${code}: ${stderr}${stdout.slice(0, 500)}`,
        );
      }
    }
  }
}

/** A certificate for a request (PEM), in base64. */
async function signed(name: string, request: string): Promise<string> {
  const object = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, labels: OWN_LABELS },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      expirationSeconds: 600,
    },
  };
  await kubectl(['create', '-f', '-'], { input: JSON.stringify(object) });
  try {
    await kubectl(['certificate', 'approve', name]);
    const ask = () => kubectl(['get', 'certificatesigningrequest', name, '-o', 'jsonpath={.status.certificate}']);
    return await waitUntil('a certificate to be signed', ask, { seconds: 20 });
  } finally {
    await kubectl(['delete', 'certificatesigningrequest', name]);
  }
}
