/**
 * @lane core
 * @needs nothing
 * @disturbs nothing
 * @minutes 5
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Chart } from 'cdk8s';
import { get, kubectl, OWN } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { Program } from './cluster/program';
import { MARK } from './fixtures/belongings';
import { anyImage, object, sleeper, store } from './fixtures/sleeper';
import { check, setUp } from './runner/check';
import { folder } from './runner/folder';
import { Running } from './runner/process';
import { run } from './runner/run';

const NAMESPACE = `${MARK}-up`;
const LAB = `${MARK}-lab`;
const WRONG = 'example.org/nothing:1';

describe('up', () => {
  const program = new Program(NAMESPACE);
  const about = { of: ['kept', 'store'], namespace: () => NAMESPACE, seconds: 120 };
  let image = '';
  let context = '';
  setUp(async () => {
    image = await anyImage();
    context = (await kubectl(['config', 'current-context'])).trim();
    program.write(whole);
    await program.runs('up');
  }, 240);
  afterAll(removeOwn);

  /** What the tests begin with. */
  function whole(chart: Chart): void {
    store(chart, 'store', { image, version: '1' });
    sleeper(chart, 'kept', { image, version: '1' });
    sleeper(chart, 'old', { image, version: '1' });
    object(chart, 'v1', 'ConfigMap', 'old', { data: { a: 'b' } });
  }

  check('deletes nothing as long as the new set is not ready', about, async () => {
    program.write((chart) => {
      store(chart, 'store', { image, version: '1' });
      sleeper(chart, 'kept', { image, version: '1' });
      sleeper(chart, 'new', { image: WRONG, version: '1' });
    });
    const { code, stderr } = await program.run('up', '--timeout', '5s');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Deployment new is not ready') });
    expect(await names()).toEqual(expect.arrayContaining(['ConfigMap old', 'Deployment old']));
  });

  check('then deletes what the program does not have, workloads first', about, async () => {
    program.write((chart) => {
      store(chart, 'store', { image, version: '1' });
      sleeper(chart, 'kept', { image, version: '1' });
    });
    const said = await program.runs('up');
    expect(said).toContain('to be deleted when all is ready');
    const deleted = [...said.matchAll(/delete what is left over: (\S+) \S+ is deleted/g)].map((match) => match[1]);
    expect(deleted).toEqual(['Deployment', 'Deployment', 'ConfigMap']);
    expect((await names()).filter((name) => /(old|new)$/.test(name))).toEqual([]);
  });

  check('keeps the data of a database that is deleted, until it is told otherwise', about, async () => {
    const { metadata } = await get(['persistentvolumeclaim', 'data-store-0'], NAMESPACE);
    program.write((chart) => sleeper(chart, 'kept', { image, version: '1' }));
    expect(await program.runs('up')).toContain("data-store-0\n'up' deletes that with --with-data\n");
    const kept = await get(['persistentvolumeclaim', 'data-store-0'], NAMESPACE);
    expect(kept.metadata.uid).toBe(metadata.uid);

    program.write(whole);
    expect(await program.runs('up', '--with-data')).not.toContain('data-store-0');
    const starts = await kubectl(['-n', NAMESPACE, 'exec', 'store-0', '--', 'cat', '/data/starts']);
    expect(starts.trim().split('\n')).toEqual(['started', 'started']);

    program.write((chart) => sleeper(chart, 'kept', { image, version: '1' }));
    await program.runs('up', '--with-data');
    expect((await names()).filter((name) => /store/.test(name))).toEqual([]);
  });

  check('changes nothing else before a database that changes is ready', about, async () => {
    const both = (version: string, used: string) => (chart: Chart) => {
      store(chart, 'store', { image: used, version });
      sleeper(chart, 'kept', { image, version });
    };
    program.write(both('1', image));
    await program.runs('up');
    program.write(both('2', WRONG));
    const { code, stderr } = await program.run('up', '--timeout', '5s');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("failed at 'wait for databases'") });
    expect(await versionOf('kept')).toBe('1');
    program.write(both('2', image));
    await program.runs('up');
    expect(await versionOf('kept')).toBe('2');
  });

  check('lets one at a time work, and the second one know who does', about, async () => {
    program.write((chart) => sleeper(chart, 'kept', { image, version: '3', delay: 8 }));
    const first = new Running(program.folder, 'up', '-p', context);
    await first.says('inventory:');
    const { code, stderr } = await program.run('up');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`:${first.pid} runs 'up' since`) });
    expect(await first.end).toBe(0);
    expect(await program.runs('up')).toContain('none changed');
  });

  check('sees what somebody has changed by hand, and takes it back', about, async () => {
    const change = [{ op: 'replace', path: '/spec/template/spec/containers/0/env/0/value', value: 'by hand' }];
    await kubectl(['-n', NAMESPACE, 'patch', 'deployment', 'kept', '--type=json', '-p', JSON.stringify(change)]);
    expect(await versionOf('kept')).toBe('by hand');
    expect(await program.runs('up')).toContain('1 changed');
    expect(await versionOf('kept')).toBe('3');
  });

  check('goes on after Ctrl-C, which leaves nothing locked', about, async () => {
    program.write((chart) => sleeper(chart, 'kept', { image, version: '4', delay: 8 }));
    const first = new Running(program.folder, 'up', '-p', context);
    await first.says('kept: 0/1 ready');
    await first.signal('SIGINT');
    expect(await first.end).toBe(130);
    expect(first.said).toContain("up interrupted at 'wait for workloads'");
    expect((await get(['leases'], NAMESPACE)).items).toEqual([]);
    expect(await program.runs('up')).toContain('kept: 1/1 ready');
  });

  check('is seen by kubectl as the owner of its objects', about, async () => {
    const parent = `configmap/cdk8s-services.${NAMESPACE}`;
    const args = ['-n', NAMESPACE, 'apply', '--server-side', '--prune', `--applyset=${parent}`, '-f', '-'];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
    const { code, stderr } = await run('kubectl', args, { input, env: { ...process.env, KUBECTL_APPLYSET: 'true' } });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('managed by tooling "cdk8s-services"'),
    });
    expect(await names()).not.toContain('ConfigMap a');
  });

  async function names(): Promise<string[]> {
    const { items } = await get(['configmaps,services,deployments,statefulsets,persistentvolumeclaims'], NAMESPACE);
    return items.map(({ kind, metadata }: any) => `${kind} ${metadata.name}`);
  }

  async function versionOf(name: string): Promise<string> {
    const { spec } = await get(['deployment', name], NAMESPACE);
    return spec.template.spec.containers[0].env[0].value;
  }
});

