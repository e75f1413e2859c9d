import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { parseManifest } from '../../../cli/app/manifest';
import { graphOf } from '../../../cli/graph/derive';
import { ranges } from '../../../cli/graph/labels';
import { mermaidOf } from '../../../cli/graph/mermaid';
import type { Edge, Graph } from '../../../cli/graph/model';
import { svgOf } from '../../../cli/graph/svg';
import { CredentialsFile } from '../../../constructs';
import { environmentNamed } from '../../../environments';
import { addServices } from '../../../main';
import { temporaryFolder } from '../../support/app';
import { stage } from '../../support/stage';

const DOCS = join(__dirname, '../../..', 'docs');

/** The graph of the program, as `graph` reads it. */
function program(environment: string): Graph {
  const app = new App({ outdir: temporaryFolder(), recordConstructMetadata: true });
  const chosen = environmentNamed(environment);
  chosen.images.useIn(app);
  CredentialsFile.placeholders(app, 'secrets');
  addServices(app, chosen);
  app.synth();
  const read = (file: string) => readFileSync(join(app.outdir, file), 'utf8');
  const files = readdirSync(app.outdir).filter((file) => file.endsWith('.yaml'));
  const manifests = files.sort().map((file) => ({ file, objects: parseManifest(read(file)) }));
  return graphOf(manifests, JSON.parse(read('construct-metadata.json')).resources);
}

/** The graph of objects of somebody else. */
function foreign(yaml: string): Graph {
  return graphOf([{ file: 'app.yaml', objects: parseManifest(yaml) }], {});
}

function deployment(name: string, pod = '', namespace = 'shop'): string {
  return `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: ${name}, image: '${name}:1'${pod} }] }`;
}

function service(name: string, port: number, more = '', namespace = 'shop'): string {
  return `
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { selector: { app: ${name} }, ports: [{ port: ${port} }]${more} }`;
}

const variable = (name: string, value: string) => `, env: [{ name: ${name}, value: '${value}' }]`;

/** Edges as `from -> to: label`, by the names of their nodes. */
function edges({ nodes, edges }: Graph): string[] {
  const name = (id: string) => nodes.find((node) => node.id === id)?.name;
  const arrow = ({ type }: Edge) => ({ connects: '->', watches: '..>', keeps: '--' })[type];
  return edges.map(
    (edge) => `${name(edge.from)} ${arrow(edge)} ${name(edge.to)}${edge.label ? `: ${edge.label}` : ''}`,
  );
}

// the command is started, on a machine that may be busy
jest.setTimeout(30_000);

describe('the graph of the program', () => {
  const own = program('minikube');

  it('has who connects to whom, by what the wiring opened', () => {
    expect(edges(own)).toEqual(
      expect.arrayContaining([
        'wordpress -> mysql: 3306',
        'phpmyadmin -> mysql: 3306',
        'nginx -> phpmyadmin: 5000',
        'grafana -> influxdb: 8086',
        'telegraf -> influxdb: 8086',
        'telegraf ..> nginx: 8081, 8443',
        'load balancer -> wordpress: 5050\nnode 30050',
        'load balancer -> ftps: 21, 30000-30009\nnode 30000-30009, 30021',
        'ftps -> Kubernetes API',
        'mysql -- data-mysql',
      ]),
    );
    expect(edges(own).filter((edge) => /^(nginx|ftps|grafana) -> mysql/.test(edge))).toEqual([]);
  });

  it('knows kind, number and construct of each service, and its group', () => {
    expect(own.nodes.find(({ name }) => name === 'mysql')).toEqual({
      id: 'services/StatefulSet/mysql',
      type: 'service',
      name: 'mysql',
      about: 'StatefulSet, 1 replica',
      group: 'services/',
      construct: 'services/mysql',
    });
    expect(own.groups).toEqual([{ id: 'services/', label: 'services' }]);
  });

  it('has backups, hosts and shared volumes where there are some', () => {
    const cluster = program('cluster');
    expect(edges(cluster)).toEqual(
      expect.arrayContaining([
        'blog.example.org -> wordpress',
        'backup-mysql -> mysql: 3306',
        'backup-wordpress -- wordpress',
        'wordpress -- wordpress',
        'mysql -> mysql-1: 3306',
      ]),
    );
    expect(cluster.nodes.filter(({ type }) => type === 'job').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['backup-mysql', 'backup-influxdb']),
    );
    expect(cluster.nodes.some(({ name }) => name.endsWith('-restore'))).toBe(false);
  });

  it('is the one in docs/ and in the README, made by npm run docs:graph', async () => {
    expect(readFileSync(join(DOCS, 'graph.mmd'), 'utf8')).toBe(mermaidOf(own));
    expect(readFileSync(join(DOCS, 'graph.svg'), 'utf8')).toBe(await svgOf(own));
    expect(readFileSync(join(DOCS, '../README.md'), 'utf8')).toContain(`\`\`\`mermaid\n${mermaidOf(own)}\`\`\`\n`);
  });

  it('is the same at each drawing', async () => {
    expect(await svgOf(program('cluster'))).toBe(await svgOf(program('cluster')));
  });
});

