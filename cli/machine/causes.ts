import { Failure, type FailureProps } from '../terminal/failure';

interface Known {
  readonly says: RegExp;
  readonly cause: string;
  readonly next: string;
}

/** What programs say, whatever was asked of them, when the machine is at fault. */
const KNOWN: readonly Known[] = [
  {
    says: /no space left on device|ENOSPC|RSRC_DOCKER_STORAGE|disk quota exceeded/i,
    cause: 'the disk is full',
    next: "free some space ('df -h', 'minikube ssh -- df -h' and 'docker system df' say where it went)",
  },
  {
    says: /cannot connect to the docker daemon|is the docker daemon running|PROVIDER_DOCKER_NOT_RUNNING|docker daemon is not running/i,
    cause: 'docker is not running',
    next: "start Docker Desktop, or 'sudo systemctl start docker'",
  },
  {
    says: /permission denied while trying to connect to the docker/i,
    cause: 'you may not use docker',
    next: "'sudo usermod -aG docker $USER', log in anew",
  },
  {
    says: /connection to the server .* was refused|unable to connect to the server|no route to host/i,
    cause: "the cluster's API does not answer",
    next: "see 'minikube status'",
  },
];

/** A failure for what a program said: the machine's own fault where it is one, else what the caller makes of it. */
export function failureOf(lines: readonly string[], otherwise: FailureProps, again: string): Failure {
  const line = lines.find((text) => KNOWN.some(({ says }) => says.test(text)));
  const known = line !== undefined ? KNOWN.find(({ says }) => says.test(line)) : undefined;
  if (!known) {
    return new Failure(otherwise);
  }
  const details = otherwise.details?.includes(line as string)
    ? otherwise.details
    : [...(otherwise.details ?? []), line as string];
  return new Failure({
    cause: `${known.cause}: ${otherwise.cause}`,
    details,
    next: `${known.next}, then run: ${again}`,
  });
}
