/**
 * @lane core
 * @needs system
 * @disturbs nothing
 * @minutes 5
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type App, Chart } from 'cdk8s';
import { Nginx, RestrictedNamespace } from '../../constructs';
import { nodeDocker } from './cluster/images';
import { kubectl, LABEL, readyPod } from './cluster/kubectl';
import { removeOwn, synthesizeOwn } from './cluster/namespaces';
import { Program } from './cluster/program';
import { MARK } from './fixtures/belongings';
import { anyImage, sleeper } from './fixtures/sleeper';
import { check, setUp } from './runner/check';
import { run } from './runner/run';
import { suiteName } from './runner/suite';

const NAMESPACE = `${MARK}-by-hand`;
const CDK8S = resolve(__dirname, '../../node_modules/.bin/cdk8s');

describe('the three steps by hand', () => {
  const program = new Program(NAMESPACE);
  const skip = process.env.ENVIRONMENT === 'cluster' ? 'the images are in a registry' : undefined;
  const about = { of: ['web', 'own'], namespace: () => NAMESPACE, skip, seconds: 180 };
  let own = '';
  setUp(async () => {
    const text = `FROM ${await anyImage()}\nLABEL by-hand=${NAMESPACE}\n`;
    const folder = join(program.folder, 'dockerfiles', 'own');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'Dockerfile'), text);
    own = `cdk8s-services/own:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
    synthesizeOwn(addServices, program.folder, join(program.folder, 'written'));

    function addServices(app: App): void {
      // kubectl applies files in the order of their names
      const { resource } = new RestrictedNamespace(new Chart(app, 'namespace'), NAMESPACE);
      resource.metadata.addLabel(LABEL, suiteName());
      const services = new Chart(app, 'services', { namespace: NAMESPACE });
      new Nginx(services, 'web');
      sleeper(services, 'own', { image: own, version: '1' });
    }
  });
  afterAll(async () => {
    await removeOwn();
    await run('docker', ['image', 'rm', '--force', own], { env: await nodeDocker() });
  }, 180_000);

  check('build the images, one of which nobody had', about, async () => {
    expect(await program.runs('images')).toMatch(/find images: 1 of 2 are there/);
    const { code } = await run('docker', ['image', 'inspect', own], { env: await nodeDocker() });
    expect(code).toBe(0);
    expect(await program.runs('images')).toMatch(/find images: 2 of 2 are there/);
  });

  check('write the files', about, async () => {
    const env = { ...process.env, CDK8S_CHECK_UPGRADE: 'false', CDK8S_DISABLE_ANALYTICS: 'true' };
    const { code, stderr } = await run('sh', ['-c', 'cd "$0" && exec "$@"', program.folder, CDK8S, 'synth'], { env });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  });

  check('apply them, and all of it becomes ready', about, async () => {
    await kubectl(['apply', '-f', join(program.folder, 'dist')], { seconds: 90 });
    await readyPod('web', 120, NAMESPACE);
    const wait = ['-n', NAMESPACE, 'rollout', 'status', 'deployment', '--timeout=90s'];
    await kubectl(wait, { seconds: 100 });
  });

  check('may be repeated, and restart nothing', about, async () => {
    const { uid } = await readyPod('web', 60, NAMESPACE);
    await program.runs('images');
    await kubectl(['apply', '-f', join(program.folder, 'dist')], { seconds: 90 });
    expect((await readyPod('web', 60, NAMESPACE)).uid).toBe(uid);
  });
});
