// `cdk8s synth`, without what cdk8s-cli loads for its other commands: TypeScript, with all that it compiles, is half of its start.
const { join } = require('node:path');
const { run } = require('./run');

const UNUSED = [
  'cdk8s',
  'codemaker',
  'json2jsii',
  'jsii-pacmak',
  'jsii-pacmak/lib/targets/version-utils',
  'jsii-srcmak',
];

run(join(__dirname, 'cdk8s.ts'), ['synth', ...process.argv.slice(2)], UNUSED);
