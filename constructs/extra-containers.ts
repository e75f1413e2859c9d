import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Credentials } from './credentials';
import type { HealthCheck } from './health-check';
import { imageOf } from './images';
import { isSecret, secretOptions } from './manifest/secret-value';
import { HIGHEST_OF_NODES } from './manifest/users';
import { Platform } from './platform';
import { shortHash } from './private/hash';
import type { Instance } from './private/names';
import type { ContainerProps } from './private/pod';
import { isText, problem } from './private/problems';
import { type Mount, scratch } from './private/volume';
import { Where } from './private/where';
import { type Resources, requirements } from './resources';

/** The highest user ID that Kubernetes takes. */
const HIGHEST = 2 ** 31 - 1;

/** What a container may do with the data of the service beside it. */
export enum DataAccess {
  /** Nothing: it is not mounted. */
  NONE = 'none',
  /** Read it. */
  READ = 'read',
  /** Read and change it. */
  WRITE = 'write',
}

/**
 * A container of your own that runs before a service starts. It runs as the service's pod does: without root, without
 * capabilities, on a read-only root file system with a writable `/tmp`, and under the service's network policy.
 */
export interface InitContainer {
  /** Its name in the pod, for logs. */
  readonly name: string;

  /** The image, with a version: a tag that is not `latest`, or a digest. */
  readonly image: string;

  /**
   * What runs in place of the image's entrypoint.
   * @default - the image's entrypoint
   */
  readonly command?: string[];

  /**
   * Its arguments.
   * @default - those of the image, unless there is a `command`
   */
  readonly args?: string[];

  /**
   * Its environment. No secret belongs here: see `secrets`.
   * @default - empty
   */
  readonly env?: { readonly [name: string]: string };

  /**
   * Secrets as files, by the folder in which they are to be, such as `/run/secrets/mail`.
   * @default - none
   */
  readonly secrets?: { readonly [folder: string]: Credentials };

  /**
   * What it may do with the service's data, which is where the service itself has it.
   * @default DataAccess.NONE
   */
  readonly data?: DataAccess;

  /**
   * What it asks for and may use.
   * @default - a hundredth of a core, 32 MiB of memory and 64 MiB at most
   */
  readonly resources?: Resources;

  /**
   * The number of its user and group, from 10001 to 2147483647. Not where the platform assigns them.
   * @default 10001, the service's own, to whom the data belongs; with `Platform.openShift()` what the platform assigns
   */
  readonly user?: number;
}

/** A container of your own that runs beside a service, as long as that does. */
export interface Sidecar extends InitContainer {
  /** The readiness probe: whether the container serves now. While it does not, the Service leaves out the whole pod. */
  readonly ready: HealthCheck;

  /**
   * The liveness probe: whether the container will serve again by itself. If not, it alone is restarted. It must differ
   * from `ready`.
   */
  readonly alive: HealthCheck;
}

export interface ExtraContainers {
  readonly initContainers?: InitContainer[];
  readonly sidecars?: Sidecar[];
}

/** Where a mistake in a field of one container lies. */
type Locate = (field: string) => Where;

interface Containers {
  readonly initContainers?: ContainerProps[];
  readonly containers: ContainerProps[];
}

/** The containers of a service, and those of its users after them. */
export function withExtras(
  scope: Construct,
  instance: Instance,
  own: Containers,
  { initContainers = [], sidecars = [] }: ExtraContainers = {},
): Containers {
  const names = [...(own.initContainers ?? []), ...own.containers].map(({ name }) => name);
  const data = () => own.containers.flatMap(({ mounts }) => mounts()).find(({ volume }) => volume.name === 'data');
  const made = (prop: string, extra: InitContainer) => {
    const where: Locate = (field) => new Where(field, `'${extra.name}' in '${prop}'`);
    checkExtra(scope, prop, extra, names, where);
    names.push(extra.name);
    return extraContainer(scope, instance, extra, data(), where);
  };
  return {
    initContainers: [...(own.initContainers ?? []), ...initContainers.map((extra) => made('initContainers', extra))],
    containers: [
      ...own.containers,
      ...sidecars.map((sidecar) => ({ ...made('sidecars', sidecar), probes: probesOf(scope, sidecar) })),
    ],
  };
}

