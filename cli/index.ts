import { readFileSync } from 'node:fs';
import { makeCertificate } from './certificate';

const [command, ...rest] = process.argv.slice(2);

async function main(): Promise<void> {
  if (command !== 'certificate' || rest.length > 0) {
    process.stderr.write('usage: cdk8s-services certificate < request.json\n');
    process.exitCode = 64;
    return;
  }
  const request = JSON.parse(readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(await makeCertificate(request)));
}

main().catch((error: Error) => {
  process.stderr.write(`cdk8s-services ${command}: ${error.message}\n`);
  process.exitCode = 1;
});
