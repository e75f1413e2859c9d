import { isKind } from '../../constructs/manifest/kinds';
import { namespacesOf, workloadsOf } from '../app/selection';
import { apiOf } from '../cluster/api';
import { instanceOf, type KubernetesObject, type Service } from '../cluster/object';
import { leftOverTable } from '../inventory/left-over';
import type { Cluster } from '../machine/minikube';
import type { Session } from '../machine/session';
import { addressesOf } from '../services/addresses';
import { probe } from '../services/probe';
import { type Probed, summary } from '../services/summary';
import type { Progress } from '../terminal/progress';
import type { Deployed } from './deploy';

/** Says where the services of an app are found, and what is left of those that it does not have any more. */
export async function report(
  session: Session,
  progress: Progress,
  objects: readonly KubernetesObject[],
  { leftOver, live }: Deployed,
  cluster: Cluster,
): Promise<void> {
  const addresses = await progress.run('probe addresses', async (line) => {
    const probed = await probeAll(session, objects, live, cluster.ip);
    const unknown = probed.filter(({ answer }) => answer?.unknownHost !== undefined).length;
    const byName = unknown > 0 ? `, ${unknown} more by a name that this machine does not know` : '';
    line.update(`${probed.filter(({ answer }) => answer?.ok).length} of ${probed.length} answer${byName}`);
    return probed;
  });
  const parts = [summary(addresses, objects, session.profile, cluster.runtime !== undefined)];
  if (leftOver.objects.length > 0) {
    parts.push(`${leftOverTable('left over of', leftOver.objects)}\n'up' deletes that without --no-prune`);
  }
  if (leftOver.data.length > 0) {
    parts.push(`${leftOverTable('data left of', leftOver.data)}\n'up' deletes that with --with-data`);
  }
  process.stdout.write(
    parts
      .filter((part) => part !== '')
      .map((part) => `\n${part}\n`)
      .join(''),
  );
}

async function probeAll(
  session: Session,
  objects: readonly KubernetesObject[],
  live: readonly KubernetesObject[] | undefined,
  node: string,
): Promise<Probed[]> {
  // nothing answers for those
  const asleep = workloadsOf(objects).filter(({ spec }) => spec.replicas === 0);
  const without = new Set(asleep.flatMap((workload) => instanceOf(workload) ?? []));
  const own = objects.filter((object) => isKind(object, 'Service') && !without.has(instanceOf(object) ?? ''));
  const services =
    live?.filter((object) => isKind(object, 'Service')) ?? (await servicesIn(session, namespacesOf(own)));
  const applied = services.filter(({ metadata: { name, namespace } }) =>
    own.some(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
  );
  const probed = Promise.all(
    addressesOf(applied, node).map(async (address) =>
      address.url ? { ...address, answer: await probe(address.url, node) } : address,
    ),
  );
  return session.shell.until(probed);
}

async function servicesIn(session: Session, namespaces: readonly string[]): Promise<Service[]> {
  const api = apiOf(session);
  return (await Promise.all(namespaces.map((namespace) => api.list<Service>('v1/services', { namespace })))).flat();
}
