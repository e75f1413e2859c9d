import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { KubernetesObject } from '../cluster/object';
import { isAlive } from '../machine/alive';
import { failureOf } from '../machine/causes';
import type { Session } from '../machine/session';
import type { Line } from '../terminal/progress';
import type { Environment } from '../terminal/screen';
import { readManifest } from './manifest';
import type { Project } from './project';

/** The umask of an app, which writes Secrets: its files are for their owner alone. */
const PRIVATE = 0o077;

/** A file of synthesized YAML, as it was when it was whole. */
export interface Manifest {
  readonly file: string;
  readonly objects: readonly KubernetesObject[];
}

/**
 * Runs the app as cdk8s-cli does, into a folder that takes the place of the output folder only once it is complete.
 * What is read here is what is applied: a later change of the files is not.
 */
export async function synthesize(
  session: Session,
  project: Project,
  line: Line,
  env: Environment = {},
): Promise<Manifest[]> {
  const { shell, again } = session;
  const { folder, app, output } = project;
  const fresh = join(folder, '.build', `synth-${process.pid}`);
  mkdirSync(dirname(fresh), { recursive: true });
  removeLeftovers(dirname(fresh));
  try {
    const environment = { ...env, CDK8S_OUTDIR: fresh };
    const { ok, lines, stderr } = await shell.runLine(app, { folder, env: environment, umask: PRIVATE });
    const files = existsSync(fresh) ? readdirSync(fresh).filter((file) => /\.ya?ml$/.test(file)) : [];
    if (!ok || files.length === 0) {
      const failure = {
        cause: ok ? `the app wrote no YAML into CDK8S_OUTDIR` : `the app of cdk8s.yaml fails`,
        details: lines.slice(-20),
        next: `fix that, then run: ${again}`,
      };
      throw failureOf(lines, failure, again);
    }
    for (const text of stderr.split('\n').filter((text) => text !== '')) {
      line.keep(text);
    }
    const manifests = files
      .sort()
      .map((file) => ({ file, objects: readManifest(file, readFileSync(join(fresh, file), 'utf8'), again) }));
    rmSync(output, { recursive: true, force: true });
    renameSync(fresh, output);
    const count = manifests.reduce((sum, { objects }) => sum + objects.length, 0);
    line.update(`${count} objects in ${relative(folder, output) || output}`);
    return manifests;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Output of runs that were killed before they could remove it. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid] = /^(?:synth|preview)-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}
