import { isKind } from '../../manifest/kinds';
import type { KubernetesObject } from '../../manifest/objects';
import { type Rule, shown, when } from '../rule';

interface Role extends KubernetesObject {
  readonly rules?: readonly { readonly [field: string]: readonly string[] | undefined }[];
}

interface Binding extends KubernetesObject {
  readonly roleRef?: { readonly name?: string };
}

const FIELDS = ['apiGroups', 'resources', 'verbs', 'nonResourceURLs'];

export const rbacWildcards: Rule = {
  name: 'rbac-wildcards',
  recommendation: 'A role names what it grants: a wildcard grants what is added later, too',
  fix: 'list the API groups, resources and verbs that are used, and bind a role with those',
  check: ({ objects }) =>
    objects.flatMap((object) => {
      if (isKind(object, 'Role', 'ClusterRole')) {
        return wildcards(object).map((text) => ({ object, text }));
      }
      const isAdmin =
        isKind(object, 'RoleBinding', 'ClusterRoleBinding') && (object as Binding).roleRef?.name === 'cluster-admin';
      return when(isAdmin, "roleRef is 'cluster-admin', which grants everything").map((text) => ({ object, text }));
    }),
};

function wildcards({ rules }: Role): string[] {
  return (rules ?? []).flatMap((rule, index) =>
    FIELDS.flatMap((field) =>
      when(Boolean(rule[field]?.some((value) => value.includes('*'))), `rule ${index}: ${shown(field, rule[field])}`),
    ),
  );
}
