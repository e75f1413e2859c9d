const { bundle } = require('../../scripts/bundle');

/** Tests that start the command line start what its sources say now. */
module.exports = async () => {
  try {
    await bundle();
  } catch (error) {
    // esbuild has said where, and its stack says no more
    throw Object.assign(error, { stack: 'no test was run: the command line does not compile' });
  }
};
