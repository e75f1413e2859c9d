import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './support/app';

const ROOT = join(__dirname, '..');
const BIOME = join(ROOT, 'node_modules/.bin/biome');

/** The rules that the lint of this repository reports of some files. */
function lint(files: { [path: string]: string }): string[] {
  const folder = temporaryFolder();
  const { vcs: _, ...config } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  for (const [path, text] of Object.entries({ ...files, 'biome.json': JSON.stringify(config) })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { stdout, stderr } = spawnSync(BIOME, ['lint', '--reporter=json'], { cwd: folder, encoding: 'utf8' });
  if (stdout === '') {
    throw new Error(stderr);
  }
  return JSON.parse(stdout).diagnostics.map(({ category }: { category: string }) => category.replace(/.*\//, ''));
}

const using = (path: string) => `import { a } from '${path}';\na();\n`;

describe('the floors of the command line', () => {
  it.each([
    ['a floor uses a higher one', 'cli/terminal/x.ts', '../machine/session'],
    ['the highest floor uses a command', 'cli/deploy/x.ts', '../up/up'],
    ['a command uses another one', 'cli/up/x.ts', '../down/down'],
    ['a floor uses what the library keeps to itself', 'cli/cluster/x.ts', '../../constructs/private/names'],
    ['a command uses a construct', 'cli/up/x.ts', '../../constructs/index'],
    ['a command uses another one from a folder of its own', 'cli/doctor/checks/x.ts', '../../down/down'],
  ])('are broken where %s', (_what, file, path) => {
    expect(lint({ [file]: using(path) })).toEqual(['noRestrictedImports']);
    expect(lint({ [file]: `const { a } = await import('${path}');\na();\n` })).toEqual(['noRestrictedImports']);
  });

  it.each([
    ['its own room', 'cli/machine/x.ts', './session'],
    ['a lower floor', 'cli/deploy/x.ts', '../terminal/failure'],
    ['the manifests of the library', 'cli/cluster/x.ts', '../../constructs/manifest/kinds'],
    ['any floor, of a command', 'cli/doctor/checks/x.ts', '../../deploy/deploy'],
    ['any room, of what declares commands', 'cli/commands/x.ts', '../up/up'],
  ])('let use %s', (_what, file, path) => {
    expect(lint({ [file]: using(path) })).toEqual([]);
  });
});

it('a circle of imports is refused, also one of types', () => {
  const circle = {
    'constructs/a.ts': "import type { B } from './b';\nexport type A = B | 1;\n",
    'constructs/b.ts': "import type { A } from './a';\nexport type B = A | 2;\n",
  };
  expect(lint(circle)).toEqual(['noImportCycles', 'noImportCycles']);
});
