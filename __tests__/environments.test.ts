import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { CredentialsFile, Images } from '../constructs';
import { environmentNamed } from '../environments';
import { addServices } from '../main';
import { type Manifest, temporaryFolder } from './support/app';

describe('an environment', () => {
  it.each(['minikube', 'cluster'])('called %s puts everything into its one namespace, with its images', (name) => {
    const environment = environmentNamed(name);
    const app = new App({ outdir: temporaryFolder() });
    environment.images.useIn(app);
    CredentialsFile.placeholders(app, 'secrets');
    addServices(app, environment);
    const yaml = app.synthYaml();
    const namespaces = app.charts.flatMap((chart) =>
      chart.toJson().flatMap(({ metadata }) => metadata.namespace ?? []),
    );
    expect(new Set(namespaces)).toEqual(new Set([environment.namespace]));
    expect(yaml).toContain(`image: ${Images.of(app).reference('wordpress')}\n`);
    expect(Images.of(app)).toBe(environment.images);
  });

  it('has certificates for the names at which its services are found', () => {
    const app = new App({ outdir: temporaryFolder() });
    const environment = environmentNamed('cluster');
    environment.images.useIn(app);
    CredentialsFile.placeholders(app, 'secrets');
    addServices(app, environment);
    app.synth();
    const manifests = app.charts.flatMap((chart) => chart.toJson() as Manifest[]);
    const issued = manifests.filter(({ kind }) => kind === 'Certificate');
    const namesOf = (secret: string) => issued.find(({ spec }) => spec.secretName === secret)?.spec.dnsNames;
    const served = manifests.filter(({ kind }) => kind === 'Ingress').flatMap(({ spec }) => spec.tls);
    expect(served.map(({ secretName }) => namesOf(secretName))).toEqual(served.map(({ hosts }) => hosts));
    expect(namesOf('ftps-tls')).toEqual(['ftp.example.org']);
    expect(issued).toHaveLength(served.length + 1);
  });

  it.each(['production', '', 'toString', '__proto__'])('is not called %j', (name) => {
    expect(() => environmentNamed(name)).toThrow(
      new Error(`ENVIRONMENT is '${name}', which is not known; use one of minikube, cluster`),
    );
  });
});

const ROOT = join(__dirname, '..');

(existsSync(join(ROOT, 'lib', 'cli.js')) ? describe : describe.skip)('the program', () => {
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

  it('tells a mistake in one line, and writes nothing', () => {
    const folder = temporaryFolder();
    expect(run(folder, 'production')).toEqual({
      status: 1,
      stderr: "ENVIRONMENT is 'production', which is not known; use one of minikube, cluster\n",
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
