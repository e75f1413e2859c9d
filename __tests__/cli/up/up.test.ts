import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refusal } from '../../support/cluster';
import { SCRIPTS, SHOP, stage, WEB } from '../../support/stage';

describe('cdk8s-services up', () => {
  it('applies to the profile, whatever context the user has chosen, and builds nothing that is there', async () => {
    const shop = stage();
    const { code, stdout, stderr } = await shop.run('up');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('web: 1/1 ready');
    expect(shop.api.applied.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap cdk8s-services.shop',
      'Deployment web',
    ]);
    expect(shop.calls('docker')).not.toContain('build');
    const calls = shop.calls('kubectl').trim().split('\n');
    expect(calls.filter((call) => !/^--context minikube |^config get-contexts/.test(call))).toEqual([]);
    expect(shop.written()).toContain('PATCH /apis/apps/v1/namespaces/shop/deployments/web');
    expect(existsSync(join(shop.folder, 'dist', 'web.yaml'))).toBe(true);
  });

  it('lets nobody else read what the app writes, such as Secrets, whatever the umask is', async () => {
    const shop = stage();
    const umask = process.umask(0o000);
    expect((await shop.run('up')).code).toBe(0);
    process.umask(umask);
    expect(statSync(join(shop.folder, 'dist', 'web.yaml')).mode & 0o077).toBe(0);
    expect(statSync(join(shop.folder, '.build')).mode & 0o777).toBe(0o777);
  });

  it('leaves out what it is told to', async () => {
    const shop = stage();
    expect((await shop.run('up', '--without', 'web')).code).toBe(0);
    expect(shop.api.applied.map(({ kind }) => kind)).toEqual(['ConfigMap']);
    expect(shop.calls('docker')).toBe('');
  });

  it('names a cdk8s.yaml that cannot be read, also where it is saved while it is watched', async () => {
    const shop = stage();
    const path = join(shop.folder, 'cdk8s.yaml');
    const { child, result, said } = shop.start('up', '--watch');
    await said('watching: save a file');
    writeFileSync(path, 'app: [');
    await said('synthesize: failed');
    child.kill('SIGINT');
    const wrong = `${path} is no YAML: unexpected end of the stream within a flow collection`;
    expect((await result).stderr).toContain(`\nfailed at 'synthesize': ${wrong}`);
    const { code, stderr } = await shop.run('up');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`up failed at 'check tools': ${wrong}`)]);
    expect(stderr).toContain(`\nnext: mend ${path}\n`);
  });

  it('names every tool that is missing, and where it is had', async () => {
    const { code, stderr } = await stage({ docker: undefined, kubectl: undefined }).run('up');
    expect(code).toBe(1);
    expect(stderr).toContain("up failed at 'check tools': docker and kubectl are not on PATH");
    expect(stderr).toContain('docker: install it from https://docs.docker.com/get-docker/');
    expect(stderr).toContain('next: install docker and kubectl, then run: npm run up\n');
  });

  it('starts minikube if it is stopped, and tells why it does not start', async () => {
    const minikube = `case "$*" in
      *status*) echo '{"Name":"minikube","Host":"Stopped","APIServer":"Stopped"}'; exit 7 ;;
      *start*) echo '* Starting'; echo 'X Exiting due to PROVIDER_DOCKER_NOT_RUNNING: deadline exceeded' >&2; exit 69 ;;
    esac`;
    const { code, stdout, stderr } = await stage({ minikube }).run('up');
    expect(code).toBe(1);
    expect(stdout).toContain('cluster: minikube is stopped, starting it');
    expect(stderr).toContain("up failed at 'cluster': docker is not running: minikube does not start");
    expect(stderr).toMatch(/next: start Docker Desktop, .*, then run: npm run up\n/);
  });

  it('refuses a kubeconfig that does not know the profile', async () => {
    const kubectl =
      'case "$*" in *get-contexts*) echo production ;; *) echo "error: no such context" >&2; exit 1 ;; esac';
    const { code, stderr } = await stage({ kubectl }).run('up');
    expect(code).toBe(1);
    expect(stderr).toContain("the kubeconfig has no context 'minikube'\nnext: minikube -p minikube update-context");
  });

  it('shows the end of a build that fails, keeps all of it, and applies nothing', async () => {
    const docker = `case "$1" in
      images) ;;
      build) echo 'Step 1/2 : FROM x'; echo 'Step 2/2 : RUN make'; echo 'make: *** no rule' >&2; exit 1 ;;
    esac`;
    const shop = stage({ docker });
    const { code, stdout, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stdout).toContain('nginx: building: 2/2 RUN make');
    expect(stderr).toContain("up failed at 'build images': image 'nginx' does not build: it fails at 2/2 RUN make");
    expect(stderr).toContain('  | make: *** no rule\n');
    expect(readFileSync(join(shop.folder, '.build', 'logs', 'nginx.log'), 'utf8')).toContain('Step 1/2 : FROM x\n');
    expect(shop.api.applied).toEqual([]);
  });

  it('loads images where the runtime is not docker', async () => {
    const minikube = `${SCRIPTS.minikube?.replace('"docker"', '"containerd"')}; case "$*" in *'image ls'*) echo docker.io/other:1 ;; esac`;
    const shop = stage({ minikube });
    expect((await shop.run('up')).code).toBe(0);
    expect(shop.calls('minikube')).toContain('-p minikube image load cdk8s-services/nginx:0123456789ab');
    expect(shop.calls('minikube')).not.toContain('docker-env');
  });

  it('ends at Ctrl-C with all that it started, and the next run goes on', async () => {
    const docker = `case "$1" in
      images) [ -e "$CALLS/again" ] && echo cdk8s-services/nginx:0123456789ab; exit 0 ;;
      build) echo 'Step 1/1 : RUN sleep'; sh -c 'sleep 30; echo late >"$CALLS/late"' ;;
    esac`;
    const shop = stage({ docker });
    const { child, result, said } = shop.start('up');
    await said('1/1 RUN sleep');
    const before = Date.now();
    child.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    expect([code, Date.now() - before < 15_000]).toEqual([130, true]);
    expect(stdout).toContain('nginx: interrupted');
    expect(stderr).toBe("\nup interrupted at 'build images'\nnext: npm run up, which goes on from there\n");
    expect(shop.api.applied).toEqual([]);
    writeFileSync(join(shop.folder, 'calls', 'again'), '');
    expect((await shop.run('up')).code).toBe(0);
  });

  it('leaves nothing half done when Ctrl-C comes during the synthesis', async () => {
    const shop = stage(
      {},
      'mkdir "$CDK8S_OUTDIR"; echo half >"$CDK8S_OUTDIR/web.yaml"; : >"$CALLS/half"; sleep 30; exit 0',
    );
    const { child, result, said } = shop.start('up');
    await said('cluster: minikube runs');
    while (!existsSync(join(shop.folder, 'calls', 'half'))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGINT');
    expect((await result).code).toBe(130);
    expect(existsSync(join(shop.folder, 'dist'))).toBe(false);
    expect(readdirSync(join(shop.folder, '.build'))).toEqual([]);
    expect(shop.api.applied).toEqual([]);
  });

  it('tells step and next command even where nobody expected a failure', async () => {
    const shop = stage();
    writeFileSync(join(shop.folder, '.build'), 'a file where a folder is needed');
    const { code, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\nup failed at 'synthesize': .*\.build.*\nnext: npm run up\n$/);
  });

  it('applies nothing of a synthesis that fails, and leaves the last output alone', async () => {
    const shop = stage(
      {},
      'mkdir "$CDK8S_OUTDIR"; echo half >"$CDK8S_OUTDIR/web.yaml"; echo "shop/web: no" >&2; exit 1',
    );
    mkdirSync(join(shop.folder, 'dist'));
    writeFileSync(join(shop.folder, 'dist', 'old.yaml'), '');
    const { code, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stderr).toContain("up failed at 'synthesize': the app of cdk8s.yaml fails\n  | shop/web: no\n");
    expect(existsSync(join(shop.folder, 'dist', 'old.yaml'))).toBe(true);
    expect(shop.api.applied).toEqual([]);
  });

  it('shows what the synthesis says, such as where credentials are', async () => {
    const app = 'mkdir "$CDK8S_OUTDIR"; cp web.yaml "$CDK8S_OUTDIR"; echo "made 3 credentials" >&2';
    expect((await stage({}, app).run('up')).stderr).toBe('made 3 credentials\n');
  });

  it('tells which Service has the node port of another one', async () => {
    const shop = stage();
    const service = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop' },
      spec: { ports: [{ port: 80 }, { port: 443, nodePort: 30080 }] },
    });
    shop.has(SHOP, service('old'));
    writeFileSync(join(shop.folder, 'web.yaml'), JSON.stringify(service('web')));
    const taken = {
      field: 'spec.ports[1].nodePort',
      message: 'Invalid value: 30080: provided port is already allocated',
    };
    shop.api.answers(({ method, path }) =>
      method === 'PATCH' && path.endsWith('/services/web')
        ? refusal(422, 'Invalid', `Service "web" is invalid: ${taken.field}: ${taken.message}`, [taken])
        : undefined,
    );
    const { code, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stderr).toContain(
      `node port 30080 is taken by Service old in namespace shop\n  | Service web: ${taken.field}: ${taken.message}\n`,
    );
    expect(stderr).toMatch(/or 'kubectl --context minikube -n shop delete service old', then run: npm run up\n$/);
  });

  it('tells all objects that the API refuses, after it has tried the others', async () => {
    const shop = stage();
    const config = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } });
    const database = { ...WEB, kind: 'StatefulSet', metadata: { ...WEB.metadata, name: 'db' } };
    const objects = [config('a'), config('b'), config('c'), database];
    shop.has(SHOP);
    writeFileSync(join(shop.folder, 'web.yaml'), objects.map((one) => JSON.stringify(one)).join('\n---\n'));
    shop.api.answers(({ method, path }) =>
      method === 'PATCH' && /\/configmaps\/[ab]$/.test(path)
        ? refusal(403, 'Forbidden', 'exceeded quota: few, requested: count/configmaps=1')
        : undefined,
    );
    const { code, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stderr).toContain(
      "up failed at 'apply': the API refuses an object of the app\n" +
        '  | ConfigMap a: exceeded quota: few, requested: count/configmaps=1\n' +
        '  | ConfigMap b: exceeded quota: few, requested: count/configmaps=1\n' +
        'next: ask for less, or raise the quota: kubectl --context minikube -n shop describe resourcequota few, then run: npm run up\n',
    );
    expect(shop.cluster().map(({ metadata }) => metadata.name)).toContain('c');
    expect(shop.cluster().map(({ metadata }) => metadata.name)).not.toContain('db');
  });

  it('tells what is wrong when the API does not answer', async () => {
    const shop = stage();
    shop.api.answers(() => ({ status: 500, text: 'dial tcp 127.0.0.1:8443: connect: connection refused' }));
    const { code, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stderr).toContain(
      "the cluster's API does not answer: 500, dial tcp 127.0.0.1:8443: connect: connection refused\n",
    );
    expect(stderr).toContain('next: kubectl --context minikube get --raw /readyz, then run: npm run up\n');
  });

  it('ends a wait with the reason, at its time', async () => {
    const shop = stage();
    const waiting = { reason: 'ErrImageNeverPull', message: 'x' };
    const pod = {
      kind: 'Pod',
      metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'shop/web:1' }] },
      status: { containerStatuses: [{ name: 'web', restartCount: 0, state: { waiting } }] },
    };
    shop.has(SHOP, { ...WEB, status: {} }, pod);
    const { code, stderr } = await shop.run('up', '--timeout', '1s');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /up failed at 'wait for workloads': Deployment web is not ready.*: image shop\/web:1 is not/,
    );
    expect(stderr).toContain(
      'next: minikube -p minikube image load shop/web:1, then run: npm run up -- --timeout 1s\n',
    );
  });

  it('ends its wait for a namespace that something holds, with what the API says of it', async () => {
    const message = 'Discovery failed for some groups, 1 failing: metrics.k8s.io/v1beta1';
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop' },
      status: {
        phase: 'Terminating',
        conditions: [
          { status: 'True', message },
          { status: 'False', message: 'fine' },
        ],
      },
    };
    const shop = stage({}, 'mkdir "$CDK8S_OUTDIR"; cp "$CALLS/../namespace.json" "$CDK8S_OUTDIR/0.yaml"');
    writeFileSync(join(shop.folder, 'namespace.json'), JSON.stringify(namespace));
    shop.has(namespace);
    const { code, stderr } = await shop.run('up', '--timeout', '1s');
    expect(code).toBe(1);
    expect(stderr).toBe(
      `\nup failed at 'lock': namespace shop is Terminating after 1 s\n  | ${message}\n` +
        'next: kubectl --context minikube describe namespace shop, and when it is free run: npm run up -- --timeout 1s\n',
    );
  });

  it.each([
    [['up', '--wat']],
    [['up', 'web']],
    [['up', '--timeout', '5']],
    [['up', '--without', 'nobody']],
    [['down', '--volumes']],
    [['sideways']],
    [[]],
  ])('takes %j for bad usage', async (args) => {
    const { code, stderr } = await stage().run(...args);
    expect(code).toBe(64);
    expect(stderr).not.toBe('');
  });
});

