import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, stage, WEB } from '../../support/stage';

const pod = (name: string, created: string, isReady: boolean, more: object = {}) => ({
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    creationTimestamp: created,
    labels: { 'app.kubernetes.io/instance': 'web' },
    ...more,
  },
  spec: { containers: [{ name: 'proxy' }, { name: 'web' }] },
  status: {
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    containerStatuses: [
      { name: 'proxy', state: { running: {} }, ready: true },
      { name: 'web', state: { running: {} }, ready: isReady },
    ],
  },
});
const OLD = pod('web-old', '2026-11-20T00:00:00Z', true);
const NEW = pod('web-new', '2026-11-21T00:00:00Z', true);
const UNREADY = pod('web-unready', '2026-11-21T01:00:00Z', false);
const ENDING = pod('web-ending', '2026-11-21T02:00:00Z', true, { deletionTimestamp: '2026-11-21T03:00:00Z' });

describe('cdk8s-services shell', () => {
  const shop = (pods: object[], exec = 'cat; exit 7', find = 'echo /bin/bash') => {
    const made = stage({
      kubectl: `case "$*" in
        *'command -v bash'*) ${find} ;;
        *exec*) ${exec} ;;
        *'get deployments'*) echo '${JSON.stringify({ items: [WEB] })}' ;;
        *'get pods'*) echo '${JSON.stringify({ items: pods })}' ;;
      esac`,
    });
    mkdirSync(join(made.folder, 'dist'));
    writeFileSync(join(made.folder, 'dist', 'web.yaml'), JSON.stringify(WEB));
    return made;
  };
  const entered = (made: ReturnType<typeof shop>) => made.calls('kubectl').trim().split('\n').at(-1);

  it('enters the newest pod that is ready, and the container of its name, with the better shell', async () => {
    const made = shop([OLD, NEW, UNREADY, ENDING]);
    expect((await made.run('shell', 'web')).code).toBe(7);
    expect(entered(made)).toBe('--context minikube -n shop exec web-new -c web -i -- /bin/bash');
  });

  it('runs what it is told, and passes on its exit code and what goes in and out', () => {
    const made = shop([NEW]);
    const run = spawnSync(process.execPath, [CLI, 'shell', 'web', '-c', 'proxy', '--', 'wc', '-l'], {
      cwd: made.folder,
      env: { PATH: join(made.folder, 'bin'), CALLS: join(made.folder, 'calls') },
      input: 'typed',
      encoding: 'utf8',
    });
    expect([run.status, run.stdout, run.stderr]).toEqual([7, 'typed', '']);
    expect(entered(made)).toBe('--context minikube -n shop exec web-new -c proxy -i -- wc -l');
  });

  it('takes the container that the pod means', async () => {
    const made = shop([
      pod('web-new', '', true, { annotations: { 'kubectl.kubernetes.io/default-container': 'proxy' } }),
    ]);
    await made.run('shell', 'web', '--', 'true');
    expect(entered(made)).toContain('exec web-new -c proxy ');
  });

  it('enters a sidecar, and names it', async () => {
    const init = {
      initContainerStatuses: [
        { name: 'side', state: { running: {} } },
        { name: 'init', state: { terminated: {} } },
      ],
    };
    const made = shop([{ ...NEW, status: { ...NEW.status, ...init } }]);
    await made.run('shell', 'web', '-c', 'side', '--', 'true');
    expect(entered(made)).toContain('exec web-new -c side ');
    expect((await made.run('shell', 'web', '-c', 'init')).stderr).toContain('next: use one of: proxy, web, side\n');
  });

  it('names a next command for the namespace that it was given', async () => {
    expect((await shop([]).run('shell', 'web', '-n', 'shop')).stderr).toContain(
      '\nnext: npm run logs -- web -n shop\n',
    );
  });

  it('enters a pod that is not ready where there is no other one, and says so', async () => {
    const { code, stderr } = await shop([UNREADY], 'exit 0').run('shell', 'web');
    expect([code, stderr]).toEqual([0, 'web-unready: web runs and is not ready yet\n']);
  });

  it('is ended by Ctrl-C where there is no terminal', async () => {
    const made = shop([NEW], 'echo begun; exec sleep 20');
    const { child, result, said } = made.start('shell', 'web', '--', 'x');
    await said('begun');
    child.kill('SIGINT');
    expect((await result).code).toBe(130);
  });

  it.each([
    ['no pod', shop.bind(null, []), ['web'], 1, /no pod of web runs\nnext: npm run logs -- web\n/],
    [
      'an unknown container',
      shop.bind(null, [NEW]),
      ['web', '-c', 'x'],
      64,
      /'x' is no container .*\nnext: use one of: proxy, web\n/,
    ],
    ['an unknown service', shop.bind(null, [NEW]), ['nobody'], 64, /'nobody' is no service\nnext: use one of: web\n/],
    [
      'no shell',
      shop.bind(null, [NEW], '', `echo 'exec: "sh": executable file not found in $PATH' >&2; exit 1`),
      ['web'],
      1,
      /container web of web-new has no shell\nnext: kubectl .* debug -it web-new .*--target=web --profile=restricted\n/,
    ],
    [
      'no right',
      shop.bind(null, [NEW], '', 'echo "pods is forbidden" >&2; exit 1'),
      ['web'],
      1,
      /web-new cannot be entered\n {2}\| pods is forbidden\nnext: kubectl .* auth can-i create pods\/exec\n/,
    ],
  ])('says what to do where there is %s', async (_, make, args, code, says) => {
    const result = await make().run('shell', ...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(says);
  });
});
