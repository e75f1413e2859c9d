import { InvalidArgumentError, Option } from 'commander';

// What several commands are told, in the same words.

/** The cluster of the commands that start it. */
export function profileOfMinikube(): Option {
  return new Option('-p, --profile <name>', "minikube's profile, and the context of that name").default('minikube');
}

/** The cluster of the commands that find it running. */
export function profile(): Option {
  const description = "minikube's profile, or any other context of the kubeconfig";
  return new Option('-p, --profile <name>', description).default('minikube');
}

export function namespace(): Option {
  return new Option('-n, --namespace <name>', 'where it is; looked for everywhere unless given');
}

/** For programs that read what others read as a table. */
export function json(): Option {
  return new Option('-o, --output <format>', 'instead of a table').choices(['json']);
}

export function without(): Option {
  return new Option('--without <service...>', 'services to leave out').default([]);
}

export function timeout(what: string): Option {
  return new Option('--timeout <duration>', `how long to wait for ${what}, such as 90s or 10m`)
    .argParser(duration)
    .default(duration('10m'), '10m');
}

/** A time span in milliseconds. */
export function duration(text: string): number {
  const [, number, unit] = /^(\d+)(s|m)$/.exec(text) ?? [];
  if (!number || Number(number) === 0) {
    throw new InvalidArgumentError('Use a number of seconds or minutes, such as 90s or 10m.');
  }
  return Number(number) * (unit === 'm' ? 60_000 : 1000);
}
