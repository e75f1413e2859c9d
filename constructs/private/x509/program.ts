// The program `lib/x509.js`, which the constructs start: WebCrypto makes certificates asynchronously, and constructs cannot wait.
// It reads a request as JSON from standard input, and answers with JSON.
import { readFileSync } from 'node:fs';
import { makeCertificate } from './certificate';

async function main(): Promise<void> {
  const request = JSON.parse(readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(await makeCertificate(request)));
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
