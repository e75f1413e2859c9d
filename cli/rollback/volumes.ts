import { isKind } from '../../constructs/manifest/kinds';
import { namespacesOf } from '../app/selection';
import { apiOf } from '../cluster/api';
import { type KubernetesObject, keyOf } from '../cluster/object';
import type { Session } from '../machine/session';

interface Claim extends KubernetesObject {
  readonly spec?: { readonly resources?: object };
}

/** The objects, with the claims that are there as large as they are: volumes do not shrink. */
export async function withLiveSizes(
  session: Session,
  objects: readonly KubernetesObject[],
  fallback: string,
): Promise<KubernetesObject[]> {
  const claims = objects.filter(isClaim);
  const api = apiOf(session);
  const lists = await Promise.all(
    namespacesOf(claims).map((namespace) => api.list<Claim>('v1/persistentvolumeclaims', { namespace })),
  );
  const live = lists.flat();
  return objects.map((object) => {
    const found = isClaim(object) && live.find((claim) => keyOf(claim, fallback) === keyOf(object, fallback));
    return found ? ({ ...object, spec: { ...object.spec, resources: found.spec?.resources } } as Claim) : object;
  });
}

function isClaim(object: KubernetesObject): object is Claim {
  return isKind(object, 'PersistentVolumeClaim');
}
