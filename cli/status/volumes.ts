import { isKind } from '../../constructs/manifest/kinds';
import type { KubernetesObject } from '../cluster/object';
import { isClaimOf } from '../inventory/claims';

export interface Claim extends KubernetesObject {
  readonly spec?: { readonly storageClassName?: string; readonly resources?: Resources };
  readonly status?: { readonly phase?: string; readonly capacity?: Quantities };
}

interface Resources {
  readonly requests?: Quantities;
}

interface Quantities {
  readonly storage?: string;
}

/** A volume of an app. */
export interface Volume {
  readonly claim: string;
  readonly namespace: string;
  readonly size: string;
  /** Such as `Bound`. */
  readonly state: string;
  readonly storageClass?: string;
}

/** The claims that an app declares, and those that its StatefulSets make for their pods. */
export function volumesOf(claims: readonly Claim[], members: readonly KubernetesObject[]): Volume[] {
  const declared = new Set(members.filter((object) => isKind(object, 'PersistentVolumeClaim')).map(placeOf));
  return claims
    .filter((claim) => declared.has(placeOf(claim)) || isClaimOf(claim, members))
    .map(({ metadata, spec, status }) => ({
      claim: metadata.name,
      namespace: metadata.namespace ?? 'default',
      size: status?.capacity?.storage ?? spec?.resources?.requests?.storage ?? '',
      state: status?.phase ?? 'Pending',
      storageClass: spec?.storageClassName,
    }));
}

function placeOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
