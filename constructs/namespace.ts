import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { checkName } from './private/names';
import { outsideNamespaces } from './private/outside-namespaces';
import { watchNames } from './private/uniqueness';

/** The policy that closes a namespace. */
export const DEFAULT_DENY = 'default-deny';

/**
 * A namespace that enforces Pod Security "restricted" and has a default-deny NetworkPolicy: pods connect only where
 * another policy lets them. The services here bring theirs.
 */
export class RestrictedNamespace extends Construct {
  /** The namespace. */
  public readonly resource: ApiObject;

  /**
   * @param scope A chart whose file is applied before those that use the namespace.
   * @param id The namespace's name.
   */
  public constructor(scope: Construct, id: string) {
    super(scope, id);
    checkName(this, 'id', id);
    watchNames(this.node.root);
    const labels = {
      'app.kubernetes.io/managed-by': 'cdk8s',
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/audit': 'restricted',
    };
    this.resource = new k8s.KubeNamespace(this, 'Resource', { metadata: { name: id, labels } });
    outsideNamespaces(this.resource);
    new k8s.KubeNetworkPolicy(this, 'DefaultDeny', {
      metadata: { name: DEFAULT_DENY, namespace: id },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }
}
