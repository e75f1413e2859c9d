import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { App, Chart } from 'cdk8s';
import { Amounts } from '../chart/amounts';
import { chart } from '../chart/chart';
import { withChoices } from '../chart/choices';
import { Choice, Expression, merged, type Node } from '../chart/nodes';
import type { Amount, Settings } from '../chart/settings';
import { StandIns } from '../chart/stand-ins';
import { TemplateWriter } from '../chart/template';
import { templates } from '../chart/templates';
import { defaultsOf, withSizes } from '../chart/values';
import { type Variant, variant } from '../chart/variant';
import { MySql, Nginx, type NginxProps, Storage, WordPress } from '../constructs';
import type { Manifest } from './support/app';
import { CASES, comparable, synthesizedFor } from './support/chart';
import { laws } from './support/laws';
import { render } from './support/render';
import { parse, parseAll } from './support/yaml';

const files = chart();
const schema = JSON.parse(files['values.schema.json'] ?? '');
const defaults = parse(files['values.yaml'] ?? '');
const isValid = new Ajv({ strict: false }).compile(schema);

/** Values as Helm lays them over the defaults. */
function over(base: any, values: any): any {
  const isMap = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap(base) && isMap(values)
    ? Object.fromEntries(
        [...Object.keys(base), ...Object.keys(values)].map((key) => [
          key,
          key in values ? over(base[key], values[key]) : base[key],
        ]),
      )
    : values;
}

/** What the generated templates say, but for Secrets. */
function rendered(values: object, namespace = 'shop'): Manifest[] {
  const context = { values: over(defaults, values), namespace };
  return Object.entries(files)
    .filter(([path]) => /^templates\/.*\/.*\.yaml$/.test(path))
    .flatMap(([, template]) => parseAll(render(template, context)));
}

