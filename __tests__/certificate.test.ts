import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import {
  Certificate,
  type CertManagerProps,
  CredentialsFile,
  Endpoint,
  Exposure,
  Ftps,
  Images,
  PhpMyAdmin,
} from '../constructs';
import { find, type Manifest, problems, synth, temporaryFolder, testChart } from './support/app';
import { KUBERNETES_VERSIONS, schemaErrors } from './support/schema';

const DAY = 24 * 60 * 60 * 1000;

function tlsVolume(chart: Chart) {
  const { template } = find(synth(chart), 'Deployment', 'ftps').spec;
  return template.spec.volumes.find(({ name }: { name: string }) => name === 'tls');
}

describe('Certificate', () => {
  it('of a service is its own Secret, unless it is given one that exists', () => {
    const own = testChart();
    new Ftps(own, 'ftps');
    const given = testChart();
    new Ftps(given, 'ftps', { certificate: Certificate.fromSecret('wildcard') });
    const items = ['tls.crt', 'tls.key'].map((key) => ({ key, path: key }));
    expect(tlsVolume(own)).toEqual({ name: 'tls', secret: { secretName: 'ftps-tls', items, defaultMode: 0o440 } });
    expect(tlsVolume(given)).toEqual({ name: 'tls', secret: { secretName: 'wildcard', items, defaultMode: 0o440 } });
    const secrets = given.node.root.node.findChild('secrets') as Chart;
    expect(secrets.toJson().map(({ metadata }) => metadata.name)).toEqual(['ftps-users']);
  });

  it('of an existing Secret refuses a name that no Secret has', () => {
    expect(() => Certificate.fromSecret('Wild_Card')).toThrow(
      new Error(
        "Certificate.fromSecret: 'secretName' is 'Wild_Card', which is no object's name; use a-z, 0-9, '-' and '.'",
      ),
    );
  });

  it('comes from cert-manager, from an issuer of the cluster unless told otherwise', () => {
    const chart = testChart();
    const names = ['ftp.example.org'];
    new Ftps(chart, 'ftps', { certificate: Certificate.certManager({ issuer: 'letsencrypt', names }) });
    expect(find(synth(chart), 'Certificate', 'ftps-tls')).toMatchObject({
      apiVersion: 'cert-manager.io/v1',
      spec: {
        secretName: 'ftps-tls',
        dnsNames: names,
        issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'letsencrypt' },
      },
    });
    expect(tlsVolume(chart).secret.secretName).toBe('ftps-tls');
  });

  it('comes from an issuer of the namespace where told so', () => {
    const chart = testChart();
    const certificate = Certificate.certManager({ issuer: 'ca', issuerKind: 'Issuer', names: ['ftp.example.org'] });
    new Ftps(chart, 'ftps', { certificate });
    expect(find(synth(chart), 'Certificate', 'ftps-tls').spec.issuerRef).toMatchObject({ kind: 'Issuer', name: 'ca' });
  });

  const everyProp = {
    issuer: 'ca',
    issuerKind: 'AWSPCAIssuer',
    issuerGroup: 'awspca.cert-manager.io',
    writesAuthority: true,
  };

  it.each<[string, CertManagerProps]>([
    ['few props', { issuer: 'letsencrypt', names: ['ftp.example.org'] }],
    ['every prop', { ...everyProp, names: ['*.example.org', '192.0.2.7', '2001:db8::7'] }],
  ])('from cert-manager is valid against its schema with %s', (_, props) => {
    const chart = testChart();
    new Ftps(chart, 'ftps', { certificate: Certificate.certManager(props) });
    const object = find(synth(chart), 'Certificate', 'ftps-tls');
    expect(KUBERNETES_VERSIONS.flatMap((version) => schemaErrors(object, version))).toEqual([]);
    expect(object).toMatchSnapshot();
  });

  it('from cert-manager needs the name of an issuer', () => {
    expect(() => Certificate.certManager({ issuer: '' })).toThrow(
      new Error("Certificate.certManager: 'issuer' is '', which is no object's name; use a-z, 0-9, '-' and '.'"),
    );
  });

  it.each<[Partial<CertManagerProps>, string]>([
    [
      { issuerKind: 'clusterissuer' },
      "'issuerKind' is 'clusterissuer', but cert-manager has ClusterIssuer and Issuer; use one of these, or add the " +
        "'issuerGroup' of that kind",
    ],
    [
      { issuerGroup: 'awspca.cert-manager.io' },
      "'issuerGroup' is 'awspca.cert-manager.io' without an 'issuerKind'; add the kind of its issuer",
    ],
    [
      { issuerGroup: 'awspca.cert-manager.io', issuerKind: 'issuer' },
      "'issuerKind' is 'issuer', which is no kind; use one such as 'AWSPCAClusterIssuer'",
    ],
    [
      { issuerGroup: 'AWS', issuerKind: 'Issuer' },
      "'issuerGroup' is 'AWS', which is no API group; use one such as 'awspca.cert-manager.io'",
    ],
  ])('from cert-manager refuses an issuer that there cannot be: %j', (props, message) => {
    expect(() => Certificate.certManager({ issuer: 'ca', ...props })).toThrow(
      new Error(`Certificate.certManager: ${message}`),
    );
  });

  it.each(['https://example.org', 'example.org:443', 'exa mple.org', 'a..org', '*.*.org', '-a.org', '', '1.2.3.400/8'])(
    "refuses to be for '%s', which is no host name and no address",
    (name) => {
      for (const make of ['certManager', 'selfSigned'] as const) {
        expect(() => Certificate[make]({ issuer: 'ca', names: ['example.org', name] })).toThrow(
          new Error(
            `Certificate.${make}: 'names' has '${name}', which is no host name and no address; use such as ` +
              "'blog.example.org', '*.example.org' or '192.0.2.7', without a scheme or a port",
          ),
        );
      }
    },
  );

  it.each(['localhost', 'Blog.Example.org', 'xn--bcher-kva.example', '2001:db8::7', '*.a.org'])(
    'may be for %s',
    (name) => {
      expect(() => Certificate.certManager({ issuer: 'ca', names: [name] })).not.toThrow();
    },
  );

  it('from cert-manager is for the host of an ingress, and for the names beside it, each once', () => {
    const dnsNames = (...names: string[]) => {
      const chart = testChart();
      const certificate = Certificate.certManager({ issuer: 'letsencrypt', names });
      const exposure = Exposure.ingress({ host: 'db.example.org', certificate });
      const server = Endpoint.external({ host: 'db', port: 3306 });
      new PhpMyAdmin(chart, 'admin', { server, exposure });
      return find(synth(chart), 'Certificate', 'admin-ingress-tls').spec.dnsNames;
    };
    expect(dnsNames()).toEqual(['db.example.org']);
    expect(dnsNames('sql.example.org', 'db.example.org')).toEqual(['db.example.org', 'sql.example.org']);
  });

  it('from cert-manager is for the address of a load balancer', () => {
    const chart = testChart();
    const certificate = Certificate.certManager({ issuer: 'letsencrypt' });
    new Ftps(chart, 'ftps', { certificate, exposure: Exposure.loadBalancer({ address: '192.0.2.7' }) });
    const { spec } = find(synth(chart), 'Certificate', 'ftps-tls');
    expect(spec.ipAddresses).toEqual(['192.0.2.7']);
  });

  it('from cert-manager has addresses among its names as such', () => {
    const spec = (...names: string[]) => {
      const chart = testChart();
      new Ftps(chart, 'ftps', { certificate: Certificate.certManager({ issuer: 'ca', names }) });
      return find(synth(chart), 'Certificate', 'ftps-tls').spec;
    };
    expect(spec('192.0.2.7', 'ftp.example.org', '2001:db8::7')).toMatchObject({
      dnsNames: ['ftp.example.org'],
      ipAddresses: ['192.0.2.7', '2001:db8::7'],
    });
    expect(spec('ftp.example.org')).not.toHaveProperty('ipAddresses');
    expect(spec('192.0.2.7')).not.toHaveProperty('dnsNames');
  });

  it('from cert-manager refuses to be for no name', () => {
    const chart = testChart();
    new Ftps(chart, 'ftps', { certificate: Certificate.certManager({ issuer: 'letsencrypt' }) });
    expect(problems(chart)).toEqual([
      "[shop/ftps] 'certificate' is for no name, and cert-manager needs one; add 'names' to it",
    ]);
  });

  it('is one for each service that it is passed to', () => {
    const chart = testChart();
    const certificate = Certificate.certManager({ issuer: 'letsencrypt', names: ['example.org'] });
    new Ftps(chart, 'first', { certificate });
    new Ftps(chart, 'second', { certificate });
    const names = synth(chart).flatMap(({ kind, metadata }) => (kind === 'Certificate' ? [metadata.name] : []));
    expect(names).toEqual(['first-tls', 'second-tls']);
  });
});