describe('the graph of an app without network policies', () => {
  const database = deployment('postgres') + service('postgres', 5432);

  it.each([
    ['a variable that names a host', variable('DB_HOST', 'postgres'), 'api -> postgres: 5432'],
    ['a host with its port', variable('DATABASE', 'postgres:5432'), 'api -> postgres: 5432'],
    ['a URL with a user', variable('DB', 'postgres://me@postgres:5432/shop'), 'api -> postgres: 5432'],
    ['the whole name in the cluster', variable('DB', 'postgres.shop.svc.cluster.local'), 'api -> postgres: 5432'],
    ['an argument', `, args: ['--db=http://postgres:5432']`, 'api -> postgres: 5432'],
  ])('sees a connection in %s', (_, pod, edge) => {
    expect(edges(foreign(database + deployment('api', pod)))).toEqual([edge]);
  });

  it.each([
    ['the kind of a database', variable('DB_TYPE', 'postgres')],
    ['another host whose name begins so', variable('DB_HOST', 'postgres-old')],
    ['a host of the world', variable('DB_URL', 'https://postgres.example.org/')],
    ['a port that it does not have', variable('NOTE', 'see postgres:17')],
    ['the same name in another namespace', variable('DB_URL', 'http://postgres.other.svc/')],
  ])('sees none in %s', (_, pod) => {
    expect(edges(foreign(database + deployment('api', pod)))).toEqual([]);
  });

  it('reads the files that are mounted', () => {
    const config = `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: web, namespace: shop }
data: { default.conf: 'proxy_pass http://postgres:5432/;' }`;
    const web = deployment('web').replace("'web:1' }]", "'web:1' }], volumes: [{ name: c, configMap: { name: web } }]");
    expect(edges(foreign(database + config + web))).toEqual(['web -> postgres: 5432']);
  });

  it('has where a policy lets out on all ports, and not where for names alone', () => {
    const policy = (name: string, rule: string) => `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop }
spec: { podSelector: { matchLabels: { app: ${name} } }, policyTypes: [Egress], egress: [${rule}] }`;
    const text =
      ['office', 'all', 'names'].map((name) => deployment(name)).join('') +
      policy('office', '{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }') +
      policy('all', '{}') +
      policy('names', '{ ports: [{ port: 53 }] }');
    expect(edges(foreign(text))).toEqual(['office -> 10.0.0.0/8', 'all -> any address']);
  });

  it('follows an Ingress and ports of the node to what is behind a Service', () => {
    const ingress = `
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  tls: [{ hosts: [shop.example.org], secretName: tls }]
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, backend: { service: { name: web } } }, { path: /api, backend: { service: { name: api } } }] }`;
    const found = foreign(
      deployment('web') + service('web', 80) + deployment('api') + service('api', 8080, ', type: NodePort') + ingress,
    );
    expect(edges(found)).toEqual([
      'ports of the node -> api',
      'shop.example.org -> web',
      'shop.example.org -> api: /api',
    ]);
    expect(found.nodes.find(({ name }) => name === 'shop.example.org')?.about).toBe('Ingress, TLS');
  });

  it('groups by namespace, and puts what has none together', () => {
    const apps = deployment('a') + deployment('b', '', 'other') + deployment('c').replace(', namespace: shop', '');
    expect(foreign(apps).groups.map(({ label }) => label)).toEqual(['shop', 'other', '']);
    expect(mermaidOf(foreign(apps))).toContain('subgraph g3["the program"]');
  });
});

