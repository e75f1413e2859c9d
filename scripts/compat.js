// Compares the public types with those of the last release, and fails for what is broken and not in .compatignore. With
// --release it keeps those of now, which is done when a version is released.
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const root = join(__dirname, '..');
const RELEASED = join(__dirname, 'released.json');

const read = (file, reviver) => JSON.parse(readFileSync(join(root, file), 'utf8'), reviver);

/** The types of now, without what says nothing about types. */
function current() {
  const {
    readme: _readme,
    fingerprint: _fingerprint,
    ...assembly
  } = read('.jsii', (key, value) => {
    if (key === 'docs') {
      return { stability: value.stability };
    }
    return ['locationInModule', 'symbolId'].includes(key) ? undefined : value;
  });
  return assembly;
}

/** The exit code of jsii-diff, which wants a package; no folder here may have one, as jsii-docgen would take it for this one. */
function compare(released) {
  const folder = mkdtempSync(join(tmpdir(), 'released-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...read('package.json'), version: released.version }));
    writeFileSync(join(folder, '.jsii'), JSON.stringify(released));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const options = ['--error-on', 'all', '--keys', '--ignore-file', join(root, '.compatignore')];
    return spawnSync(join(root, 'node_modules/.bin/jsii-diff'), [folder, root, ...options], { stdio: 'inherit' })
      .status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[2] === '--release') {
  writeFileSync(RELEASED, `${JSON.stringify(current(), undefined, 1)}\n`);
} else {
  process.exitCode = compare(JSON.parse(readFileSync(process.argv[2] ?? RELEASED, 'utf8')));
}
