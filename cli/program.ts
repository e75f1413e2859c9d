import { Command } from 'commander';
import { version } from '../package.json';
import { backups } from './commands/backups';
import { complete, completion } from './commands/completion';
import { doctor } from './commands/doctor';
import { down } from './commands/down';
import { graph } from './commands/graph';
import { describeOption, firstSteps } from './commands/help';
import { history } from './commands/history';
import { images } from './commands/images';
import { importSite } from './commands/import';
import { logs } from './commands/logs';
import { open } from './commands/open';
import { plan } from './commands/plan';
import { restore } from './commands/restore';
import { rollback } from './commands/rollback';
import { rotate } from './commands/rotate';
import { shell } from './commands/shell';
import { status } from './commands/status';
import { up } from './commands/up';

/** The commands, in the order in which they are used. */
const GROUPS: { readonly [title: string]: readonly Command[] } = {
  'A first run:': [doctor, plan, up, status, open],
  'While it runs:': [logs, shell, graph],
  'Change, and undo:': [history, rollback, rotate],
  'Data:': [backups, restore, importSite],
  'Images, and the end:': [images, down],
};

/** The command line. */
export const program = new Command('cdk8s-services')
  .description('Runs the services of a CDK8s app on Kubernetes: see the change, apply it, undo it.')
  .version(version, '--version', 'which version this is');

for (const [title, commands] of Object.entries(GROUPS)) {
  for (const command of commands) {
    program.addCommand(command.helpGroup(title));
  }
}
program.commandsGroup('This program:').helpCommand('help [command]', 'what a command does, in order, with examples');
program.addCommand(completion);
program.addCommand(complete, { hidden: true });

for (const command of [program, ...program.commands]) {
  command.exitOverride().showHelpAfterError('(see --help)').configureHelp({ optionDescription: describeOption });
}

firstSteps(program, 'A first run, in the folder of the app:', [
  ['doctor', 'see that the machine has what it takes'],
  ['plan', 'see what would be made'],
  ['up', 'make it, and wait until it is ready'],
  ['status', 'see how it is'],
  ['open', 'see where it is'],
]);
