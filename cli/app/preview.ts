import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ConstructMetadata } from '../../constructs/manifest/construct-paths';
import type { Session } from '../machine/session';
import type { Line } from '../terminal/progress';
import type { Environment } from '../terminal/screen';
import { readProject } from './project';
import { type Manifest, synthesize } from './synthesize';

const SILENT: Line = { update: () => undefined, keep: () => undefined };

/** What an app would write. */
export interface Preview {
  readonly manifests: readonly Manifest[];
  /** Which construct wrote which object, as cdk8s records it. */
  readonly constructs: ConstructMetadata;
}

/** Runs the app of this folder, and leaves its output folder and its credentials as they are. */
export async function preview(session: Session, more: Environment = {}): Promise<Preview> {
  const project = readProject(session.folder);
  const output = join(session.folder, '.build', `preview-${process.pid}`);
  try {
    const env = { ...more, CDK8S_SERVICES_PREVIEW: 'true', CDK8S_RECORD_CONSTRUCT_METADATA: 'true' };
    const manifests = await synthesize(session, { ...project, output }, SILENT, env);
    return { manifests, constructs: constructsIn(output) };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

function constructsIn(output: string): ConstructMetadata {
  const file = join(output, 'construct-metadata.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).resources ?? {}) : {};
}
