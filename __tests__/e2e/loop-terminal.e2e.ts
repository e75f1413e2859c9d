/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 4
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ApiObject, type App, Chart } from 'cdk8s';
import { get, kubectl, NAMESPACE } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { type Result, run } from './runner/run';
import { waitUntil } from './runner/wait';

const OWN = `${MARK}-terminal`;
const CLI = resolve('lib/cli.js');
/** Counts; each line says whose it is and since when. */
const count = (limit: number) =>
  `began=$(date +%s%N); n=0; while [ $n -lt ${limit} ]; do n=$((n+1)); echo "$HOSTNAME $began $n"; sleep 0.01; done; exit 3`;

let context: string;
const services = async () => {
  const { items } = await get(['deployments,statefulsets']);
  const names: string[] = items.map(({ metadata }: any) => metadata.labels['app.kubernetes.io/instance']);
  return names.filter((name) => name !== 'grafana' || !FACTS.grafanaMissing);
};
const cli = (...words: string[]): Promise<Result> => run(process.execPath, [CLI, ...words, '-p', context]);

describe('in the terminal', () => {
  setUp(async () => {
    context = (await kubectl(['config', 'current-context'])).trim();
    const [{ image }] = (await get(['deployment', 'nginx'])).spec.template.spec.containers;
    await applyOwn(addCounters(image));
    await kubectl(['-n', OWN, 'rollout', 'status', 'deployment/counter', '--timeout=60s'], { seconds: 70 });
  }, 150);
  afterAll(removeOwn);

  check(
    'logs follow a service whose pods are deleted, rolled and crash, without a line lost or twice',
    { of: ['counter'], namespace: () => OWN, seconds: 180 },
    async () => {
      const following = new Following('logs', '-f', 'counter', '-n', OWN, '-p', context);
      await following.hears(/steady \|/);
      const [first, second] = (await get(['pods'], OWN)).items.map(({ metadata }: any) => metadata.name);
      await kubectl(['-n', OWN, 'delete', 'pod', first, '--wait=false']);
      await following.hears(new RegExp(`${first} is gone`));
      await kubectl(['-n', OWN, 'rollout', 'restart', 'deployment/counter']);
      await following.hears(new RegExp(`${second} is gone`), 60);
      await following.hears(/restarted \d+×/, 60);
      // what crashes is read to its end, and so is what crashes next, from its beginning
      const crashed = () =>
        [...runsIn(following.said)].filter(([key, numbers]) => key.includes('/crashing') && numbers.at(-1) === 400);
      await waitUntil('two crashes', async () => crashed().length >= 2, { seconds: 60 });
      expect(await following.interrupt()).toBe(130);

      const runs = runsIn(following.said);
      const pods = new Set([...runs.keys()].map((key) => key.split('/')[0]));
      expect(pods.size).toBeGreaterThanOrEqual(4);
      const broken = [...runs].flatMap(([key, numbers]) =>
        numbers.flatMap((number, index) => {
          const before = numbers[index - 1];
          return before === undefined || number === before + 1 ? [] : [`${key}: ${number} after ${before}`];
        }),
      );
      expect(broken).toEqual([]);
    },
  );

  check('logs --previous show what crashed', { of: [], seconds: 60 }, async () => {
    await waitUntil(
      'a crash',
      async () => /crashing ended with exit code 3/.test((await cli('logs', '--previous', '-n', OWN)).stderr),
      { seconds: 40 },
    );
    const { stdout } = await cli('logs', 'counter', '--previous', '--tail', '1', '-n', OWN);
    expect(stdout).toMatch(/^counter-\S+\/crashing \| \S+ \d+ 400$/m);
    expect(stdout).not.toContain('/steady');
  });

  check('logs of the app have lines of each service, in the order of time', { of: [] }, async () => {
    const { code, stdout } = await cli('logs', '--tail', '3', '--timestamps', '--no-follow');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const times = lines.map((line) => /^\S+ \| (\S+) /.exec(line)?.[1] ?? '');
    expect(times).toEqual([...times].sort());
    const silent = (await services()).filter((name) => !lines.some((line) => line.startsWith(`${name}-`)));
    expect(silent).toEqual([]);
  });

  check('shell runs a command in each service, and passes on its exit code', { of: [] }, async () => {
    const names = await services();
    const ran = await Promise.all(
      names.map((name) => cli('shell', name, '-n', NAMESPACE, '--', 'sh', '-c', 'id -u; exit 7')),
    );
    expect(ran.map(({ code, stdout }, index) => [names[index], code, stdout])).toEqual(
      names.map((name) => [name, 7, '10001\n']),
    );
  });

  check('shell passes on what it reads', { of: [] }, async () => {
    const { stdout } = await run(process.execPath, [CLI, 'shell', 'nginx', '-p', context], { input: 'echo in $0\n' });
    expect(stdout).toMatch(/^in \S*bash\n$/);
  });

  check('open prints an address that answers, of each service that has one', { of: [] }, async () => {
    const { items } = await get(['services']);
    const names: string[] = items
      .filter(({ metadata, spec }: any) => metadata.annotations?.['cdk8s-services/urls'] && spec.type !== 'ClusterIP')
      .map(({ metadata }: any) => metadata.labels['app.kubernetes.io/instance'])
      .filter((name: string) => name !== 'grafana' || !FACTS.grafanaMissing);
    expect(names).toContain('nginx');
    const opened = await Promise.all(names.map((name) => cli('open', name, '--url')));
    for (const [index, { code, stdout }] of opened.entries()) {
      const address = stdout.trim();
      expect([names[index], code, address]).toEqual([names[index], 0, expect.stringMatching(/^(https?|ftp|ssh):\/\//)]);
      // a greeting of FTP goes on until the time is over
      const [place, expected] = address.startsWith('http')
        ? [address, 0]
        : [address.replace(/^ftp:\/\/([^:/]+)(:\d+)?\//, (_, host, port = ':21') => `telnet://${host}${port}`), 28];
      const curl = await run('curl', ['-sSk', '-m', '3', '-o', '/dev/null', place]);
      expect([address, curl.code]).toEqual([address, expected]);
    }
  });

  check('open forwards a service that has no address outside, until Ctrl-C', { of: ['influxdb'] }, async () => {
    const opening = new Following('open', 'influxdb', '-p', context);
    const [, address] = await opening.hears(/(http:\/\/127\.0\.0\.1:\d+\/)/);
    const { stdout } = await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `${address}ping`]);
    expect(stdout).toBe('204');
    expect(await opening.interrupt()).toBe(130);
  });

  check('completion names live services, from the cluster too', { of: [] }, async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'nowhere-'));
    const ask = async (...words: string[]) => {
      const { code, stdout, stderr } = await run('sh', [
        '-c',
        'cd "$0" && exec "$@"',
        elsewhere,
        process.execPath,
        CLI,
        'complete',
        '--',
        ...words,
      ]);
      expect([code, stderr]).toEqual([0, '']);
      return stdout.split('\n').flatMap((line) => line.split('\t')[0] || []);
    };
    // on a busy machine the cluster may not answer in time
    const names = await waitUntil(
      'names',
      async () => {
        const found = await ask('logs', '-p', context, '-n', NAMESPACE, '');
        return found.length > 0 && found;
      },
      { seconds: 30 },
    );
    expect(names).toEqual(expect.arrayContaining(await services()));
    expect(
      await waitUntil('contexts', async () => (await ask('logs', '-p', '')).includes(context), { seconds: 30 }),
    ).toBe(true);
  });

  check('output has colours on a terminal, and none with NO_COLOR', { of: [] }, async () => {
    const on = async (env: NodeJS.ProcessEnv) =>
      (
        await run(
          'script',
          ['-qec', `${process.execPath} ${CLI} logs nginx --tail 1 --no-follow -p ${context}`, '/dev/null'],
          { env: { ...process.env, TERM: 'xterm', CI: '', ...env } },
        )
      ).stdout;
    expect(await on({})).toContain('\x1b[');
    expect(await on({ NO_COLOR: '1' })).not.toContain('\x1b[');
    expect(await on({ TERM: 'dumb' })).not.toContain('\x1b[');
  });
});

