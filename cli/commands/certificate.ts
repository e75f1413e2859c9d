import { readFileSync } from 'node:fs';
import { Command } from 'commander';

/** Not for people: constructs call it. */
export const certificate = new Command('certificate')
  .description('Answer a request for a certificate, JSON on standard input, with JSON: called by the constructs.')
  .allowExcessArguments(false)
  .action(async () => {
    const { makeCertificate } = await import('../certificate/certificate');
    const request = JSON.parse(readFileSync(0, 'utf8'));
    process.stdout.write(JSON.stringify(await makeCertificate(request)));
  });
