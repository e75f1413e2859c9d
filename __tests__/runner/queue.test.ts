import type { Head } from '../e2e/runner/head';
import { Queue } from '../e2e/runner/queue';

function head(name: string, given: Partial<Head> = {}): { head: Head } {
  return { head: { name, lane: 'rest', needs: [], disturbs: [], minutes: 1, last: false, ...given } };
}

const READS = { needs: ['system'] };
const DISTURBS = { needs: ['system'], disturbs: ['mysql'] };

/** Runs the entries, each until the next turn of the loop; returns who ran beside whom. */
async function sideBySide(entries: { head: Head }[], places: number): Promise<string[]> {
  const running = new Set<string>();
  const seen: string[] = [];
  await new Queue(entries, places).run(async ({ head: { name, minutes } }) => {
    running.add(name);
    seen.push([...running].sort().join('+'));
    for (let turn = 0; turn < minutes; turn++) {
      await new Promise(setImmediate);
    }
    running.delete(name);
  });
  return seen;
}

describe('the queue of suites', () => {
  it('lets suites that read the running system share it', async () => {
    expect(await sideBySide([head('a', READS), head('b', READS)], 2)).toEqual(['a', 'a+b']);
  });

  it('gives the running system to one that disturbs it alone', async () => {
    const seen = await sideBySide([head('reads', READS), head('kills', DISTURBS), head('deletes', DISTURBS)], 3);
    expect(seen).toEqual(['reads', 'kills', 'deletes']);
  });

  it('runs what has a namespace of its own beside both', async () => {
    const own = head('own', { minutes: 4 });
    expect(await sideBySide([own, head('kills', DISTURBS), head('reads', READS)], 2)).toEqual([
      'reads',
      'own+reads',
      'kills+own',
    ]);
  });

  it('runs no more at once than there are places', async () => {
    const seen = await sideBySide(
      ['a', 'b', 'c', 'd'].map((name) => head(name)),
      2,
    );
    expect(Math.max(...seen.map((names) => names.split('+').length))).toBe(2);
    expect(seen).toHaveLength(4);
  });

  it('begins with the longest of those that wait for nobody', async () => {
    expect(await sideBySide([head('short'), head('long', { minutes: 3 })], 1)).toEqual(['long', 'short']);
  });

  it('leaves for the end, and alone, what looks at what others have left', async () => {
    const seen = await sideBySide([head('leaks', { ...READS, last: true }), head('own'), head('reads', READS)], 3);
    expect(seen.at(-1)).toBe('leaks');
  });

  it('runs what disturbs the node beside nobody', async () => {
    const seen = await sideBySide([head('restart', { ...READS, disturbs: ['node'] }), head('own'), head('b')], 3);
    expect(seen.at(-1)).toBe('restart');
  });

  it('runs the others when one cannot be run, and fails then', async () => {
    const ran: string[] = [];
    const queue = new Queue([head('a', { minutes: 2 }), head('b')], 1);
    const work = async ({ head: { name } }: { head: Head }) => {
      ran.push(name);
      if (name === 'a') {
        throw new Error('no worker');
      }
    };
    await expect(queue.run(work)).rejects.toThrow('no worker');
    expect(ran).toEqual(['a', 'b']);
  });
});
