import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { files } from './files';

for (const [path, content] of Object.entries(files((path) => readFileSync(path, 'utf8')))) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
