import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { COUNTERS, DEFINITIONS, DUMPS, type DumpResults, dumpProgram, FOLDERS, LINKS } from './support/dump-cases';
import { testsWith } from './support/programs';

const LIBRARY = join(__dirname, '../dockerfiles/wordpress/import');
const SIZES = [1, 7, 100_000];
const withPhp = testsWith('php', ['--version'], 'how dumps are read (but by the end-to-end tests)');

withPhp.describe('an import', () => {
  let results: DumpResults;
  beforeAll(() => {
    const { stdout } = spawnSync('php', { input: dumpProgram(LIBRARY, SIZES), encoding: 'utf8' });
    results = JSON.parse(stdout);
  });

  describe.each(SIZES.map((size, index) => ({ size, index })))('in pieces of $size bytes', ({ index }) => {
    it.each(DUMPS.map((one, number) => ({ ...one, number })))('reads or refuses $what', (one) => {
      const found = results.dumps[index]?.[one.number];
      if (one.refused) {
        expect(found).toEqual({ refused: expect.stringMatching(one.refused) });
      } else {
        expect(found).toMatchObject({ statements: one.statements, ...(one.database && { database: one.database }) });
      }
    });
  });

  it.each(DEFINITIONS.map((one, index) => ({ ...one, index })))('brings to this server $what', ({ to, index }) => {
    expect(results.definitions[index]).toBe(to);
  });

  it('gives a key to a column that counts within groups', () => {
    expect(results.counters).toEqual(COUNTERS.map(({ to }) => to));
  });

  it.each(FOLDERS.map((one, index) => ({ ...one, index })))('finds the files of $what', ({ moved, index }) => {
    expect(results.folders[index]).toEqual(moved);
  });

  it.each(LINKS.map((one, index) => ({ ...one, index })))('leads $from to $to', ({ to, index }) => {
    expect(results.links[index]).toBe(to);
  });
});