/** A command that goes on until it is interrupted. */
class Following {
  said = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  constructor(...words: string[]) {
    this.child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const hear = (chunk: Buffer) => {
      this.said += chunk;
    };
    this.child.stdout?.on('data', hear);
    this.child.stderr?.on('data', hear);
    this.ended = new Promise((done) => this.child.on('close', done));
  }

  hears(text: RegExp, seconds = 30): Promise<RegExpExecArray> {
    return waitUntil(`${text} in what it says`, async () => text.exec(this.said) ?? undefined, {
      seconds,
      everyMs: 100,
    });
  }

  /** Ctrl-C; gives the exit code. */
  interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

/** The numbers that each life of each container has counted. */
function runsIn(text: string): Map<string, number[]> {
  const runs = new Map<string, number[]>();
  for (const [, source, began, number] of text.matchAll(/^(\S+) \| \S+ (\d+) (\d+)$/gm)) {
    const key = `${source} ${began}`;
    runs.set(key, [...(runs.get(key) ?? []), Number(number)]);
  }
  return runs;
}

/** An app of others: none of our constructs, and none of our labels. One container goes on, the other one crashes. */
const addCounters = (image: string) => (app: App) => {
  const chart = new Chart(app, 'counters', { namespace: OWN, disableResourceNameHashes: true });
  const metadata = { name: OWN, namespace: undefined };
  new ApiObject(chart, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata });
  const container = (name: string, limit: number) => ({
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', count(limit)],
  });
  new ApiObject(chart, 'counter', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'counter' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'counter' } },
      template: {
        metadata: { labels: { app: 'counter' } },
        spec: {
          terminationGracePeriodSeconds: 2,
          containers: [container('steady', 1_000_000), container('crashing', 400)],
        },
      },
    },
  });
};
