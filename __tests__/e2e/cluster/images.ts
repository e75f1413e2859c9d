import { parseDockerEnv } from '../../../cli/machine/docker-env';
import { run } from '../runner/run';
import { environment } from './namespaces';

/** Builds an image on the node that the running system does not use, unless it is there. */
export async function built(service: string): Promise<void> {
  const reference = environment().images.reference(service);
  const env = await nodeDocker();
  if ((await run('docker', ['image', 'inspect', reference], { env })).code === 0) {
    return;
  }
  const build = ['build', '--quiet', '--tag', reference, `dockerfiles/${service}`];
  const { code, stderr } = await run('docker', build, { env, seconds: 300 });
  if (code !== 0) {
    throw new Error(`${reference} does not build: ${stderr.slice(-1000)}`);
  }
}

/** How the node's Docker is reached, where it is not this machine's. */
export async function nodeDocker(): Promise<NodeJS.ProcessEnv> {
  const minikube = await run('minikube', ['docker-env', '--shell', 'none']).catch(() => undefined);
  return { ...process.env, ...(minikube?.code === 0 && parseDockerEnv(minikube.stdout)) };
}
