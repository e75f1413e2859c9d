import { ApiError } from '../../../cli/cluster/api-error';
import type { ContainerStatus, Pod } from '../../../cli/cluster/object';
import { Position, parseLine } from '../../../cli/logs/line';
import { PodWatch, type Reads } from '../../../cli/logs/pods';
import { Printer } from '../../../cli/logs/printer';
import { Tail } from '../../../cli/logs/tail';
import type { Shell } from '../../../cli/machine/shell';

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', uid: 'a', resourceVersion: '1' },
};
const RUNNING = { name: 'web', image: 'web', ready: true, restartCount: 0, state: { running: {} } };

/** Times of the nanosecond, as the API gives them. */
const at = (second: number, fraction = '000000000') => `2026-11-21T10:00:0${second}.${fraction}Z`;

/** An API that answers with these lines, by what is asked; what it was asked is kept. */
class FakeApi implements Reads {
  readonly asked: string[] = [];

  constructor(private readonly answers: (string[] | Error)[]) {}

  async read<T>(path: string): Promise<T> {
    this.asked.push(path);
    return JSON.parse(this.next().join(''));
  }

  async *lines(path: string, query: { readonly [name: string]: string | undefined } = {}): AsyncGenerator<string> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    this.asked.push(`${path}?${new URLSearchParams(given)}`);
    yield* this.next();
  }

  private next(): string[] {
    const answer = this.answers.shift() ?? [];
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  }
}

/** A shell that does not wait, until it was asked to so many times. */
function hurried(waits = 100, onWait: (wait: number) => unknown = () => undefined): Pick<Shell, 'sleep'> {
  let wait = 0;
  return {
    async sleep() {
      wait++;
      onWait(wait);
      if (wait > waits) {
        throw new Error('waited long enough');
      }
    },
  };
}

describe('a line of a log', () => {
  it('has a time, in whatever zone and with however many digits, that sorts', () => {
    const [early, late, zoned] = ['2026-11-21T10:00:00.1Z a', `${at(0, '120000000')} b`, '2026-11-21T11:00:01+01:00 c']
      .map(parseLine)
      .map((line) => line?.moment ?? '');
    expect([early, late, zoned]).toEqual([early, late, zoned].sort());
  });

  it('may be empty, or have spaces and times of its own', () => {
    expect(parseLine(`${at(1)} `)?.text).toBe('');
    expect(parseLine(`${at(1)}   ${at(2)} x `)?.text).toBe(`  ${at(2)} x `);
  });

  it('is none where the kubelet speaks', () => {
    expect(parseLine('failed to watch file "/var/log/pods/x": no space left on device')).toBeUndefined();
  });
});

describe('a position in a log', () => {
  const read = (position: Position, ...times: string[]) =>
    times.filter((time) => position.passes({ moment: time, time, text: '' }));

  it('takes every line once, however often the log is read again from its last time on', () => {
    const position = new Position();
    expect(read(position, '1', '2', '2')).toEqual(['1', '2', '2']);
    position.rewind();
    expect(read(position, '1', '2', '2', '2', '3')).toEqual(['2', '3']);
    position.rewind();
    expect(read(position, '3', '3')).toEqual(['3']);
    expect(position.time).toBe('3');
  });

  it('takes lines that overtook each other on the way into the log, each once', () => {
    const position = new Position();
    expect(read(position, '1', '3', '2')).toEqual(['1', '3', '2']);
    position.rewind();
    expect(read(position, '1', '3', '2', '1.5', '4')).toEqual(['1.5', '4']);
    position.rewind();
    expect(read(position, '5', '4.5')).toEqual(['5', '4.5']);
  });
});

