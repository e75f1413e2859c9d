import yargs from 'yargs';
// its exports lead to its start only, which loads all commands
import * as synth from '../node_modules/cdk8s-cli/lib/cli/cmds/synth.js';

/** `cdk8s synth` as cdk8s-cli has it, and none of its other commands. */
yargs
  .scriptName('cdk8s')
  .command(synth as yargs.CommandModule)
  .showHelpOnFail(false)
  .env('CDK8S')
  .help()
  .parse();
