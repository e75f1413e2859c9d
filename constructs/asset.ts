import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The package's folder: sources, compiled library and bundle each lie one folder below it. */
export const PACKAGE_ROOT = join(__dirname, '..');

/** The text of a real configuration file that lies beside a construct. */
export function asset(service: string, file: string): string {
  return readFileSync(join(PACKAGE_ROOT, 'constructs', service, file), 'utf8');
}

/** The texts of several, by their names. */
export function assets(service: string, ...files: string[]): { [file: string]: string } {
  return Object.fromEntries(files.map((file) => [file, asset(service, file)]));
}
