import { parseManifest, readManifest } from '../../cli/app/manifest';
import { without } from '../../cli/app/selection';
import { buildStep, lastOfBuild } from '../../cli/images/build';
import { imagesIn } from '../../cli/images/images';
import { failureOf } from '../../cli/machine/causes';
import { parseDockerEnv } from '../../cli/machine/docker-env';
import { runtimeOf, stateOf } from '../../cli/machine/minikube';
import { Invocation } from '../../cli/terminal/invocation';

const MANIFEST = `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: mysql
  namespace: shop
  labels: { app.kubernetes.io/instance: mysql }
spec:
  template:
    spec:
      initContainers: [{ name: setup, image: cdk8s-services/mysql:4f1c09ab77e2 }]
      containers: [{ name: mysql, image: cdk8s-services/mysql:4f1c09ab77e2 }]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: { app.kubernetes.io/instance: web }
spec:
  template:
    spec:
      containers:
        - { name: web, image: 'cdk8s-services/nginx:0123456789ab' }
        - { name: other, image: ghcr.io/acme/cdk8s-services/nginx:1 }
`;

describe('docker-env', () => {
  it('is read from lines of NAME=value, quoted or not', () => {
    const output =
      'DOCKER_TLS_VERIFY=1\nDOCKER_HOST="tcp://192.0.2.1:2376"\n# eval me\n\nDOCKER_CERT_PATH=/a b/c=d\r\n';
    expect(parseDockerEnv(output)).toEqual({
      DOCKER_TLS_VERIFY: '1',
      DOCKER_HOST: 'tcp://192.0.2.1:2376',
      DOCKER_CERT_PATH: '/a b/c=d',
    });
  });
});

describe('minikube', () => {
  it('tells whether it runs, of one node or of several', () => {
    const node = (Host: string, APIServer: string) => ({ Name: 'm', Host, Kubelet: Host, APIServer });
    expect(stateOf(JSON.stringify(node('Running', 'Running')), [])).toBe('running');
    expect(stateOf(JSON.stringify([node('Running', 'Running'), node('Stopped', 'Irrelevant')]), [])).toBe('running');
    expect(stateOf(JSON.stringify(node('Stopped', 'Stopped')), [])).toBe('stopped');
    expect(stateOf(JSON.stringify(node('Running', 'Stopped')), [])).toBe('stopped');
    expect(stateOf(JSON.stringify(node('Running', 'Paused')), [])).toBe('paused');
    expect(stateOf('* Profile "x" not found.', ['* Profile "x" not found.'])).toBe('missing');
    expect(stateOf('', ['it is broken'])).toBeUndefined();
  });

  it('names the runtime of the profile, docker where it says nothing', () => {
    const profile = (Name: string, ContainerRuntime: string) => ({
      Name,
      Config: { KubernetesConfig: { ContainerRuntime } },
    });
    const list = JSON.stringify({ valid: [profile('a', 'containerd'), profile('b', '')] });
    expect([runtimeOf(list, 'a'), runtimeOf(list, 'b'), runtimeOf(list, 'c')]).toEqual([
      'containerd',
      'docker',
      'docker',
    ]);
  });
});

describe('images', () => {
  it('are found once each, and only those that are built here', () => {
    expect(imagesIn(parseManifest(MANIFEST))).toEqual([
      { reference: 'cdk8s-services/mysql:4f1c09ab77e2', name: 'mysql' },
      { reference: 'cdk8s-services/nginx:0123456789ab', name: 'nginx' },
    ]);
  });

  it('are not found for services that are left out', () => {
    const manifests = without([{ file: 'a.yaml', objects: parseManifest(MANIFEST) }], ['mysql']);
    expect(imagesIn(manifests.flatMap(({ objects }) => objects)).map(({ name }) => name)).toEqual(['nginx']);
  });

  it('refuse to be the latest', () => {
    const objects = parseManifest(MANIFEST.replaceAll('4f1c09ab77e2', 'latest'));
    expect(() => imagesIn(objects)).toThrow(/'cdk8s-services\/mysql:latest' names no version/);
  });

  it('are built in steps that BuildKit and the legacy builder write differently', () => {
    expect(buildStep('Step 3/12 : RUN apt-get update')).toBe('3/12 RUN apt-get update');
    expect(buildStep('#7 [build 2/5] RUN  make')).toBe('build 2/5 RUN make');
    expect(buildStep('#5 [1/4] FROM docker.io/library/debian')).toBe('1/4 FROM docker.io/library/debian');
    expect(buildStep('#7 12.3 Reading package lists')).toBeUndefined();
    expect(buildStep('#1 [internal] load build definition')).toBeUndefined();
    expect(buildStep(`Step 1/1 : RUN ${'x'.repeat(500)}`)).toHaveLength(100);
  });

  it('show the end of a build that fails, from its last step on', () => {
    const lines = [
      'DEPRECATED: The legacy builder',
      'Step 1/2 : FROM x',
      ' ---> 1',
      'Step 2/2 : RUN y',
      ' ---> Running in 2',
      'bad',
    ];
    expect(lastOfBuild(lines)).toEqual(['Step 2/2 : RUN y', 'bad']);
  });
});

