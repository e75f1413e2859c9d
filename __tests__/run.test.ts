import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './support/app';

const ROOT = join(__dirname, '..');

describe('scripts/run.js', () => {
  it('runs a program, and not another one that it imports', () => {
    const folder = temporaryFolder();
    // what it is bundled into is named after its place
    const program = join(ROOT, '.build/run-test.ts');
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(
      program,
      `import { addServices } from '${join(ROOT, 'main')}';\nconsole.log(typeof addServices, process.argv[2]);\n`,
    );
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/run.js'), program, 'word'], options);
    expect([stdout, stderr]).toEqual(['function word\n', '']);
    expect(readdirSync(folder)).toEqual([]);
  });
});