/** A project that knows nothing of ours: no labels, no namespace, a kind of its own, a cluster that is not minikube's. */
describe("up in a consumer's project", () => {
  const group = `${MARK}.example.com`;
  const home = folder();
  const env = {
    ...process.env,
    KUBECONFIG: join(home, 'kubeconfig'),
    PATH: `${join(home, 'bin')}:${process.env.PATH}`,
  };
  const about = { of: ['web'], namespace: () => LAB, seconds: 120 };

  setUp(async () => {
    await kubectl(['create', 'namespace', LAB]);
    await kubectl(['label', 'namespace', LAB, OWN]);
    writeFileSync(env.KUBECONFIG, await kubectl(['config', 'view', '--raw', '--minify', '--flatten']), { mode: 0o600 });
    const [cluster, user] = ['cluster', 'user'].map((name) => `{.contexts[0].context.${name}}`);
    const names = await kubectl([
      '--kubeconfig',
      env.KUBECONFIG,
      'config',
      'view',
      '-o',
      `jsonpath=${cluster} ${user}`,
    ]);
    const [ofCluster, ofUser] = names.split(' ').map((name, index) => `--${['cluster', 'user'][index]}=${name}`);
    const made = ['set-context', 'lab', ofCluster, ofUser, `--namespace=${LAB}`];
    await kubectl(['--kubeconfig', env.KUBECONFIG, 'config', ...(made as string[])]);

    mkdirSync(join(home, 'bin'));
    writeFileSync(join(home, 'bin', 'minikube'), `#!/bin/sh\necho '* Profile "lab" not found.' >&2\nexit 85\n`);
    chmodSync(join(home, 'bin', 'minikube'), 0o755);
    symlinkSync(resolve('node_modules'), join(home, 'node_modules'));
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name: '@acme/lab' }));
    writeFileSync(join(home, 'cdk8s.yaml'), 'language: typescript\napp: node main.js\n');
    writeFileSync(join(home, 'main.js'), consumer(group));
    mkdirSync(join(home, 'lib'));
    copyFileSync(resolve('lib/cli.js'), join(home, 'lib', 'cli.js'));
  }, 60);
  afterAll(async () => {
    await kubectl(['delete', 'customresourcedefinition', `widgets.${group}`, '--ignore-not-found']);
    await removeOwn();
  }, 120_000);

  const cli = (...args: string[]) =>
    run('sh', ['-c', 'cd "$0" && exec "$@"', home, process.execPath, 'lib/cli.js', ...args, '-p', 'lab'], {
      seconds: 100,
      env,
    });

  check('applies to the namespace of the context, kinds before their objects', about, async () => {
    const { code, stdout, stderr } = await cli('up');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('cluster: context lab, node ');
    expect(stdout).toContain(`lock: app 'lab' in namespace ${LAB}`);
    expect((await get([`deployments,widgets.${group}`], LAB)).items).toHaveLength(2);
    expect(existsSync(join(home, 'dist'))).toBe(true);
  });

  check('changes nothing the second time, and locks nothing for that', about, async () => {
    const { stdout } = await cli('up');
    expect(stdout).toMatch(/apply: \d objects, none changed\n/);
    expect(stdout).not.toContain('lock:');
  });

  check('deletes what the program has no longer, and keeps the kind', about, async () => {
    writeFileSync(join(home, 'less'), '');
    expect((await cli('up')).code).toBe(0);
    expect((await get([`deployments,widgets.${group}`], LAB)).items.map(({ kind }: any) => kind)).toEqual([
      'Deployment',
    ]);
  });

  check('is taken down again, though it does not synthesize any more', about, async () => {
    writeFileSync(join(home, 'main.js'), 'throw new Error("broken")');
    const { code, stdout } = await cli('down', '--volumes', '--yes');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('it does not synthesize') });
    const { items } = await get(['deployments,configmaps'], LAB);
    expect(items.map(({ metadata }: any) => metadata.name)).toEqual(['kube-root-ca.crt']);
    const { code: gone } = await run('kubectl', ['get', 'customresourcedefinition', `widgets.${group}`]);
    expect(gone).toBe(1);
  });
});

function consumer(group: string): string {
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.org/web:1' }] } };
  const web = { replicas: 0, selector: { matchLabels: labels }, template };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
  const objects = [
    { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'one' } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: web },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: { group, scope: 'Namespaced', names: { kind: 'Widget', plural: 'widgets' }, versions: [version] },
    },
  ];
  return `
    const { existsSync } = require('node:fs');
    const { ApiObject, App, Chart } = require('cdk8s');
    const app = new App();
    const chart = new Chart(app, 'lab');
    for (const object of ${JSON.stringify(objects)}) {
      if (object.kind !== 'Widget' || !existsSync('less')) {
        new ApiObject(chart, object.kind, object);
      }
    }
    app.synth();
  `;
}
