import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CASES, program } from '../support/address-cases';
import { testsWith } from '../support/programs';

const LIBRARY = join(__dirname, '../../dockerfiles/wordpress/import');
const withPhp = testsWith('php', ['--version'], 'how addresses are rewritten (but by the end-to-end tests)');

withPhp.describe('an import rewrites', () => {
  let moved: string[];
  let relative: string[];
  beforeAll(() => {
    [moved, relative] = JSON.parse(spawnSync('php', { input: program(LIBRARY), encoding: 'utf8' }).stdout);
  });
  it.each(CASES.map((one, index) => ({ ...one, index })))('$what', (one) => {
    expect({ moved: moved[one.index], relative: relative[one.index] }).toEqual({
      moved: one.moved,
      relative: one.relative,
    });
  });
});
