import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LiveObject, namespaceIn, ofKind, type Program, podsOf } from '../../app/objects';
import { commandOf } from '../../machine/session';
import { type Check, type Finding, failed, some, warning } from '../check';
import type { Facts } from '../facts';
import { NotChecked } from '../not-checked';
import { expiry } from './access';

const FILES = /^\.credentials.*\.json$/;
/** What a `CredentialsFile` writes where it has no file, and only looks. */
const PLACEHOLDER = 'placeholder of ';

export const credentials: Check = {
  name: 'credentials',
  async run(facts) {
    const { folder } = facts.session;
    const files = readdirSync(folder).filter((file) => FILES.test(file));
    const findings = (await Promise.all(files.map((file) => wrongWith(file, facts)))).flat();
    const lost = await lostFile(facts);
    const text =
      files.length === 0
        ? 'no file of them is here, and none is missed'
        : `${files.join(', ')}: readable by you alone, and not in git`;
    return { text, findings: [...findings, ...lost] };
  },
};

async function wrongWith(file: string, facts: Facts): Promise<Finding[]> {
  const { folder } = facts.session;
  const path = join(folder, file);
  const others = process.platform === 'win32' ? 0 : statSync(path).mode & 0o077;
  const git = async (...args: string[]) => facts.run('git', ['-C', folder, ...args]).catch(() => undefined);
  const [tracked, ignored, inside] = await Promise.all([
    git('ls-files', '--error-unmatch', file),
    git('check-ignore', '-q', file),
    git('rev-parse', '--is-inside-work-tree'),
  ]);
  const restore = 'restore it from a copy; without one, move it away, and every password is made anew';
  return [
    ...(isJson(path)
      ? []
      : [failed(`${file} is damaged`, 'it is not JSON: no app that uses it can be synthesized', restore)]),
    ...(others === 0
      ? []
      : [
          failed(
            `${file} can be read by others`,
            `its mode is ${(statSync(path).mode & 0o777).toString(8)}`,
            `chmod 600 ${file}`,
          ),
        ]),
    ...(tracked?.ok
      ? [
          failed(
            `${file} is in git`,
            'whoever has a copy of the repository has the passwords and keys',
            `git rm --cached ${file} && echo ${file} >>.gitignore, then make them anew: ${commandOf(facts.session, 'rotate', 'all')}`,
          ),
        ]
      : inside?.ok && ignored && !ignored.ok
        ? [warning(`git does not ignore ${file}`, 'the next commit may take it', `echo ${file} >>.gitignore`)]
        : []),
  ];
}

function isJson(path: string): boolean {
  try {
    return typeof JSON.parse(readFileSync(path, 'utf8')) === 'object';
  } catch {
    return false;
  }
}

/** The cluster has Secrets whose file is gone: the next synth would make others. */
async function lostFile(facts: Facts): Promise<Finding[]> {
  const program = await facts.program().catch(() => undefined);
  const secrets = ofKind(program?.objects ?? [], 'Secret').filter(isPlaceholder);
  if (!program || secrets.length === 0) {
    return [];
  }
  const live = await facts.beside('secrets').catch(() => []);
  const there = secrets.filter((secret) => live.some((other) => isSame(other, secret, program)));
  return there.length > 0
    ? [
        failed(
          'the file of the credentials is missing, and the cluster has Secrets that were made from it',
          `${some(there.map(({ metadata }) => metadata.name))}: a synth would make others, which databases that hold data do not know`,
          "restore the file from a copy (.credentials.json, unless the app's CredentialsFile says otherwise)",
        ),
      ]
    : [];
}

function isPlaceholder({ data = {} }: LiveObject): boolean {
  return Object.values(data).some((value) => decoded(value).startsWith(PLACEHOLDER));
}

function decoded(value: string): string {
  return Buffer.from(value, 'base64').toString();
}

function isSame(live: LiveObject, { metadata }: LiveObject, program: Program): boolean {
  return live.metadata.name === metadata.name && live.metadata.namespace === (metadata.namespace ?? program.fallback);
}

/** Databases keep the password of their Secret: one that differs from the program's locks out whoever gets it. */
export const secretValues: Check = {
  name: 'secrets',
  async run(facts) {
    const program = await facts.program();
    const written = ofKind(program.objects, 'Secret').filter((secret) => !isPlaceholder(secret));
    if (written.length === 0) {
      return { text: 'the program writes none whose values are known' };
    }
    const live = await facts.beside('secrets');
    const findings: Finding[] = [];
    const missing: string[] = [];
    for (const secret of written) {
      const other = live.find((one) => isSame(one, secret, program));
      const { name } = secret.metadata;
      if (!other) {
        missing.push(name);
        continue;
      }
      const keys = Object.entries(valuesOf(secret)).flatMap(([key, value]) =>
        valuesOf(other)[key] === value ? [] : key,
      );
      if (keys.length > 0) {
        const namespace = namespaceIn(program, secret);
        const why = `key ${keys.join(', ')}; what started before the change has the old value, what starts later the new one`;
        const mend = `bring the program's into the cluster: ${commandOf(facts.session, 'up')}; or restore the file of the credentials`;
        findings.push(failed(`Secret ${name} in ${namespace} has other values than the program`, why, mend));
      }
    }
    if (missing.length > 0 && missing.length < written.length) {
      findings.push(
        warning(
          `Secrets ${some(missing)} are not in the cluster`,
          'the program writes them',
          commandOf(facts.session, 'up'),
        ),
      );
    }
    return {
      text:
        missing.length === written.length
          ? 'none is in the cluster yet'
          : `${written.length} have the values of the program`,
      findings,
    };
  },
};

