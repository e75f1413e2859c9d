#!/usr/bin/env node
import { exitCode } from './commands/action';
import { program } from './program';

// A reader that goes away, such as `| head`, is no reason to stop half-way.
process.stdout.on('error', () => undefined);

program.parseAsync().catch((error) => {
  process.exitCode = exitCode(error);
});
