/**
 * The beginning of the environment variables that hold secrets. The image reads a file into such a variable
 * (`…__FILE`), and provisioning files refer to it: Grafana expands the reference once. The content of a `$__file{…}` it
 * would expand a second time, so that a password would lose everything after a '$'.
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
