import { isKind } from '../../constructs/manifest/kinds';
import { ROLLING } from '../../constructs/manifest/pods';
import { instanceOf, type KubernetesObject, type Workload } from '../cluster/object';
import { EXIT_USAGE, Failure } from '../terminal/failure';
import type { Manifest } from './synthesize';

/** The manifests without the objects of some services. What belongs to no service stays. */
export function without(manifests: readonly Manifest[], services: readonly string[]): Manifest[] {
  const known = new Set(objectsOf(manifests).flatMap((object) => instanceOf(object) ?? []));
  const unknown = services.filter((service) => !known.has(service));
  if (unknown.length > 0) {
    throw new Failure({
      cause: `--without names ${unknown.map((name) => `'${name}'`).join(' and ')}, which is no service of this app`,
      next:
        known.size > 0
          ? `use some of: ${[...known].sort().join(', ')}`
          : "label what belongs to a service with 'app.kubernetes.io/instance: <service>'",
      exitCode: EXIT_USAGE,
    });
  }
  const keeps = (object: KubernetesObject) => !services.includes(instanceOf(object) ?? '');
  return manifests.map(({ file, objects }) => ({ file, objects: objects.filter(keeps) }));
}

/** All objects. */
export function objectsOf(manifests: readonly Manifest[]): KubernetesObject[] {
  return manifests.flatMap(({ objects }) => objects);
}

/** The workloads to wait for. */
export function workloadsOf(objects: readonly KubernetesObject[]): Workload[] {
  return objects.filter((object) => isKind(object, ...ROLLING)) as Workload[];
}

/** The namespaces in which the objects are, in the order in which they appear. */
export function namespacesOf(objects: readonly KubernetesObject[]): string[] {
  return [...new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))];
}
