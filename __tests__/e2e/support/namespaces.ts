import { join } from 'node:path';
import { App } from 'cdk8s';
import { CredentialsFile } from '../../../constructs';
import { environmentNamed } from '../../../environments';
import { folder } from './folder';
import { kubectl, LABEL } from './kubectl';

/** The environment that the running system was made for. */
export const environment = () => environmentNamed(process.env.ENVIRONMENT ?? 'minikube');

/** Applies an app with credentials of its own, for a namespace that is its own too; returns the folder of its files. */
export async function applyOwn(build: (app: App) => void): Promise<string> {
  const made = folder();
  const app = new App({ outdir: join(made, 'dist') });
  environment().images.useIn(app);
  new CredentialsFile(app, 'secrets', { path: join(made, 'credentials.json') });
  build(app);
  // it says where it has put the credentials, which are gone after the tests
  const quiet = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  app.synth();
  quiet.mockRestore();
  await kubectl(['apply', '--server-side', '-f', app.outdir], { seconds: 90 });
  await kubectl(['label', '-f', app.outdir, `${LABEL}=true`], { seconds: 90 });
  return app.outdir;
}

/** Removes all that was made so, and waits until it is gone. */
export async function removeOwn(): Promise<void> {
  await kubectl(['delete', 'namespaces,clusterroles,clusterrolebindings', '-l', LABEL, '--timeout=100s'], {
    seconds: 110,
  });
}
