// Builds the command line, what draws its graphs, the policy for cdk8s-cli, and the program that makes certificates for the
// constructs, each with all that it imports in one file. A bundle is replaced as a whole, so that several builds at once and
// programs that start meanwhile do no harm to each other.
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { basename, dirname, join, relative, resolve } = require('node:path');
const { build } = require('esbuild');

const root = resolve(__dirname, '..');

/** Resolves to the paths of the bundles; rejects with what esbuild says of the source that it cannot read. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: {
      cli: 'cli/index.ts',
      svg: 'cli/graph/svg.ts',
      policy: 'cli/policy.ts',
      x509: 'constructs/private/x509/program.ts',
    },
    external: ['*/svg'], // it lies beside the command line, as it lies beside who imports it
    supported: { 'dynamic-import': false },
    charset: 'utf8',
    absWorkingDir: root,
    outdir: 'lib',
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) {
    replace(path, contents);
  }
  return outputFiles.map(({ path }) => relative(root, path));
}

function replace(path, contents) {
  const current = read(path);
  if (current?.equals(contents)) {
    return;
  }
  const unfinished = join(root, '.build', `${basename(path)}.${process.pid}`);
  for (const folder of [dirname(path), dirname(unfinished)]) {
    mkdirSync(folder, { recursive: true });
  }
  const isProgram = contents[0] === 0x23; // #!
  writeFileSync(unfinished, contents, { mode: isProgram ? 0o755 : 0o644 });
  renameSync(unfinished, path);
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

module.exports = { bundle };

if (require.main === module) {
  bundle().catch(() => {
    process.exitCode = 1; // esbuild has said why
  });
}