describe('the drawing', () => {
  const graph = program('cluster');
  const drawn = (svg: string, kind: string) =>
    svg.match(new RegExp(`<g id="${kind}\\d+" class="${kind} [^<]*<title>[^<]*`, 'g'));

  it('has each node, each connection and each group once', async () => {
    const svg = await svgOf(graph);
    const [nodes = [], edges = []] = ['node', 'edge'].map((kind) => drawn(svg, kind) ?? []);
    expect(nodes.map((node) => node.replace(/.*<title>/s, '').replaceAll('&#45;', '-')).sort()).toEqual(
      graph.nodes.map(({ id }) => id).sort(),
    );
    expect(edges).toHaveLength(graph.edges.length);
    expect(svg.match(/class="cluster"/g)).toHaveLength(graph.groups.length);
  });

  it('leaves out the middle of a long name', async () => {
    const svg = await svgOf(foreign(deployment(`${'a'.repeat(125)}${'b'.repeat(125)}`)));
    expect(svg).toContain(`>${'a'.repeat(20)}…${'b'.repeat(19)}<`);
  });

  it('is read on a dark page, too', async () => {
    expect(await svgOf(graph)).toContain('@media (prefers-color-scheme: dark)');
  });
});

describe('texts of the graph', () => {
  it('have ports as ranges', () => {
    expect(ranges([443, 80, 22, 80])).toBe('22, 80, 443');
    expect(ranges([30002, 30000, 21, 30001])).toBe('21, 30000-30002');
  });

  it('hold nothing that is part of a language', async () => {
    const graph = foreign(deployment('a').replaceAll('name: a,', `name: 'a"b<c>&#d',`));
    expect(mermaidOf(graph)).toContain('["a#quot;b#lt;c#gt;#amp;#35;d<br/>Deployment, 1 replica"]');
    expect(await svgOf(graph)).toContain('>a&quot;b&lt;c&gt;&amp;#d<');
  });
});

describe('cdk8s-services graph', () => {
  it('says where Mermaid is not drawn any more', async () => {
    const shop = stage();
    const many = Array.from({ length: 23 }, (_, index) => `w${index}`);
    const hosts = many.map((name) => `{ name: ${name}_HOST, value: ${name} }`).join();
    const all = many.map((name) => deployment(name, `, env: [${hosts}]`) + service(name, 80)).join('');
    writeFileSync(join(shop.folder, 'web.yaml'), all);
    const { stdout, stderr } = await shop.run('graph');
    expect(stdout.split(' -->')).toHaveLength(23 * 22 + 1);
    expect(stderr).toBe(
      '506 connections are more than what draws Mermaid takes: npm run graph -- -o svg --file graph.svg\n',
    );
    expect((await shop.run('graph', '-o', 'svg')).stderr).toBe('');
  });

  it('says why a file cannot be written', async () => {
    const { code, stderr } = await stage().run('graph', '--file', 'nowhere/graph.svg');
    expect(code).toBe(64);
    expect(stderr).toMatch(/the graph cannot be written: ENOENT.*nowhere.*\nnext: name another file with --file/);
  });
});
