import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CASES, program } from '../support/address-cases';

const LIBRARY = join(__dirname, '../../dockerfiles/wordpress/import');
const php = spawnSync('php', ['--version']).status === 0;
if (!php) {
  process.stderr.write(
    'skipped: how addresses are rewritten, as there is no php on PATH; the end-to-end test does it\n',
  );
}

(php ? describe : describe.skip)('an import rewrites', () => {
  const [moved = [], relative = []]: string[][] = php
    ? JSON.parse(spawnSync('php', { input: program(LIBRARY), encoding: 'utf8' }).stdout)
    : [];
  it.each(CASES.map((one, index) => ({ ...one, index })))('$what', (one) => {
    expect({ moved: moved[one.index], relative: relative[one.index] }).toEqual({
      moved: one.moved,
      relative: one.relative,
    });
  });
});
