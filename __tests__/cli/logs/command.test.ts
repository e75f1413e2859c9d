import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../../cli/machine/alive';
import { CLI, type Stage, stage, WEB } from '../../support/stage';

const running = (name: string, more: object = {}) => ({
  name,
  containerID: `x-${name}`,
  restartCount: 0,
  state: { running: {} },
  ...more,
});
const waiting = {
  name: 'web',
  restartCount: 0,
  state: { waiting: { reason: 'ErrImageNeverPull', message: 'Container image "web:2" is not present' } },
};
const pod = (name: string, containerStatuses: object[], initContainerStatuses: object[] = []) => ({
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid: name, labels: { 'app.kubernetes.io/instance': 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:2' }] },
  status: { containerStatuses, initContainerStatuses },
});
const line = (second: number, text: string) => `2026-11-21T10:00:0${second}.000000000Z ${text}\n`;

describe('cdk8s-services logs', () => {
  const shop = (pods: object[], logs: { readonly [source: string]: string }) => {
    const made = stage();
    mkdirSync(join(made.folder, 'dist'));
    writeFileSync(join(made.folder, 'dist', 'web.yaml'), JSON.stringify(WEB));
    const strangers = pod('other-1', [running('other')]);
    strangers.metadata.labels['app.kubernetes.io/instance'] = 'other';
    made.has(...pods, strangers);
    for (const [source, text] of Object.entries({ ...logs, 'other-1/other': line(1, 'of others') })) {
      made.api.logs.set(source, text);
    }
    return made;
  };
  const says = ({ api: { logs } }: Stage, source: string, text: string) =>
    logs.set(source, `${logs.get(source)}${text}`);
  /** The proxy's process, once it has ended. */
  const proxyEnded = async (made: Stage) => {
    while (isAlive(Number(made.calls('proxy')))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const two = [pod('web-1', [running('web'), running('helper')]), pod('web-2', [running('web')])];
  const logs = {
    'web-1/web': line(1, 'one') + line(4, 'four'),
    'web-1/helper': line(3, 'three'),
    'web-2/web': line(2, '\x1b[31mtwo\x1b[0m'),
  };

  it('prints what all containers have said, in the order of time, and ends where there is no terminal', async () => {
    const made = shop(two, logs);
    expect(await made.run('logs')).toEqual({
      code: 0,
      stdout: 'web-1/web | one\nweb-2/web | two\nweb-1/helper | three\nweb-1/web | four\n',
      stderr: '',
    });
    expect((await made.run('logs', 'web', '-c', 'helper')).stdout).toBe('web-1/helper | three\n');
    expect((await made.run('logs', '--tail', '1')).stdout).not.toContain('one');
    await proxyEnded(made);
  });

  it('goes on with --follow until Ctrl-C, which is 130, and leaves nothing behind', async () => {
    const made = shop(two, logs);
    const { child, result, said } = made.start('logs', '-f', '--tail', '1');
    await said('four');
    says(made, 'web-1/web', line(5, 'five'));
    await said('five');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    expect([code, stderr]).toEqual([130, '']);
    expect(stdout).toBe('web-2/web | two\nweb-1/helper | three\nweb-1/web | four\nweb-1/web | five\n');
    await proxyEnded(made);
  });

  it('goes on where an answer is cut short', async () => {
    const made = shop(two, logs);
    const { child, result, said } = made.start('logs', '-f');
    await said('four');
    const cut = new Promise<void>((resolve) => {
      const again = made.api.answers(({ path, query }) => {
        if (!path.endsWith('/pods') || query.has('watch')) {
          return undefined;
        }
        again();
        resolve();
        return { status: 200, isCut: true };
      });
    });
    while (made.api.streaming < 4) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    made.api.cut();
    await cut;
    says(made, 'web-1/web', line(5, 'five'));
    await Promise.race([said('five'), result]);
    child.kill('SIGINT');
    const { code, stderr } = await result;
    expect([code, stderr]).toEqual([130, 'the cluster does not answer, it is asked again: aborted\n']);
  });

  it('ends when nobody reads any more', async () => {
    const made = shop(two, logs);
    const env = { PATH: join(made.folder, 'bin'), CALLS: join(made.folder, 'calls') };
    const child = spawn(process.execPath, [CLI, 'logs', '-f'], {
      cwd: made.folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout?.once('data', () => child.stdout?.destroy());
    const more = setInterval(() => says(made, 'web-1/web', line(6, 'more')), 50);
    const code = await new Promise((resolve) => child.on('close', resolve));
    clearInterval(more);
    expect(code).toBe(0);
  });

  it('says of a pod without a log why that is', async () => {
    const { code, stdout, stderr } = await shop([pod('web-3', [waiting])], {}).run('logs');
    expect([code, stdout, stderr]).toEqual([0, '', 'web-3: ErrImageNeverPull: image web:2 is not on the node\n']);
  });

  it('has init containers that run or have failed, and not those that have done their work', async () => {
    const ended = (exitCode: number) => ({ state: { terminated: { exitCode, containerID: 'y' } } });
    const init = [running('done', ended(0)), running('broken', ended(2))];
    const made = shop([pod('web-1', [waiting], init)], {
      'web-1/done': line(1, 'well done'),
      'web-1/broken': line(2, 'no such table'),
    });
    expect((await made.run('logs')).stdout).toBe('web-1/broken | no such table\n');
  });

  it('shows with --previous what containers said before they crashed', async () => {
    const crashed = running('web', {
      restartCount: 3,
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', containerID: 'y' } },
    });
    const made = shop([pod('web-1', [crashed, running('helper')])], {
      'web-1/web': line(5, 'again'),
      'web-1/web/previous': line(1, 'too much'),
      'web-1/helper': line(1, 'fine'),
    });
    expect(await made.run('logs', '--previous')).toEqual({
      code: 0,
      stdout: 'web-1/web | too much\n',
      stderr: 'web-1/web ended with exit code 137 (OOMKilled)\n',
    });
    expect((await shop(two, logs).run('logs', '--previous')).stderr).toBe('no container has ended before\n');
  });

  it('takes with --previous the last end, whether it was restarted since or not, and whatever its exit code', async () => {
    const ended = (exitCode: number) => ({ terminated: { exitCode, containerID: 'y' } });
    const made = shop(
      [
        pod('web-1', [running('web', { state: ended(2), lastState: ended(1) })]),
        pod('web-2', [running('web', { lastState: ended(0) })]),
        pod('web-3', [running('web', { lastState: ended(3) })], [running('done', { state: ended(0) })]),
      ],
      { 'web-1/web': line(1, 'now'), 'web-2/web/previous': line(2, 'before'), 'web-3/done': line(3, 'done') },
    );
    const { stdout, stderr } = await made.run('logs', '--previous');
    expect(stdout).toBe('web-1/web | now\nweb-2/web | before\n');
    expect(stderr.trim().split('\n').sort()).toEqual([
      'web-1/web ended with exit code 2',
      'web-2/web ended with exit code 0',
      'web-3/web ended with exit code 3, and nothing is kept of what it said',
    ]);
  });

  it('says where no pod is', async () => {
    expect(await shop([], {}).run('logs', 'web')).toEqual({ code: 0, stdout: '', stderr: 'no pod of web is there\n' });
  });

  it.each([
    [['nobody'], /'nobody' is no service\nnext: use one of: web\n/],
    [['-c', 'nothing'], /'nothing' is no container of web\nnext: use one of: web, helper\n/],
    [['--since', '5'], /Use a number of seconds, minutes, hours or days/],
    [['--tail', 'some'], /Use a number of lines, or 'all'/],
    [['--previous', '--follow'], /cannot be used with/],
  ])('takes %j for bad usage', async (args, says) => {
    const { code, stderr } = await shop(two, logs).run('logs', ...args);
    expect(code).toBe(64);
    expect(stderr).toMatch(says);
  });

  it('says what kubectl says where it reaches nobody', async () => {
    const made = stage({ kubectl: 'echo \'error: context "minikube" does not exist\' >&2; exit 1' });
    mkdirSync(join(made.folder, 'dist'));
    writeFileSync(join(made.folder, 'dist', 'web.yaml'), JSON.stringify(WEB));
    const { code, stderr } = await made.run('logs');
    expect(code).toBe(1);
    expect(stderr).toContain(`kubectl does not reach context 'minikube': error: context "minikube" does not exist`);
  });
});
