import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A folder of this file of tests, which is removed after them. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'cdk8s-services-e2e-'));
  folders.push(made);
  return made;
}

/** A file that only its owner can read. */
export function privateFile(name: string, content: string | Buffer): string {
  const path = join(folder(), name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
