import type { Construct } from 'constructs';
import type { ContainerProps } from '../private/pod';
import { command, Workload, type WorkloadProps } from '../private/workload';
import type { Topology } from './topology';

export interface ServerProps extends Pick<WorkloadProps, 'stateful' | 'extras'> {
  readonly number: number;
  readonly topology: Topology;
  readonly image: ContainerProps['image'];
  readonly mounts: ContainerProps['mounts'];
  readonly resources: ContainerProps['resources'];
}

/** A day, in which a replica copies some hundred GiB; it waits for its primary meanwhile, too. */
const COPY_SECONDS = 86_400;

/** One server: its StatefulSet of one pod. */
export function server(scope: Construct, props: ServerProps): Workload {
  const { number, topology, image, mounts, resources, stateful, extras } = props;
  return new Workload(scope, 'Workload', {
    instance: topology.server(number),
    extras,
    stateful,
    apartFrom: topology.isReplicated ? topology.common : undefined,
    graceSeconds: 60,
    containers: [
      {
        name: 'mysql',
        image,
        env: { MYSQL_ROOT_PASSWORD_FILE: '/run/secrets/mysql/password', ...topology.env(number) },
        ports: { mysql: 3306 },
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
