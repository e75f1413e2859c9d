import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { CredentialsFile } from '../constructs';
import { type Environment, environmentNamed } from '../environments';
import { addServices } from '../main';
import { find, type Manifest, temporaryFolder } from './support/app';

/** What the program writes for an environment. */
function manifestsFor(environment: Environment): Manifest[] {
  const app = new App({ outdir: temporaryFolder() });
  environment.images.useIn(app);
  CredentialsFile.placeholders(app, 'secrets');
  addServices(app, environment);
  app.synth();
  return app.charts.flatMap((chart) => chart.toJson() as Manifest[]);
}

const ofKind = (manifests: Manifest[], kind: string) => manifests.filter((manifest) => manifest.kind === kind);

describe('an environment', () => {
  it.each(['minikube', 'cluster'])('called %s puts everything into its one namespace, with its images', (name) => {
    const environment = environmentNamed(name);
    const manifests = manifestsFor(environment);
    const namespaces = manifests.flatMap(({ metadata }) => metadata.namespace ?? []);
    expect(new Set(namespaces)).toEqual(new Set([environment.namespace]));
    const [container] = find(manifests, 'Deployment', 'wordpress').spec.template.spec.containers;
    expect(container.image).toBe(environment.images.reference('wordpress'));
  });

  it('has backups if it says where to', () => {
    const { backup, ...without } = environmentNamed('cluster');
    const jobs = (environment: Environment) => ofKind(manifestsFor(environment), 'CronJob').length;
    expect([jobs({ ...without, backup }), jobs(without), jobs(environmentNamed('minikube'))]).toEqual([6, 0, 0]);
  });

  it.each(['production', '', 'toString', '__proto__'])('is not called %j', (name) => {
    expect(() => environmentNamed(name)).toThrow(
      new Error(`ENVIRONMENT is '${name}', which is not known; use one of minikube, cluster`),
    );
  });
});

describe('a cluster', () => {
  const manifests = manifestsFor(environmentNamed('cluster'));
  const scaled = ['nginx', 'wordpress', 'phpmyadmin'];

  it('has two pods of whatever can have several, on several nodes if there are', () => {
    const deployments = Object.fromEntries(
      ofKind(manifests, 'Deployment').map(({ metadata, spec }) => [metadata.name, spec]),
    );
    const severalPods = Object.keys(deployments).filter((name) => deployments[name].replicas !== 1);
    expect(severalPods.sort()).toEqual([...scaled].sort());
    for (const { replicas, template } of scaled.map((name) => deployments[name])) {
      expect(replicas).toBe(2);
      const keys = template.spec.topologySpreadConstraints.map(({ topologyKey }: Manifest['spec']) => topologyKey);
      expect(keys).toContain('kubernetes.io/hostname');
      expect(template.spec.affinity).toBeUndefined();
    }
  });

  it('has a class for the volumes of one node, and another for those that are shared', () => {
    const templates = manifests.flatMap(({ spec }) => spec?.volumeClaimTemplates ?? []);
    const ofStatefulSets = ofKind(manifests, 'StatefulSet').map(({ metadata, spec }) => [
      metadata.name,
      spec.volumeClaimTemplates[0].spec,
    ]);
    expect(templates).toHaveLength(ofStatefulSets.length);
    const claims = ofKind(manifests, 'PersistentVolumeClaim').map(({ metadata, spec }) => [metadata.name, spec]);
    const classes = [...ofStatefulSets, ...claims].map(([name, { storageClassName, accessModes }]) => [
      name,
      `${storageClassName} ${accessModes}`,
    ]);
    expect(Object.fromEntries(classes)).toEqual({
      mysql: 'disk ReadWriteOnce',
      'mysql-1': 'disk ReadWriteOnce',
      influxdb: 'disk ReadWriteOnce',
      ftps: 'disk ReadWriteOnce',
      grafana: 'disk ReadWriteOnce',
      wordpress: 'shared ReadWriteMany',
      phpmyadmin: 'shared ReadWriteMany',
      backup: 'shared ReadWriteMany',
    });
  });

  it('keeps the logins of phpMyAdmin where all its pods find them', () => {
    const [{ env, volumeMounts }] = find(manifests, 'Deployment', 'phpmyadmin').spec.template.spec.containers;
    const { value: path } = env.find(({ name }: { name: string }) => name === 'PMA_SESSIONS');
    expect(volumeMounts).toContainEqual({ name: 'data', mountPath: path });
  });

  it('is entered by one ingress controller, and by no other pod', () => {
    const ingresses = ofKind(manifests, 'Ingress');
    expect(Object.fromEntries(ingresses.map(({ metadata, spec }) => [metadata.name, spec.rules[0].host]))).toEqual({
      nginx: 'services.example.org',
      wordpress: 'blog.example.org',
      grafana: 'grafana.example.org',
    });
    for (const { metadata, spec } of ingresses) {
      expect(spec.ingressClassName).toBe('nginx');
      const { ingress } = find(manifests, 'NetworkPolicy', metadata.name).spec;
      const from = ingress.flatMap((rule: { from?: object[] }) => rule.from ?? [{ everybody: true }]);
      expect(from).toContainEqual({
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } },
      });
      expect(from).not.toContainEqual({ everybody: true });
    }
  });

  it('has certificates for the names at which its services are found', () => {
    const issued = ofKind(manifests, 'Certificate');
    const namesOf = (secret: string) => issued.find(({ spec }) => spec.secretName === secret)?.spec.dnsNames;
    const served = ofKind(manifests, 'Ingress').flatMap(({ spec }) => spec.tls);
    expect(served.map(({ secretName }) => namesOf(secretName))).toEqual(served.map(({ hosts }) => hosts));
    expect(namesOf('ftps-tls')).toEqual(['ftp.example.org']);
    expect(issued).toHaveLength(served.length + 1);
  });

  it('saves its data each night, and brings it back when it is told to', () => {
    const jobs = ofKind(manifests, 'CronJob').map(({ metadata, spec }) => [
      metadata.name,
      spec.suspend ? 'when told' : `${spec.schedule} ${spec.timeZone}`,
    ]);
    const each = ['mysql', 'wordpress', 'influxdb'].flatMap((name) => [
      [`backup-${name}`, '0 3 * * * Etc/UTC'],
      [`backup-${name}-restore`, 'when told'],
    ]);
    expect(Object.fromEntries(jobs)).toEqual(Object.fromEntries(each));
  });

  it('gives its services twice of what a laptop does', () => {
    const memory = (all: Manifest[]) =>
      find(all, 'StatefulSet', 'mysql').spec.template.spec.containers[0].resources.requests.memory;
    expect([memory(manifestsFor(environmentNamed('minikube'))), memory(manifests)]).toEqual(['160Mi', '320Mi']);
  });
});

