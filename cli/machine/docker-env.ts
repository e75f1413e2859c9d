import { Failure } from '../terminal/failure';
import { lastLine } from '../terminal/lines';
import type { Environment } from '../terminal/screen';
import type { Session } from './session';

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

/** What minikube says where it has several nodes, each with a Docker of its own. */
const SEVERAL = /ENV_MULTINODE_CONFLICT/;

/** Whether minikube has refused for the number of its nodes. */
export function hasSeveralNodes(lines: readonly string[]): boolean {
  return lines.some((line) => SEVERAL.test(line));
}

/** How to reach the node's own Docker; undefined where there is more than one node. */
export async function dockerEnv({ shell, profile }: Session): Promise<Environment | undefined> {
  const args = ['-p', profile, 'docker-env', '--shell', 'none'];
  const { ok, stdout, lines } = await shell.run('minikube', args);
  if (!ok && hasSeveralNodes(lines)) {
    return undefined;
  }
  if (!ok) {
    throw new Failure({
      cause: `minikube does not say how to reach its docker: ${lastLine(lines)}`,
      details: lines.slice(-5),
      next: `minikube -p ${profile} docker-env --shell none`,
    });
  }
  // buildx: the builder of that daemon, whatever other one the user has chosen
  return { ...parseDockerEnv(stdout), BUILDX_BUILDER: 'default' };
}