describe('selection', () => {
  it('refuses a service that is not there, and names those that are', () => {
    const select = () => without([{ file: 'a.yaml', objects: parseManifest(MANIFEST) }], ['mysqll']);
    expect(select).toThrow(expect.objectContaining({ exitCode: 64, next: 'use some of: mysql, web' }));
    const bare = parseManifest(MANIFEST.replaceAll('app.kubernetes.io/instance', 'app'));
    expect(() => without([{ file: 'a.yaml', objects: bare }], ['web'])).toThrow(
      expect.objectContaining({ next: expect.stringContaining("'app.kubernetes.io/instance: <service>'") }),
    );
  });

  it('takes several servers for the one service that they are', () => {
    const second = MANIFEST.replace('instance: mysql }', 'instance: mysql-1, cdk8s-services/servers-of: mysql }');
    const [left] = without([{ file: 'a.yaml', objects: parseManifest(second) }], ['mysql']);
    expect(left?.objects.map(({ metadata }) => metadata.name)).toEqual(['web']);
  });
});

describe('YAML', () => {
  it('is read by the rules of version 1.1, as kubectl reads it', () => {
    expect(parseManifest('{ a: yes, b: 0440, c: "yes" }\n---\n')).toEqual([{ a: true, b: 288, c: 'yes' }]);
    expect(parseManifest('{ a: 2026-11-21, b: 12:30, c: 0o440 }')).toEqual([{ a: '2026-11-21', b: '12:30', c: 288 }]);
  });

  it('is of objects, those of lists too', () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' } };
    const list = (kind: string, ...items: object[]) => ({ apiVersion: 'v1', kind, items });
    const text = ['# nothing', config, list('List', list('ConfigMapList', config)), list('List')]
      .map((document) => (typeof document === 'string' ? document : JSON.stringify(document)))
      .join('\n---\n');
    expect(readManifest('web.yaml', text, 'up')).toEqual([config, config]);
  });

  it.each([
    ['kind: ConfigMap\nmetadata:\n\tname: web', /^web\.yaml is no YAML: tab characters .*\(3:1\)$/],
    ['text', /^web\.yaml has what is no object of Kubernetes: object 1 has no apiVersion, no kind, no metadata$/],
    ['{ apiVersion: v1, kind: ConfigMap }', /: object 1 has no metadata$/],
    ['{ kind: List, items: [{ apiVersion: v1, metadata: {} }] }', /: object 1 has no kind$/],
    ['{ kind: List, items: [null] }', /: object 1 has no apiVersion, no kind, no metadata$/],
  ])('is refused by the name of its file: %j', (text, cause) => {
    expect(() => readManifest('web.yaml', text, 'up')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(cause),
        next: 'fix what writes web.yaml, then run: up',
      }),
    );
  });
});

describe('what commands say', () => {
  const otherwise = { cause: 'image x does not build', next: 'fix it' };

  it.each([
    ['write /var/lib/x: no space left on device', /^the disk is full: image x/],
    ['Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?', /^docker is not running: /],
    ['The connection to the server 192.0.2.1:8443 was refused - did you', /^the cluster's API does not answer: /],
    ['something else', /^image x does not build$/],
  ])('finds the cause of %s', (line, cause) => {
    expect(failureOf(['first', line, 'last'], otherwise, 'npm run up').message).toMatch(cause);
  });
});

describe('the command to run again', () => {
  const of = (argv: string[], env = {}) => Invocation.of(argv, env, '/shop');

  it('is the one that was typed', () => {
    const argv = ['node', '/shop/lib/cli.js', 'up', '--without', 'a b'];
    expect(of(argv).again).toBe("node lib/cli.js up --without 'a b'");
    expect(of(argv, { npm_lifecycle_event: 'up' }).again).toBe("npm run up -- --without 'a b'");
    expect(of(['node', '/elsewhere/cli.js', 'down']).again).toBe('cdk8s-services down');
    const npx = { npm_lifecycle_event: 'npx', ENVIRONMENT: 'cluster' };
    expect(of(['node', '/elsewhere/cli.js', 'images', '--push'], npx).again).toBe(
      'ENVIRONMENT=cluster npx cdk8s-services images --push',
    );
  });

  it('takes one option more', () => {
    const argv = ['node', '/shop/lib/cli.js', 'down'];
    expect(of(argv).with('--yes')).toBe('node lib/cli.js down --yes');
    expect(of(argv, { npm_lifecycle_event: 'down' }).with('--yes')).toBe('npm run down -- --yes');
  });

  it('is followed by others in the same words', () => {
    const npx = { npm_lifecycle_event: 'npx', ENVIRONMENT: 'cluster' };
    const argv = ['node', '/elsewhere/cli.js', 'restore', 'mysql'];
    expect(of(argv, npx).other('backups', ['mysql'])).toBe('ENVIRONMENT=cluster npx cdk8s-services backups mysql');
    expect(of(argv, { npm_lifecycle_event: 'restore' }).other('backups', ['mysql'])).toBe('npm run backups -- mysql');
    expect(of(argv, { npm_lifecycle_event: 'restore' }).other('backups', [])).toBe('npm run backups');
  });
});
