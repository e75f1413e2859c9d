import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chart } from './chart';

const FOLDER = 'chart/dist/cdk8s-services';

const files = chart();
rmSync(FOLDER, { recursive: true, force: true });
for (const [path, content] of Object.entries(files)) {
  mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
  writeFileSync(join(FOLDER, path), content);
}
process.stdout.write(`${Object.keys(files).length} files in ${FOLDER}\n`);
