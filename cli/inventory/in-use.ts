import { kindOf } from '../../constructs/manifest/kinds';
import { groupKindOf, type KubernetesObject } from '../cluster/object';
import { isClaimOf } from './claims';

interface Definition extends KubernetesObject {
  readonly spec: { readonly group: string; readonly names: { readonly kind: string } };
}

/** Data that a program needs without having it as an object: its namespaces, the claims and kinds that it names. */
export function inUse(data: readonly KubernetesObject[], program: readonly KubernetesObject[]): KubernetesObject[] {
  if (data.length === 0) {
    return [];
  }
  const namespaces = new Set(program.map(({ metadata }) => metadata.namespace));
  const kinds = new Set(program.map(groupKindOf));
  const claims = new Set(
    program.flatMap((object) => claimNames(object).map((name) => `${object.metadata.namespace}/${name}`)),
  );
  return data.filter((object) => {
    const { name, namespace } = object.metadata;
    switch (kindOf(object)) {
      case 'Namespace':
        return namespaces.has(name);
      case 'PersistentVolumeClaim':
        return claims.has(`${namespace}/${name}`) || isClaimOf(object, program);
      case 'CustomResourceDefinition': {
        const { group, names } = (object as Definition).spec;
        return kinds.has(`${names.kind}.${group}`);
      }
      default:
        return false;
    }
  });
}

/** The claims that pods of an object mount. */
function claimNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, field]) =>
    key === 'claimName' && typeof field === 'string' ? [field] : claimNames(field),
  );
}
