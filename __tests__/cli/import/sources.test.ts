import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { feed } from '../../../cli/import/sources';

// as many as it takes to see a race: TIMES=1000 npx jest sources
const TIMES = Number(process.env.TIMES ?? 100);
jest.setTimeout(60_000);

const PATH = process.env.PATH ?? '';
afterEach(() => {
  process.env.PATH = PATH;
});

/** A folder with a file, and a program in place of tar where one is given. */
function folder(tar?: string): string {
  const made = mkdtempSync(join(tmpdir(), 'sources-'));
  mkdirSync(join(made, 'uploads'));
  writeFileSync(join(made, 'uploads', 'cat.png'), 'cat');
  if (tar !== undefined) {
    const path = join(made, 'tar');
    writeFileSync(path, `#!/bin/sh\n${tar}\n`);
    chmodSync(path, 0o755);
    process.env.PATH = `${made}${delimiter}${PATH}`;
  }
  return made;
}

/** What is written of a source. */
async function fed(path: string): Promise<string> {
  let written = '';
  const into = new Writable({
    write(chunk, _, done) {
      written += chunk;
      done();
    },
  });
  await feed(path, into, () => {});
  return written;
}

describe('a folder that is brought as an archive', () => {
  it('is whole, however often and however many at a time', async () => {
    const path = folder();
    const lengths = new Set<number>();
    for (let time = 0; time < TIMES; time += 10) {
      for (const archive of await Promise.all(Array.from({ length: 10 }, () => fed(path)))) {
        expect(archive.slice(-3)).toBe('\x000\n');
        lengths.add(archive.length);
      }
    }
    expect(lengths.size).toBe(1);
  });

  it('waits for a tar that has written everything and has not ended yet', async () => {
    expect(await fed(folder('printf all; exec >&-; sleep 0.3; exit 0'))).toBe('3\nall0\n');
  });

  it('is never called whole when tar fails after its last word, and says why', async () => {
    await expect(
      fed(folder("printf some; exec >&-; sleep 0.1; echo 'tar: cat.png: denied' >&2; exit 2")),
    ).rejects.toThrow(/cannot be read: tar: cat\.png: denied$/);
  });

  it('says so where there is no tar', async () => {
    const path = folder();
    process.env.PATH = '/nowhere';
    await expect(fed(path)).rejects.toThrow(/cannot be read: spawn tar ENOENT$/);
  });

  it('ends tar when nobody takes any more, without calling it a failure of tar', async () => {
    const path = folder('echo $$ >"$(dirname "$0")/pid"; while :; do printf 0123456789; done');
    const into = new Writable({ write: (_, __, done) => done(new Error('nobody reads')) });
    await expect(feed(path, into, () => {})).rejects.toThrow('nobody reads');
    const pid = Number(readFileSync(join(path, 'pid')));
    while (isAlive(pid)) {
      await setImmediate();
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