describe('cdk8s-services down', () => {
  const foreign = { ...WEB, metadata: { ...WEB.metadata, name: 'other' } };
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'shop' } };
  const shop = async () => {
    const shop = stage();
    shop.has(SHOP);
    writeFileSync(join(shop.folder, 'web.yaml'), [claim, WEB].map((o) => JSON.stringify(o)).join('\n---\n'));
    expect((await shop.run('up')).code).toBe(0);
    shop.has(...shop.cluster(), foreign);
    return shop;
  };
  const names = (objects: readonly any[]) => objects.map(({ metadata }) => metadata.name);

  it('deletes what carries the mark of up, and keeps volumes', async () => {
    const it = await shop();
    const { code, stdout } = await it.run('down');
    expect(code).toBe(0);
    expect(names(it.api.deleted)).toEqual(['web']);
    expect(stdout).toContain('the data in data\nto delete that too: npm run down -- --volumes\n');
  });

  it('deletes volumes when it is told twice', async () => {
    const it = await shop();
    expect((await it.run('down', '--volumes', '--yes')).code).toBe(0);
    expect(names(it.api.deleted)).toEqual(['web', 'data']);
  });

  it('says what the API does not delete', async () => {
    const it = await shop();
    it.api.answers(({ method, path }) =>
      method === 'DELETE' && path.endsWith('/web')
        ? refusal(403, 'Forbidden', 'deployments "web" is forbidden')
        : undefined,
    );
    const { code, stderr } = await it.run('down');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'down failed at \'delete objects\': the API does not delete everything\n  | Deployment web: deployments "web" is forbidden\n',
    );
  });

  it('without a terminal says how to delete volumes, and deletes nothing', async () => {
    const shop = stage();
    const { code, stderr } = await shop.run('down', '--volumes');
    expect(code).toBe(64);
    expect(stderr).toContain('next: npm run down -- --volumes --yes\n');
    expect(shop.api.deleted).toEqual([]);
  });
});
