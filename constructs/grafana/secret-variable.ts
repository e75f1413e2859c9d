/**
 * How a secret reaches Grafana whole. Its image puts the content of a file into a variable of its process, whose name is no
 * setting of Grafana's, and a reference is replaced by that once. What `$__file{…}` finds is searched for variables itself,
 * so that a password would lose what is behind a '$'.
 */
const PREFIX = 'GF_SECRET_';

/** The variable of a container with which the image reads a file. */
export function secretVariable(name: string, file: string): { [variable: string]: string } {
  return { [`${PREFIX}${name}__FILE`]: file };
}

/** What stands for the secret in a provisioning file. In `grafana.ini` it is in braces. */
export function secretReference(name: string): string {
  return `$${PREFIX}${name}`;
}