function valuesOf({ data = {}, stringData = {} }: LiveObject): { [key: string]: string } {
  const texts = Object.entries(stringData as { [key: string]: string });
  return { ...data, ...Object.fromEntries(texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')])) };
}

export const certificates: Check = {
  name: 'certificates',
  async run(facts) {
    const program = await facts.program();
    const secrets = (await facts.beside('secrets')).filter(({ type }) => type === 'kubernetes.io/tls');
    const used = new Set(usedSecrets(program));
    const own = secrets.filter(({ metadata }) => used.has(`${metadata.namespace}/${metadata.name}`));
    if (own.length === 0) {
      throw new NotChecked('none that the program uses is in the cluster');
    }
    const read = own.map((secret) => ({ secret, certificate: certificateIn(secret) }));
    const findings = [
      ...read.flatMap(({ secret, certificate }) => wrongWithCertificate(secret, certificate, facts, program)),
      ...namesMissing(read, await facts.beside('services')),
    ];
    const ends = read.flatMap(({ certificate }) => (certificate ? [Date.parse(certificate.validTo)] : []));
    return {
      text: `${own.length}, valid until ${new Date(Math.min(...ends)).toISOString().slice(0, 10)} or longer`,
      findings,
    };
  },
};

function certificateIn({ data = {} }: LiveObject): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64'));
  } catch {
    return undefined;
  }
}

function wrongWithCertificate(
  secret: LiveObject,
  certificate: X509Certificate | undefined,
  facts: Facts,
  program: Program,
): Finding[] {
  const what = `the certificate in Secret ${secret.metadata.name}`;
  const managed = secret.metadata.annotations?.['cert-manager.io/certificate-name'];
  const mend = managed
    ? facts.typed('-n', secret.metadata.namespace ?? '', 'describe', 'certificate', managed)
    : `${commandOf(facts.session, 'up')}, which renews it`;
  if (!certificate) {
    return [failed(`${what} cannot be read`, 'tls.crt is no certificate in PEM', mend)];
  }
  const hosts = ofKind(program.objects, 'Ingress').flatMap(({ spec }) =>
    ((spec?.tls ?? []) as { secretName?: string; hosts?: string[] }[])
      .filter(({ secretName }) => secretName === secret.metadata.name)
      .flatMap(({ hosts = [] }) => hosts),
  );
  const unnamed = hosts.filter((host) => !certificate.checkHost(host));
  return [
    ...expiry(what, Date.parse(certificate.validTo), mend),
    ...(fits(certificate, secret)
      ? []
      : [failed(`${what} is of another key than the one beside it`, 'no server starts with them', mend)]),
    ...(unnamed.length > 0
      ? [failed(`${what} is not for ${some(unnamed)}`, `it is for ${certificate.subjectAltName}`, mend)]
      : []),
  ];
}

function fits(certificate: X509Certificate, { data = {} }: LiveObject): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(Buffer.from(data['tls.key'] ?? '', 'base64')));
  } catch {
    return false;
  }
}

/** Certificates of services that are found at an address which they do not name. */
function namesMissing(
  read: readonly { readonly secret: LiveObject; readonly certificate?: X509Certificate }[],
  services: readonly LiveObject[],
): Finding[] {
  const instance = ({ metadata }: LiveObject) => metadata.labels?.['app.kubernetes.io/instance'];
  const missing = read.flatMap(({ secret, certificate }) => {
    const given = services
      .filter((service) => instance(service) !== undefined && instance(service) === instance(secret))
      .flatMap(({ status }) =>
        ((status?.loadBalancer?.ingress ?? []) as { ip?: string }[]).flatMap(({ ip }) => ip ?? []),
      );
    return certificate
      ? [...new Set(given)].filter((ip) => !certificate.checkIP(ip)).map((ip) => ({ ip, name: secret.metadata.name }))
      : [];
  });
  return [...new Set(missing.map(({ ip }) => ip))].map((ip) => {
    const names = missing.filter((one) => one.ip === ip).map(({ name }) => name);
    return warning(
      `${names.length === 1 ? 'a certificate does' : `${names.length} certificates do`} not name ${ip}, where the service is found`,
      `${some(names)}: clients that check names refuse them`,
      `certificate: Certificate.selfSigned({ names: ['${ip}'] }) in the program; or a host name in /etc/hosts that it has`,
    );
  });
}

function usedSecrets(program: Program): string[] {
  return [
    ...podsOf(program).flatMap(({ namespace, spec }) =>
      (spec.volumes ?? []).flatMap(({ secret, projected }) =>
        [secret?.secretName, ...(projected?.sources ?? []).map(({ secret }) => secret?.name)].map(
          (name) => `${namespace}/${name}`,
        ),
      ),
    ),
    ...ofKind(program.objects, 'Ingress').flatMap((object) =>
      ((object.spec?.tls ?? []) as { secretName?: string }[]).map(
        ({ secretName }) => `${namespaceIn(program, object)}/${secretName}`,
      ),
    ),
  ];
}