describe('a self-signed certificate', () => {
  beforeEach(() => jest.spyOn(process.stderr, 'write').mockReturnValue(true));
  afterEach(() => jest.restoreAllMocks());

  /** What is written for a chart, and its certificate. */
  function made(path: string, add: (chart: Chart) => unknown, secret = 'ftps-tls') {
    const app = new App({ outdir: temporaryFolder() });
    Images.tagged('registry.example.org', 'fixed').useIn(app);
    const file = new CredentialsFile(app, 'secrets', { path });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    add(chart);
    const yaml = app.synthYaml();
    const { data, type } = find(file.toJson() as Manifest[], 'Secret', secret);
    const read = (key: string): string => Buffer.from(data[key], 'base64').toString();
    return {
      yaml,
      type,
      keys: Object.keys(data),
      authority: new X509Certificate(read('ca.crt')),
      leaf: new X509Certificate(read('tls.crt')),
      key: createPrivateKey(read('tls.key')),
    };
  }
  const newFile = () => join(temporaryFolder(), 'credentials.json');
  const ftps = (chart: Chart, ...names: string[]) =>
    new Ftps(chart, 'ftps', { certificate: Certificate.selfSigned({ names }) });

  it('is signed by the authority beside it', () => {
    const { type, keys, authority, leaf, key } = made(newFile(), ftps);
    expect(type).toBe('kubernetes.io/tls');
    expect(keys).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(key)).toBe(true);
    expect([authority.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(Date.parse(leaf.validFrom)).toBeLessThan(Date.now());
    expect(Date.parse(leaf.validTo)).toBeGreaterThan(Date.now() + 390 * DAY);
  });

  it('is for the names of the service in the cluster, for localhost, and for those that are given', () => {
    const { leaf } = made(newFile(), (chart) => ftps(chart, 'ftp.example.org', '192.0.2.7', 'localhost'));
    expect(leaf.subjectAltName).toBe(
      'DNS:ftps, DNS:ftps.shop, DNS:ftps.shop.svc, DNS:localhost, DNS:ftp.example.org, IP Address:192.0.2.7',
    );
  });

  it('is for the host of an ingress', () => {
    const exposure = Exposure.ingress({ host: 'db.example.org', certificate: Certificate.selfSigned() });
    const server = Endpoint.external({ host: 'db', port: 3306 });
    const add = (chart: Chart) => new PhpMyAdmin(chart, 'admin', { server, exposure });
    expect(made(newFile(), add, 'admin-ingress-tls').leaf.checkHost('db.example.org')).toBe('db.example.org');
  });

  it('is made once', () => {
    const path = newFile();
    const { yaml } = made(path, ftps);
    expect(made(path, ftps).yaml).toBe(yaml);
  });

  it('is made anew by the same authority when its names change, and rolls no pod, as programs load it', () => {
    const path = newFile();
    const first = made(path, ftps);
    const second = made(path, (chart) => ftps(chart, 'ftp.example.org'));
    expect(second.leaf.fingerprint256).not.toBe(first.leaf.fingerprint256);
    expect(second.leaf.checkHost('ftp.example.org')).toBe('ftp.example.org');
    expect(second.authority.fingerprint256).toBe(first.authority.fingerprint256);
    const hashOf = ({ yaml }: { yaml: string }) => /content-hash: (\w+)/.exec(yaml)?.[1];
    expect(hashOf(second)).toBe(hashOf(first));
  });

  it('shares its authority with every service of the app, and the cluster never gets its key', () => {
    const path = newFile();
    const both = (chart: Chart) => [ftps(chart), new Ftps(chart, 'other')];
    const { yaml, authority } = made(path, both);
    expect(made(path, both, 'other-tls').authority.fingerprint256).toBe(authority.fingerprint256);
    const { 'ca.crt': certificate, 'ca.key': key } = JSON.parse(readFileSync(path, 'utf8'))['.authority'];
    const written = yaml.replace(/\s/g, '');
    expect(written).toContain(Buffer.from(certificate).toString('base64'));
    expect(written).not.toContain(Buffer.from(key).toString('base64'));
  });
});