const ROOT = join(__dirname, '..');

describe('the program', () => {
  // one folder below the package, as .build/main.js is
  const program = join(ROOT, '.build', `environments-test-${process.pid}.js`);
  beforeAll(() => {
    mkdirSync(join(ROOT, '.build'), { recursive: true });
    const options = ['--bundle', '--packages=external', '--platform=node', '--log-level=warning'];
    const esbuild = join(ROOT, 'node_modules', '.bin', 'esbuild');
    expect(spawnSync(esbuild, ['main.ts', ...options, `--outfile=${program}`], { cwd: ROOT }).status).toBe(0);
  });
  afterAll(() => rmSync(program, { force: true }));

  function run(cwd: string, environment?: string) {
    const { ENVIRONMENT: _, CDK8S_OUTDIR: __, ...env } = process.env;
    const { status, stderr } = spawnSync(process.execPath, [program], {
      cwd,
      encoding: 'utf8',
      env: environment === undefined ? env : { ...env, ENVIRONMENT: environment },
    });
    return { status, stderr };
  }

  it('is for minikube unless told otherwise, and keeps its credentials in the folder where it runs', () => {
    const folder = temporaryFolder();
    const { status, stderr } = run(folder);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^made \d+ credentials in .*\/\.credentials\.json \(mode 0600\);.*\n$/);
    const services = join('dist', 'services.k8s.yaml');
    const first = readFileSync(join(folder, services), 'utf8');
    expect(run(folder, 'minikube')).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, services), 'utf8')).toBe(first);
    expect(readdirSync(folder).sort()).toEqual(['.credentials.json', 'dist']);
  });

  it('keeps the passwords of a cluster apart', () => {
    const folder = temporaryFolder();
    const kept = '.credentials.cluster.json';
    expect(run(folder, 'cluster').stderr).toContain(`/${kept} (mode 0600)`);
    expect(readdirSync(folder).sort()).toEqual([kept, 'dist']);
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n')).toContain('.credentials*.json');
  });

  it('tells a mistake in one line, and writes nothing', () => {
    const folder = temporaryFolder();
    expect(run(folder, 'production')).toEqual({
      status: 1,
      stderr: "ENVIRONMENT is 'production', which is not known; use one of minikube, cluster\n",
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
