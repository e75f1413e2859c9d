import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { CredentialsFile, Platform } from '../../../constructs';
import { environmentNamed } from '../../../environments';
import { folder } from '../runner/folder';
import { run } from '../runner/run';
import { kubectl, OWN } from './kubectl';

/** What belongs to no namespace, and namespaces with all that is in them. */
const KINDS = 'namespaces,clusterroles,clusterrolebindings';

/** The environment that the running system was made for. */
export const environment = () => environmentNamed(process.env.ENVIRONMENT ?? 'minikube');

/**
 * Applies an app with credentials of its own, for a namespace that is its own too; returns the folder of its files. An app
 * that changes has a home, where its credentials are.
 */
export async function applyOwn(build: (app: App) => void, home = folder()): Promise<string> {
  const outdir = mkdtempSync(join(home, 'dist-'));
  synthesizeOwn(build, home, outdir);
  await applyFiles(outdir);
  return outdir;
}

/** Writes the files of an app whose credentials are in its home. */
export function synthesizeOwn(
  build: (app: App) => void,
  home: string,
  outdir: string,
  platform = Platform.kubernetes(),
): void {
  const app = new App({ outdir });
  environment().images.useIn(app);
  platform.useIn(app);
  new CredentialsFile(app, 'secrets', { path: join(home, 'credentials.json') });
  build(app);
  // it says where it has put the credentials, which are gone after the tests
  const quiet = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  app.synth();
  quiet.mockRestore();
}

/** Applies what was synthesized before. */
export async function applyFiles(outdir: string): Promise<void> {
  const label = ['label', '--overwrite', '-f', outdir, OWN];
  try {
    await kubectl(['apply', '--server-side', '-f', outdir], { seconds: 90 });
  } catch (error) {
    // what was made all the same is removed with the rest
    await run('kubectl', label, { seconds: 90 });
    throw error;
  }
  await kubectl(label, { seconds: 90 });
}

/** Removes all that a suite has made so. What takes its time to go goes while others run. */
export async function removeOwn(): Promise<void> {
  await kubectl(['delete', KINDS, '-l', OWN, '--wait=false']);
}

/** The same, until it is gone. */
export async function ownGone(): Promise<void> {
  await kubectl(['delete', KINDS, '-l', OWN, '--timeout=100s'], { seconds: 110 });
}
