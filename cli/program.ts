import { Command } from 'commander';
import { backups } from './commands/backups';
import { certificate } from './commands/certificate';
import { down } from './commands/down';
import { images } from './commands/images';
import { importSite } from './commands/import';
import { restore } from './commands/restore';
import { rotate } from './commands/rotate';
import { up } from './commands/up';

/** The command line. Commands are listed in the order in which they are used. */
export const program = new Command('cdk8s-services').description('Runs the services of a CDK8s app on minikube.');

for (const command of [up, rotate, backups, restore, importSite, images, down]) {
  program.addCommand(command);
}
program.addCommand(certificate, { hidden: true });

for (const command of [program, ...program.commands]) {
  command.exitOverride().showHelpAfterError('(see --help)');
}
