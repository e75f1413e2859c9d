import type { k8s } from 'cdk8s-plus-28';
import { checkReference } from '../private/names';
import { RBAC } from '../private/service-account';

/** Who has a role, by the name under which the cluster's authentication knows them. */
export class Subject {
  /**
   * One person, such as `ann@example.org`: the user name of an identity provider, or the common name (CN) of a client
   * certificate.
   *
   * @param name The name, with the prefix that the cluster's authentication puts before it, if any.
   * @throws If it is empty, has spaces around it, or begins with `system:`, which is Kubernetes' own.
   */
  public static user(name: string): Subject {
    checkSubject('Subject.user', name, 'use the name of a person, and Subject.serviceAccount(…) for a program');
    return new Subject({ apiGroup: RBAC, kind: 'User', name });
  }

  /**
   * All members of a group, such as `shop-developers`: a group of an identity provider, or an organization (O) of client
   * certificates.
   *
   * @param name The name, with the prefix that the cluster's authentication puts before it, if any.
   * @throws If it is empty, has spaces around it, or begins with `system:`: those groups hold everybody, or whole
   * namespaces.
   */
  public static group(name: string): Subject {
    checkSubject('Subject.group', name, 'use a group of people');
    return new Subject({ apiGroup: RBAC, kind: 'Group', name });
  }

  /**
   * A program, such as the one that deploys. Whoever may start pods in its namespace, or get a token of it there, has its
   * rights: let it live in a namespace of its own.
   *
   * @param namespaceName Where the ServiceAccount is.
   * @param name Its name.
   * @throws If one of the two is no object's name.
   */
  public static serviceAccount(namespaceName: string, name: string): Subject {
    checkReference('Subject.serviceAccount', 'namespaceName', namespaceName);
    checkReference('Subject.serviceAccount', 'name', name);
    return new Subject({ kind: 'ServiceAccount', namespace: namespaceName, name });
  }

  private constructor(
    /** @internal */
    public readonly _subject: k8s.Subject,
  ) {}
}

function checkSubject(where: string, name: string, remedy: string): void {
  if (typeof name !== 'string' || name === '' || name !== name.trim()) {
    throw new Error(`${where}: 'name' is '${name}', which is nobody's; ${remedy}`);
  }
  if (name.startsWith('system:')) {
    throw new Error(`${where}: 'name' is '${name}', but what begins with 'system:' is Kubernetes' own; ${remedy}`);
  }
}
