import { isKind } from '../../constructs/manifest/kinds';
import { apiOf } from '../cluster/api';
import type { KubernetesObject } from '../cluster/object';
import type { Session } from '../machine/session';

interface StatefulSet extends KubernetesObject {
  readonly spec: { readonly volumeClaimTemplates?: readonly KubernetesObject[] };
}

/** The claims that the StatefulSets among the objects have made for their pods. */
export async function claimsOf(session: Session, objects: readonly KubernetesObject[]): Promise<KubernetesObject[]> {
  const namespaces = new Set(objects.filter(makesClaims).map(({ metadata }) => metadata.namespace ?? 'default'));
  const api = apiOf(session);
  const found = await Promise.all(
    [...namespaces].map((namespace) => api.list('v1/persistentvolumeclaims', { namespace })),
  );
  return found.flat().filter((claim) => isClaimOf(claim, objects));
}

/** Whether a claim is of a pod of one of the StatefulSets among the objects: `<template>-<name>-<number>`. */
export function isClaimOf(claim: KubernetesObject, objects: readonly KubernetesObject[]): boolean {
  return (
    isKind(claim, 'PersistentVolumeClaim') &&
    objects
      .filter(makesClaims)
      .some(
        ({ metadata: { name, namespace = 'default' }, spec: { volumeClaimTemplates = [] } }) =>
          claim.metadata.namespace === namespace &&
          volumeClaimTemplates.some((template) =>
            new RegExp(`^${template.metadata.name}-${name}-\\d+$`).test(claim.metadata.name),
          ),
      )
  );
}

function makesClaims(object: KubernetesObject): object is StatefulSet {
  return isKind(object, 'StatefulSet') && ((object as StatefulSet).spec.volumeClaimTemplates ?? []).length > 0;
}
