// Runs a TypeScript program, bundled with all that it imports and compiled. Both are kept and used again until a source
// changes: reading and compiling several hundred files is most of what a synth costs.
const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { dirname, join, relative, resolve } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const root = resolve(__dirname, '..');

/** `unused` names packages that the program imports, and does not use: they are left out. */
function run(program, words, unused = []) {
  const base = join(root, '.build', relative(root, resolve(program)).replace(/\W/g, '-'));
  const bundle = `${base}.js`;
  const inputs = `${base}.inputs.json`;
  if (!isCurrent(bundle, inputs)) {
    build(program, bundle, inputs, unused);
  }
  start(bundle, `${base}.${process.version}.compiled`, words);
}

function isCurrent(bundle, inputs) {
  if (!existsSync(bundle) || !existsSync(inputs)) {
    return false;
  }
  const made = statSync(bundle).mtimeMs;
  const sources = JSON.parse(readFileSync(inputs, 'utf8'));
  return sources.every((source) => statSync(join(root, source), { throwIfNoEntry: false })?.mtimeMs < made);
}

function build(program, bundle, inputs, unused) {
  const { metafile } = require('esbuild').buildSync({
    entryPoints: [resolve(program)],
    absWorkingDir: root,
    outfile: bundle,
    bundle: true,
    // a bundle is one module, in which a program that is only imported would take itself for the one that runs
    define: readFileSync(program, 'utf8').includes('require.main') ? {} : { 'require.main': 'undefined' },
    alias: Object.fromEntries(unused.map((name) => [name, join(__dirname, 'unused.js')])),
    metafile: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  // cdk8s starts this to load a file or a URL, for Include and Helm, and looks for it beside itself
  const loader = pathToFileURL(require.resolve('cdk8s/lib/_loadurl.mjs'));
  writeFileSync(join(root, '.build', '_loadurl.mjs'), `import '${loader}';\n`);
  const scripts = Object.keys(require.cache)
    .map((file) => relative(root, file))
    .filter((file) => /^scripts\W/.test(file));
  writeFileSync(inputs, JSON.stringify([...Object.keys(metafile.inputs), ...scripts, 'package-lock.json']));
}

function start(bundle, compiled, words) {
  const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
  const script = new Script(wrap(readFileSync(bundle, 'utf8')), { filename: bundle, cachedData });
  const main = { exports: {} };
  process.argv = [process.argv[0], bundle, ...words];
  script.runInThisContext()(
    main.exports,
    Object.assign(createRequire(bundle), { main }),
    main,
    bundle,
    dirname(bundle),
  );
  if (!cachedData || script.cachedDataRejected) {
    writeFileSync(compiled, script.createCachedData());
  }
}

module.exports = { run };

if (require.main === module) {
  const [program, ...words] = process.argv.slice(2);
  run(program, words);
}
