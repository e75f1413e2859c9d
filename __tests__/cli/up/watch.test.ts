import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../../cli/app/render';
import type { KubernetesObject } from '../../../cli/cluster/object';
import type { Session } from '../../../cli/machine/session';
import { Shell } from '../../../cli/machine/shell';
import { Failure, Interrupted } from '../../../cli/terminal/failure';
import type { Progress } from '../../../cli/terminal/progress';
import { isIgnored, isOutput } from '../../../cli/up/saved';
import { watch } from '../../../cli/up/watch';

// no program is run
jest.mock('execa', () => ({}));

describe('what is watched', () => {
  it.each(['main.ts', 'constructs/nginx/nginx.conf', 'dockerfiles/nginx/Dockerfile', 'distant.ts', ''])(
    'has %j',
    (path) => {
      expect(isIgnored(path, 'dist')).toBe(false);
    },
  );

  it.each([
    'dist',
    'dist/web.yaml',
    'node_modules/cdk8s/index.js',
    'examples/blog/node_modules',
    '.git/index',
    '.credentials.json',
    'src/.main.ts.swp',
    'main.ts~',
  ])('does not have %j', (path) => {
    expect(isIgnored(path, 'dist')).toBe(true);
  });
});

describe('the output of this process', () => {
  it('is none of the files that are followed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-watch-'));
    const [log, other] = ['up.log', 'main.ts'].map((name) => join(folder, name)) as [string, string];
    const stream = openSync(log, 'w');
    writeFileSync(other, '');
    expect([log, other].map((path) => isOutput(statSync(path), [stream]))).toEqual([true, false]);
    closeSync(stream);
    rmSync(folder, { recursive: true });
  });
});

describe('watching', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-watch-'));
  const end = new AbortController();
  const session = { signal: end.signal, shell: new Shell(end.signal) } as Session;
  const named = (name: string, label = '') => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, label });
  const appOf = (...objects: KubernetesObject[]) =>
    ({ set: { fallback: 'default' }, objects, all: objects, without: [] }) as unknown as App;

  let app = appOf(named('web'), named('db'));
  /** How the next rounds go, instead of well. */
  const failing: ((round: Session) => Promise<void>)[] = [];
  const applied: string[][] = [];
  let said = '';
  let ended: Promise<unknown>;

  beforeAll(async () => {
    mkdirSync(join(folder, 'dist'));
    const hear = (text: string | Uint8Array) => {
      said += text;
      return true;
    };
    jest.spyOn(process.stdout, 'write').mockImplementation(hear);
    jest.spyOn(process.stderr, 'write').mockImplementation(hear);
    const project = { folder, app: '', output: join(folder, 'dist') };
    ended = watch(session, { step: '' } as Progress, project, {
      bring: async () => app,
      render: async () => app,
      apply: async (round, part) => {
        await failing.shift()?.(round);
        applied.push(part.objects.map(({ metadata }) => metadata.name));
      },
    }).catch((error) => error);
    await heard('watching: ');
  });
  beforeEach(() => {
    said = '';
    applied.length = 0;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const save = (path: string) => writeFileSync(join(folder, path), String(Math.random()));
  async function heard(text: string): Promise<void> {
    while (!said.includes(text)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('applies what a saved file changes, and nothing else', async () => {
    app = appOf(named('web', 'new'), named('db'));
    save('main.ts');
    await heard('watching: ');
    expect(said).toMatch(/^\nsaved: main\.ts\nready: Pod web, after \d+\.\d s\n\nwatching: /);
    expect(applied).toEqual([['web']]);
  });

  it('takes files that are saved together at once, and applies nothing where nothing changes', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      save(name);
    }
    await heard('watching: ');
    expect(said).toMatch(/^\nsaved: a, b, c, and 2 more\nno object changes, after /);
    expect(applied).toEqual([]);
  });

  it('names the first of many objects', async () => {
    const before = app;
    app = appOf(...before.objects, ...['a', 'b', 'c', 'd', 'e'].map((name) => named(name)));
    save('main.ts');
    await heard('watching: ');
    expect(said).toContain('ready: Pod a, Pod b, Pod c, and 2 more, after ');
    app = before;
    said = '';
    save('main.ts');
    await heard('watching: ');
    applied.length = 0;
  });

  it('deploys the app without what left it', async () => {
    app = appOf(named('web', 'new'));
    save('main.ts');
    await heard('watching: ');
    expect(applied).toEqual([[]]);
    expect(said).toContain('\nnothing else changes, after ');
  });

  it('tells a failure, and tries what failed again with the next file', async () => {
    failing.push(async () => {
      throw new Failure({ cause: 'it is refused', details: ['because'], next: 'x' });
    });
    app = appOf(named('web', 'newer'));
    save('main.ts');
    await heard('watching: ');
    expect(said).toContain('failed: it is refused\n  | because\nnext: mend it, and save\n');
    save('other.ts');
    await heard('ready: Pod web, after ');
    expect(applied).toEqual([['web']]);
  });

  it('ends a wait when a file is saved', async () => {
    failing.push((round) => round.shell.sleep(60_000));
    app = appOf(named('web', 'newest'));
    save('main.ts');
    await heard('saved: main.ts');
    save('other.ts');
    await heard('ready: Pod web, after ');
    expect(said).toContain('saved: other.ts');
    expect(applied).toEqual([['web']]);
  });

  it('ends with Ctrl-C', async () => {
    end.abort();
    expect(await ended).toBeInstanceOf(Interrupted);
  });
});