function extraContainer(
  scope: Construct,
  instance: Instance,
  extra: InitContainer,
  data: Mount | undefined,
  where: Locate,
): ContainerProps {
  const { name, image, command, args, env, user, secrets = {}, data: access = DataAccess.NONE } = extra;
  const mounts = [
    ...Object.entries(secrets).map(([folder, credentials]) => secretAt(scope, instance, folder, credentials)),
    scratch(`tmp-${name}`, '/tmp'),
  ];
  if (access !== DataAccess.NONE) {
    if (data) {
      mounts.push({ ...data, writable: access === DataAccess.WRITE });
    } else {
      problem(scope, `${where('data')} is '${access}', but the service keeps no data; leave it out`);
    }
  }
  checkFolders(scope, where('secrets'), mounts);
  const defaults = { cpu: 0.01, memory: Size.mebibytes(32), ephemeralStorage: Size.mebibytes(128) };
  return {
    name,
    image: imageOf(scope, '', image ?? '', where('image')),
    command,
    args,
    env,
    user,
    mounts: () => mounts,
    resources: requirements(scope, defaults, extra.resources, where('resources')),
  };
}

function secretAt(scope: Construct, instance: Instance, folder: string, credentials: Credentials): Mount {
  const secret = credentials._for(scope, instance);
  return secret._at(folder, `secret-${shortHash([secret.secretName])}`).mount;
}

function probesOf(scope: Construct, { name, ready, alive }: Sidecar): ContainerProps['probes'] {
  if (!ready || !alive) {
    problem(
      scope,
      `'${name}' in 'sidecars' has no '${ready ? 'alive' : 'ready'}'; add one, such as HealthCheck.tcp(…)`,
    );
    return undefined;
  }
  if (JSON.stringify(ready._probe) === JSON.stringify(alive._probe)) {
    problem(
      scope,
      `'${name}' in 'sidecars' has the same check for 'ready' and 'alive', which restarts what only waits; ` +
        'ask something else in one of them',
    );
  }
  return { ready: ready._probe, alive: alive._probe };
}

function checkExtra(scope: Construct, prop: string, extra: InitContainer, taken: string[], where: Locate): void {
  const { name, env = {}, user } = extra;
  if (!isText(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/, name)) {
    problem(scope, `'name' is '${name}' in '${prop}'; use a-z, 0-9 and '-', 52 at most`);
  }
  if (taken.includes(name)) {
    problem(scope, `'name' is '${name}' in '${prop}', but the pod has a container of that name; use another`);
  }
  for (const [variable, value] of Object.entries(env)) {
    if (!/^[A-Za-z_.-][\w.-]*$/.test(variable)) {
      problem(scope, `${where('env')} has '${variable}', which is no variable; use letters, digits, '_', '-' and '.'`);
    }
    if (isSecret(variable, value)) {
      problem(scope, `${where('env')} has ${variable}, which looks like a secret; mount it with 'secrets'`);
    }
  }
  for (const field of ['command', 'args'] as const) {
    for (const option of secretOptions(extra[field])) {
      problem(scope, `${where(field)} has ${option} with what looks like a secret; mount it with 'secrets'`);
    }
  }
  if (user !== undefined && Platform._of(scope)._assignsUsers) {
    problem(scope, `${where('user')} is ${user}, but the platform assigns the users of pods; leave it out`);
  } else if (user !== undefined && !(Number.isInteger(user) && user > HIGHEST_OF_NODES && user <= HIGHEST)) {
    problem(
      scope,
      `${where('user')} is ${user}; use a whole number from ${HIGHEST_OF_NODES + 1} to ${HIGHEST}, which is nobody on the node`,
    );
  }
}

function checkFolders(scope: Construct, where: Where, mounts: Mount[]): void {
  const paths = mounts.map(({ path }) => path);
  for (const path of new Set(paths)) {
    if (!/^(\/[^/:]+)+\/?$/.test(path) || path.split('/').includes('..')) {
      const allowed = "a whole path such as '/run/secrets/mail', without ':' and '..'";
      problem(scope, `${where} has the folder '${path}'; use ${allowed}`);
    }
    if (paths.indexOf(path) !== paths.lastIndexOf(path)) {
      problem(scope, `${where} has the folder '${path}', where something else is; use another`);
    }
  }
}
