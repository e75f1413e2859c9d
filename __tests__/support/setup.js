const { join } = require('node:path');
const { build } = require('esbuild');
const { bundle } = require('../../scripts/bundle');

const root = join(__dirname, '../..');

/** Tests that start the command line start what its sources say now; those that call it load execa, of ES modules, as a bundle. */
module.exports = async () => {
  try {
    await Promise.all([bundle(), build(EXECA)]);
  } catch (error) {
    // esbuild has said where, and its stack says no more
    throw Object.assign(error, { stack: 'no test was run: the command line does not compile' });
  }
};

const EXECA = {
  stdin: { contents: "export * from 'execa'", resolveDir: root },
  outfile: join(root, '.build/jest/execa.js'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
};
