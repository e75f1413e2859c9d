import type { Construct } from 'constructs';
import { Isolation } from '../private/isolation';
import type { ContainerProps } from '../private/pod';
import { command } from '../private/probe';
import type { SecretFiles } from '../private/secret-files';
import { Workload, type WorkloadProps } from '../private/workload';
import type { Topology } from './topology';

export interface ServerProps extends Pick<WorkloadProps, 'stateful' | 'extras'> {
  readonly number: number;
  readonly topology: Topology;
  readonly image: ContainerProps['image'];
  readonly root: SecretFiles<'password'>;
  readonly mounts: ContainerProps['mounts'];
  readonly resources: ContainerProps['resources'];
}

/** MySQL's port, in pods and Services. */
export const PORT = 3306;
/**
 * How long the startup probe of a replica allows: a day, in which it waits for its primary and copies some hundred GiB.
 */
const COPY_SECONDS = 86_400;

/** One server: its StatefulSet of one pod. */
export function server(scope: Construct, props: ServerProps): Workload {
  const { number, topology, image, root, mounts, resources, stateful, extras } = props;
  return new Workload(scope, 'Workload', {
    isolation: new Isolation(scope, topology.server(number)),
    extras,
    stateful,
    apartFrom: topology.isReplicated ? topology.common : undefined,
    graceSeconds: 60,
    containers: [
      {
        name: 'mysql',
        image,
        env: { MYSQL_ROOT_PASSWORD_FILE: root.path('password'), ...topology.env(number) },
        ports: { mysql: PORT },
        mounts,
        resources,
        probes: {
          ready: command('/usr/local/bin/healthcheck'),
          alive: command('pgrep', 'mysqld'),
          startSeconds: topology.isReplicated ? COPY_SECONDS : undefined,
        },
      },
    ],
  });
}
