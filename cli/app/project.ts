import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadAll } from 'js-yaml';
import { EXIT_USAGE, Failure } from '../terminal/failure';

/** The CDK8s app in a folder, as its cdk8s.yaml describes it. */
export interface Project {
  readonly folder: string;
  /** The command that synthesizes. */
  readonly app: string;
  /** The folder with the YAML. */
  readonly output: string;
}

export function readProject(folder: string): Project {
  const path = join(folder, 'cdk8s.yaml');
  if (!existsSync(path)) {
    throw new Failure({
      cause: `there is no cdk8s.yaml in ${folder}`,
      next: 'go to the folder of the CDK8s app',
      exitCode: EXIT_USAGE,
    });
  }
  const { app, output = 'dist' } = contentOf(path);
  if (typeof app !== 'string' || typeof output !== 'string') {
    throw new Failure({
      cause: `${path} has no 'app'`,
      next: `add the command that synthesizes, such as 'app: npx tsx main.ts'`,
    });
  }
  return { folder, app, output: resolve(folder, output) };
}

function contentOf(path: string): { readonly app?: unknown; readonly output?: unknown } {
  try {
    const [settings] = loadAll(readFileSync(path, 'utf8'));
    return settings ?? {};
  } catch (error) {
    const [what] = (error as Error).message.split('\n');
    throw new Failure({ cause: `${path} is no YAML: ${what}`, next: `mend ${path}` });
  }
}