describe('a tail', () => {
  const tail = (api: Reads, lines: string[]) => new Tail(api, POD, 'web', ({ text }) => lines.push(text));
  const alive = (containerID: string): ContainerStatus => ({ ...RUNNING, containerID });
  const dead = (containerID: string): ContainerStatus => ({
    ...RUNNING,
    state: { terminated: { exitCode: 1, containerID } },
  });

  it('goes on where the history ended, without a line twice', async () => {
    const lines: string[] = [];
    const api = new FakeApi([
      [`${at(1)} one`, `${at(1)} two`],
      [`${at(1)} one`, `${at(1)} two`, `${at(2)} three`],
    ]);
    const one = tail(api, lines);
    expect((await one.history({ lines: 20 })).map(({ text }) => text)).toEqual(['one', 'two']);
    await one.update(hurried(), dead('x'), { lines: 20 });
    expect(lines).toEqual(['three']);
    expect(api.asked[0]).toContain('tailLines=20');
    expect(api.asked[1]).toContain(`sinceTime=${encodeURIComponent(at(1))}`);
    expect(api.asked[1]).not.toContain('tailLines');
  });

  it('asks again when a connection is lost while the container runs', async () => {
    const lines: string[] = [];
    const one = tail(
      new FakeApi([
        [`${at(1)} one`],
        new ApiError({ status: 0, said: 'gone', next: '' }),
        [`${at(1)} one`, `${at(2)} two`],
      ]),
      lines,
    );
    const shell = hurried(100, (wait) => wait === 3 && one.update(shell, dead('x')));
    await one.update(shell, alive('x'));
    expect(lines).toEqual(['one', 'two']);
  });

  it('reads each life to its end, also one that it has not seen begin', async () => {
    const lines: string[] = [];
    const api = new FakeApi([[`${at(1)} first life`], [`${at(1)} first life`, `${at(2)} its end`], [`${at(3)} next`]]);
    const one = tail(api, lines);
    const shell = hurried(100, (wait) => one.update(shell, wait === 1 ? dead('x') : dead('z')));
    await one.update(shell, alive('x'));
    await one.update(shell, alive('z'));
    expect(lines).toEqual(['first life', 'its end', 'next']);
    expect(api.asked.map((path) => /previous|follow/.exec(path)?.[0])).toEqual(['follow', 'previous', 'follow']);
  });

  it('does not read the log of the next pod of the same name', async () => {
    const api = new FakeApi([[`${at(1)} one`]]);
    const one = tail(api, []);
    const shell = hurried(100, () => one.update(shell, undefined));
    await one.update(shell, alive('x'));
    expect(api.asked).toHaveLength(1);
  });

  it('tells when it may not read', async () => {
    const one = tail(new FakeApi([new ApiError({ status: 403, said: 'pods "web-1" is forbidden', next: '' })]), []);
    await expect(one.update(hurried(), alive('x'))).rejects.toThrow(/forbidden/);
  });
});

describe('a watch of pods', () => {
  const list = (version: string, ...pods: Pod[]) => [
    JSON.stringify({ metadata: { resourceVersion: version }, items: pods }),
  ];
  const event = (type: string, object: object) => JSON.stringify({ type, object });

  it('tells what comes and goes, also what did so between two watches', async () => {
    const [one, two, three] = ['a', 'b', 'c'].map((uid) => ({ ...POD, metadata: { ...POD.metadata, uid } }));
    const api = new FakeApi([
      list('1', one as Pod),
      [event('ADDED', two as Pod), event('DELETED', one as Pod), event('ERROR', { code: 410, metadata: {} })],
      list('9', three as Pod),
      new ApiError({ status: 503, said: 'the server is down', next: '' }),
    ]);
    const watch = await PodWatch.start(api, 'shop');
    const heard: string[] = [];
    const listener = {
      onPod: ({ metadata }: Pod) => heard.push(`+${metadata.uid}`),
      onGone: ({ metadata }: Pod) => heard.push(`-${metadata.uid}`),
      onSilence: (why: string) => heard.push(why),
    };
    await expect(watch.follow(hurried(1), listener)).rejects.toThrow('waited long enough');
    expect(heard).toEqual(['+b', '-a', '-b', '+c', 'the server is down']);
    expect(api.asked[3]).toContain('resourceVersion=9');
  });

  it('tells once that nobody answers, until somebody does', async () => {
    const down = new ApiError({ status: 0, said: 'refused', next: '' });
    const api = new FakeApi([list('1'), down, down, down, list('2'), down, down]);
    const heard: string[] = [];
    const onSilence = (why: string) => heard.push(why);
    const watch = await PodWatch.start(api, 'shop');
    const listener = { onPod: () => undefined, onGone: () => undefined, onSilence };
    await expect(watch.follow(hurried(3), listener)).rejects.toThrow('waited long enough');
    expect(heard).toEqual(['refused', 'refused']);
  });
});

describe('what is printed', () => {
  const printed = (colours: boolean, text: string, times = false) => {
    let out = '';
    const printer = new Printer({
      out: (part) => {
        out += part;
      },
      err: () => undefined,
      colours,
      dim: colours,
      times,
    });
    printer.line('web-1/web', { moment: '', time: at(1), text });
    return out;
  };

  it('says whose line it is, and when it was written if asked', () => {
    expect(printed(false, 'hello')).toBe('web-1/web | hello\n');
    expect(printed(false, 'hello', true)).toBe(`web-1/web | ${at(1)} hello\n`);
  });

  it('is plain without colours, whatever the container writes', () => {
    expect(printed(false, '\x1b[31mred\x1b[0m\tand\r')).toBe('web-1/web | red\tand\n');
  });

  it('keeps colours, and nothing that moves the cursor or names the window', () => {
    const text = printed(true, '\x1b[31mred\x1b[0m \x1b[2J\x1b]0;title\x07\x1b[1Aup\b');
    expect(text).toContain('\x1b[31mred\x1b[0m up');
    expect(text).not.toMatch(/\[2J|title|\[1A/);
    expect(text.endsWith('\x1b[0m\n')).toBe(true);
  });
});
