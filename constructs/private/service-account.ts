import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Instance } from './names';
import { outsideNamespaces } from './outside-namespaces';
import { problem } from './problems';
import type { Mount } from './volume';

export const RBAC = 'rbac.authorization.k8s.io';

/**
 * What Kubernetes would mount by itself into every container of a pod: a token for the account, renewed within the hour,
 * and how the API server is known.
 */
export const API_TOKEN: Mount = {
  volume: {
    name: 'api-token',
    source: {
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardApi: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    },
  },
  path: '/var/run/secrets/kubernetes.io/serviceaccount',
};

/** The account of an instance's pods, with the rights that they use and no others. */
export class ServiceAccount extends Construct {
  public readonly name: string;
  private readonly subjects: k8s.Subject[];

  constructor(
    scope: Construct,
    id: string,
    private readonly instance: Instance,
  ) {
    super(scope, id);
    const { name, namespace, labels } = instance;
    if (namespace === undefined) {
      problem(this, 'the rights of its account name a namespace, but the chart has none; give the chart a namespace');
    }
    this.name = name;
    this.subjects = [{ kind: 'ServiceAccount', name, namespace: namespace ?? 'default' }];
    const metadata = { name, labels };
    new k8s.KubeServiceAccount(this, 'Resource', { metadata, automountServiceAccountToken: false });
  }

  /** Rights in the namespace of the instance. */
  public grant(...rules: k8s.PolicyRule[]): void {
    const { name, labels } = this.instance;
    const metadata = { name, labels };
    new k8s.KubeRole(this, 'Role', { metadata, rules });
    const roleRef = { apiGroup: RBAC, kind: 'Role', name };
    new k8s.KubeRoleBinding(this, 'RoleBinding', { metadata, roleRef, subjects: this.subjects });
  }

  /** Rights on what belongs to no namespace. */
  public grantInCluster(...rules: k8s.PolicyRule[]): void {
    const name = `${this.instance.namespace}-${this.instance.name}`;
    const metadata = { name, labels: this.instance.labels };
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name };
    const role = new k8s.KubeClusterRole(this, 'ClusterRole', { metadata, rules });
    const { subjects } = this;
    const binding = new k8s.KubeClusterRoleBinding(this, 'ClusterRoleBinding', { metadata, roleRef, subjects });
    outsideNamespaces(role, binding);
  }
}
