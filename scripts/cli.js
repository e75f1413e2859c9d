// Runs the command line as its sources say now: `npm run <command>`.
const { join } = require('node:path');
const { stop } = require('esbuild');
const { bundle } = require('./bundle');

const program = join(__dirname, '..', 'lib', 'cli.js');

function run() {
  stop();
  process.argv[1] = program; // it tells its user to type this one
  require(program);
}

bundle().then(run, () => {
  process.exitCode = 1; // esbuild has said why
});