/** The Secrets that Helm makes, or expects, by their names. */
function wanted(values: object): { [name: string]: any } {
  const [, list = ''] = /^\{\{- define .*\n([\s\S]*)\{\{- end \}\}\n$/.exec(files['templates/_wanted.tpl'] ?? '') ?? [];
  return parse(render(list, { values: over(defaults, values), namespace: 'shop' }));
}

describe('the chart', () => {
  it('has what Helm and its users expect, and one version with the package', () => {
    const expected = ['Chart.yaml', 'README.md', 'templates/NOTES.txt', 'values.schema.json', 'values.yaml'];
    expect(Object.keys(files)).toEqual(expect.arrayContaining(expected));
    const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
    expect(parse(files['Chart.yaml'] ?? '')).toMatchObject({
      apiVersion: 'v2',
      name: 'cdk8s-services',
      version,
      appVersion: version,
      kubeVersion: '>=1.28.0-0',
    });
  });

  describe.each(Object.entries(CASES))('where %s', (_, { values, settings }) => {
    it('has the objects of synth', () => {
      const { secrets, others } = parted(synthesizedFor(settings));
      expect(comparable(rendered(values))).toEqual(comparable(others));
      expect(Object.keys(wanted(values)).sort()).toEqual(secrets.map(({ metadata }) => metadata.name).sort());
    });

    it('takes Secrets with the keys that synth would give them', () => {
      const { secrets } = parted(synthesizedFor(settings));
      const list = wanted(values);
      for (const { metadata, type, data } of secrets) {
        const { values: own, labels } = list[metadata.name];
        const keys = Object.keys(own ?? { 'tls.crt': '', 'tls.key': '', 'ca.crt': '' });
        expect([metadata.name, ...keys.sort()]).toEqual([metadata.name, ...Object.keys(data).sort()]);
        expect([type, labels]).toEqual([
          own ? 'Opaque' : 'kubernetes.io/tls',
          { ...metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' },
        ]);
      }
    });

    it('keeps the laws', () => {
      const { secrets } = parted(synthesizedFor(settings));
      for (const [law, broken] of Object.entries(laws)) {
        expect([law, broken([...rendered(values), ...secrets])]).toEqual([law, []]);
      }
    });
  });

  it('puts everything into the namespace of the release, and names what is outside after it', () => {
    const manifests = rendered({}, 'other');
    const namespaces = new Set(manifests.map(({ metadata }) => metadata.namespace));
    expect(namespaces).toEqual(new Set(['other', undefined]));
    const outside = manifests.filter(({ metadata }) => metadata.namespace === undefined);
    expect(outside.map(({ metadata }) => metadata.name)).toEqual(['other-telegraf', 'other-telegraf']);
    expect(JSON.stringify(manifests)).not.toMatch(/shop|stand-in/);
  });

  it.each(['phpmyadmin', 'ftps', 'telegraf', 'grafana'])('can do without %s, and nothing misses it', (service) => {
    const manifests = rendered({ [service]: { enabled: false } });
    expect(manifests.filter(({ metadata }) => metadata.labels['app.kubernetes.io/instance'] === service)).toEqual([]);
    const config = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'telegraf');
    expect(config?.data['telegraf.conf'] ?? '').not.toContain(`"${service}"`);
    const list = wanted({ [service]: { enabled: false } });
    const mounted = manifests
      .flatMap(({ spec }) => spec?.template?.spec.volumes ?? [])
      .flatMap(({ secret }) => secret ?? []);
    expect(mounted.filter(({ secretName }) => !(secretName in list))).toEqual([]);
  });

  it('can do without all that watches', () => {
    const off = Object.fromEntries(['influxdb', 'telegraf', 'grafana'].map((service) => [service, { enabled: false }]));
    const services = new Set(rendered(off).map(({ metadata }) => metadata.labels['app.kubernetes.io/instance']));
    expect([...services].sort()).toEqual(['ftps', 'mysql', 'nginx', 'phpmyadmin', 'wordpress']);
    expect(Object.keys(wanted(off)).filter((name) => /influxdb|grafana/.test(name))).toEqual([]);
  });

  it('has no Secret of a service that is left out, unless another reads it', () => {
    const without = Object.keys(wanted({ ftps: { enabled: false }, phpmyadmin: { enabled: false } }));
    expect(without.filter((name) => /^(ftps|phpmyadmin)/.test(name))).toEqual(['phpmyadmin-tls']);
  });

  it('has no Ingresses and nothing for them where these are made by others', () => {
    const values = { ingress: { enabled: false }, tls: { issuer: 'letsencrypt' } };
    expect(rendered(values).filter(({ kind }) => ['Ingress', 'Certificate'].includes(kind))).toEqual([]);
    expect(Object.keys(wanted({ ingress: { enabled: false } })).filter((name) => name.includes('ingress'))).toEqual([]);
  });

  it('takes sizes and classes of volumes from the values', () => {
    const sizes = {
      mysql: { size: '7Gi' },
      wordpress: { size: '8Gi', storageClass: 'nfs', accessMode: 'ReadWriteMany' },
    };
    const manifests = rendered({ ...sizes, storageClass: 'fast' });
    const claims = manifests.flatMap(({ kind, metadata, spec }) => {
      const templates = spec?.volumeClaimTemplates?.map((template: Manifest) => template.spec) ?? [];
      return (kind === 'PersistentVolumeClaim' ? [spec] : templates).map((claim: any) => [
        metadata.name,
        `${claim.storageClassName} ${claim.resources.requests.storage} ${claim.accessModes}`,
      ]);
    });
    expect(Object.fromEntries(claims)).toEqual({
      ftps: 'fast 5Gi ReadWriteOnce',
      grafana: 'fast 1Gi ReadWriteOnce',
      influxdb: 'fast 5Gi ReadWriteOnce',
      mysql: 'fast 7Gi ReadWriteOnce',
      wordpress: 'nfs 8Gi ReadWriteMany',
    });
  });

  it('keeps the volumes of Deployments when it is uninstalled', () => {
    const claims = rendered({}).filter(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(claims.map(({ metadata }) => metadata.annotations)).toEqual(
      claims.map(() => ({ 'helm.sh/resource-policy': 'keep' })),
    );
  });

  it('has no secret in it', () => {
    const kinds = Object.values(wanted({})).flatMap(({ values = {} }) => Object.values(values));
    for (const value of kinds as { kind: string; text?: string }[]) {
      expect(value.text ?? '').not.toMatch(/.{33}|^[A-Za-z0-9]{32}$/);
      expect(['text', 'password', 'ssh-private-key', 'ssh-public-key']).toContain(value.kind);
    }
    const secrets = Object.entries(files).filter(([, content]) => /^kind: Secret$/m.test(content));
    expect(secrets.map(([path]) => path)).toEqual(['templates/secrets.yaml']);
    expect(Object.values(files).join()).not.toMatch(/-----BEGIN|placeholder of/);
  });

  it.each<Pick<NginxProps, 'replicas' | 'autoscaling'>>([
    { replicas: 2 },
    { autoscaling: { min: 2, max: 5 } },
    { autoscaling: { max: 3, cpu: 150, memory: 70 } },
  ])('says the same of shared volumes and %j as the constructs', (scale) => {
    const standIns = new StandIns('none');
    const withOnePod = () => ({ manifests: scaled({ autoscaling: { max: 1, memory: 1 } }), secrets: new Map() });
    const { manifests } = withChoices(withOnePod(), standIns, new Amounts(withOnePod));
    const template = new TemplateWriter(standIns).documents(Object.values(manifests)).join('\n');
    const values = { nginx: scale, wordpress: { ...scale, accessMode: 'ReadWriteMany' } };
    const there = parseAll(render(template, { values: over(defaults, values), namespace: 'shop' }));
    expect(comparable(there)).toEqual(comparable(scaled(scale, Storage.shared())));
  });

  it('is not made where something is worked out from a value', () => {
    const longer = (settings: Settings): Variant => {
      const whole = variant(settings);
      const [first] = whole.manifests;
      Object.assign(first?.metadata ?? {}, { annotations: { length: `${settings.wordpressHost.length}` } });
      return whole;
    };
    expect(() => templates(longer)).toThrow(/^templates\/mysql\/\w+.yaml: something is worked out from a value/);
  });

  it('is not made where resources change more than what containers ask for', () => {
    const scaling = (amount: Amount) => ({
      manifests: scaled({ replicas: amount === 'large' ? 1 : 0 }),
      secrets: new Map(),
    });
    expect(() => new Amounts(scaling)).toThrow("'resources' changes more than what containers ask for and may use");
  });

  it('is not made where a stand-in would be left in it', () => {
    const standIns = new StandIns('mark');
    const { nginxHost } = standIns.settings({ issuer: false, ftpsHost: false, loadBalancer: false });
    expect(standIns.split(`https://${nginxHost}/`)).toEqual(['https://', '.Values.nginx.host', '/']);
    expect(() => standIns.split('mark-other-x')).toThrow("'mark-other-x' stands for nothing");
  });
});

describe('the values', () => {
  it('are explained, one by one, in a file that says the defaults of the schema', () => {
    expect(defaults).toEqual(defaultsOf(schema));
    const lines = (files['values.yaml'] ?? '').split('\n').filter((line) => line !== '');
    const unexplained = lines.filter(
      (line, index) => !line.trim().startsWith('#') && !lines[index - 1]?.trim().startsWith('#'),
    );
    expect(unexplained).toEqual([]);
  });

  it('are valid as they are, and as the tests set them', () => {
    for (const { values } of Object.values(CASES)) {
      isValid(over(defaults, values));
      expect(isValid.errors).toBeNull();
    }
  });

  it.each([
    ['a host that is none', { nginx: { host: 'Blog' } }],
    ['an address for a host', { wordpress: { host: '192.168.1.2' } }],
    ['braces', { grafana: { host: '{{ .Release.Name }}.example.org' } }],
    ['a line in a name', { ingress: { className: 'nginx\nfoo: bar' } }],
    ['more replicas than the volume allows', { wordpress: { replicas: 2 } }],
    ['more pods by a scaler than the volume allows', { wordpress: { autoscaling: { max: 2 } } }],
    ['a number of pods beside a scaler', { nginx: { replicas: 2, autoscaling: { max: 2 } } }],
    ['no pods at the least', { nginx: { autoscaling: { min: 0, max: 2 } } }],
    ['half a pod', { nginx: { replicas: 1.5 } }],
    ['a size without a unit', { mysql: { size: '5' } }],
    ['a digest that is none', { image: { digests: { mysql: 'latest' } } }],
    ['the digest of no service', { image: { digests: { postgres: `sha256:${'0'.repeat(64)}` } } }],
    ['a registry with a slash at its end', { image: { registry: 'ghcr.io/acme/' } }],
    ['Grafana without its database', { influxdb: { enabled: false }, telegraf: { enabled: false } }],
    ['a value that there is not', { nginx: { hots: 'blog.example.org' } }],
    ['a password', { mysql: { password: 'secret' } }],
  ])('cannot be %s', (_, values) => {
    expect(isValid(over(defaults, values))).toBe(false);
  });

  it('are all used, and no others are', () => {
    const used = new Set(Object.values(files).flatMap((text) => text.match(/\.Values\.[A-Za-z0-9.]*[A-Za-z]/g) ?? []));
    const paths = (properties: any, prefix: string): string[] =>
      Object.entries<any>(properties).flatMap(([name, { properties: own, default: said }]) =>
        own && said === undefined ? paths(own, `${prefix}.${name}`) : `${prefix}.${name}`,
      );
    const known = paths(schema.properties, '.Values');
    // the helpers take these together
    const together = [...used].filter((path) => path !== '.Values.image' && path !== '.Values.cdk8sServicesSecrets');
    const image = Object.keys(defaults.image).map((name) => `.Values.image.${name}`);
    expect([...new Set([...together, ...image])].sort()).toEqual(
      known.filter((path) => path !== '.Values.global').sort(),
    );
  });

  it('have the sizes of the constructs, for every service that has a volume', () => {
    expect(() => withSizes({ properties: { mysql: {} } }, { mysql: '5Gi' })).toThrow("give 'mysql' a size");
    expect(() => withSizes({ properties: { mysql: { properties: { size: {} } } } }, {})).toThrow("give 'mysql' a size");
  });
});

describe('a template', () => {
  const context = { values: { host: 'a.example.org', on: false }, namespace: 'shop' };
  const written = (node: Node, mark = 'mark') =>
    render(new TemplateWriter(new StandIns(mark)).documents([{ value: node } as Node]).join('\n'), context);

  it.each([
    '{{ host }}',
    '{{{{',
    'a {{- b -}} c',
    '{"legendFormat":"{{name}}"}',
    'one\ntwo {{ x }}\n',
    'no end',
    ' begins with a blank\nand goes on\n',
    'ends with blanks  \n\n',
    'one\n\n  two\n   \nthree\n',
    'tab\there\n',
    'carriage\r\nreturn\n',
    'line\u2028separator\nand more\n',
    'true',
    'null',
    '- no list',
    '# no comment\nat all',
    '1.5',
    '',
    `long ${'x'.repeat(200)}`,
    `long ${'{{ x }} '.repeat(50)}`,
    'täglich „so“ 🎉\nund mehr\n',
  ])('says %j as it is', (text) => {
    expect(parse(written(text)).value).toBe(text);
    expect(parse(written({ deep: [{ name: 'x', text }, text] } as Node)).value.deep).toEqual([
      { name: 'x', text },
      text,
    ]);
  });

  it('puts a brace before an expression as it is', () => {
    const standIns = new StandIns('mark');
    const { nginxHost } = standIns.settings({ issuer: false, ftpsHost: false, loadBalancer: false });
    const lines = new TemplateWriter(standIns).documents([{ value: `{${nginxHost}}` }]).join('\n');
    expect(render(lines, { values: { nginx: { host: 'a.org' } }, namespace: 'shop' })).toContain('"{a.org}"');
  });

  it('has in an item what is always there first', () => {
    const item = { sometimes: new Choice('.Values.on', 'x'), always: 1 };
    expect(parse(written([item] as Node)).value).toEqual([{ always: 1 }]);
    const never = () => written([{ sometimes: new Choice('.Values.on', 'x') }] as Node);
    expect(never).toThrow('nothing of an item is always there');
  });

  it('takes from two manifests what differs', () => {
    const [met, unmet] = [
      { same: 1, other: 'a', list: [{ name: 'x', value: 1 }, 'y'], only: true },
      { same: 1, other: 'b', list: ['z', { name: 'x', value: 2 }] },
    ];
    const node = merged('.Values.on', met, unmet) as Node;
    const one = (on: boolean) =>
      parse(
        render(new TemplateWriter(new StandIns('mark')).documents([node]).join('\n'), {
          values: { on },
          namespace: 'shop',
        }),
      );
    expect([one(true), one(false)]).toEqual([met, unmet]);
    expect((node as { same: Node }).same).toBe(1);
  });

  it('has expressions as they are', () => {
    expect(written(new Expression('.Values.host | quote'))).toContain('value: "a.example.org"');
  });
});

/** A small system, with so many pods of whatever can have several. */
function scaled(scale: Pick<NginxProps, 'replicas' | 'autoscaling'>, storage?: Storage): Variant['manifests'] {
  const app = new App({ outdir: 'nothing-is-written' });
  const system = new Chart(app, 'services', { namespace: 'shop' });
  const mysql = new MySql(system, 'mysql');
  new WordPress(system, 'wordpress', { database: mysql.addDatabase('wordpress'), storage, ...scale });
  new Nginx(system, 'nginx', scale);
  app.synthYaml();
  return system.toJson();
}

function parted(manifests: Manifest[]): { secrets: Manifest[]; others: Manifest[] } {
  const isSecret = ({ kind }: Manifest) => kind === 'Secret';
  return { secrets: manifests.filter(isSecret), others: manifests.filter((one) => !isSecret(one)) };
}
