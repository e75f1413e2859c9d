import { spawnSync } from 'node:child_process';

/**
 * Tests that need a program which not every machine has. Where it is missing they are skipped, and it is said once what
 * is not tested.
 */
export function testsWith(program: string, args: readonly string[], untested: string) {
  if (spawnSync(program, args).status === 0) {
    return { describe, it };
  }
  process.stderr.write(`skipped: ${untested}, as there is no ${program} on PATH\n`);
  return { describe: describe.skip, it: it.skip };
}
