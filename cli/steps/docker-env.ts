import type { Session } from '../session';
import type { Environment } from '../shell';

/**
 * The variables in what `minikube docker-env --shell none` prints: lines of NAME=value, perhaps quoted. They are given
 * to child processes and to nothing else.
 */
export function parseDockerEnv(output: string): Environment {
  const variables = output.split('\n').flatMap((line) => {
    const [, name, value] = /^\s*([A-Z_][A-Z0-9_]*)=(.*?)\s*$/i.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value.replace(/^(["'])(.*)\1$/, '$2')]];
  });
  return Object.fromEntries(variables);
}

/** How to reach the node's own Docker. */
export async function dockerEnv({ shell, profile }: Session): Promise<Environment> {
  const args = ['-p', profile, 'docker-env', '--shell', 'none'];
  const output = await shell.output('minikube', args, `minikube -p ${profile} docker-env --shell none`);
  // buildx: the builder of that daemon, whatever other one the user has chosen
  return { ...parseDockerEnv(output), BUILDX_BUILDER: 'default' };
}
