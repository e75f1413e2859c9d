import type { k8s } from 'cdk8s-plus-28';
import { RBAC } from '../private/service-account';

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete'];
const NETWORKING = 'networking.k8s.io';

function rule(apiGroup: string, resources: string[], verbs: string[]): k8s.PolicyRule {
  return { apiGroups: [apiGroup], resources, verbs };
}

/** What runs and how: everything but Secrets. No wildcard: `pods/*` would bring `pods/exec`, which is a `get`, too. */
export const VIEW: k8s.PolicyRule[] = [
  rule('', ['namespaces'], ['get']),
  rule('', ['configmaps', 'endpoints', 'events', 'limitranges', 'persistentvolumeclaims', 'pods', 'pods/log'], READ),
  rule('', ['replicationcontrollers', 'resourcequotas', 'serviceaccounts', 'services'], READ),
  rule('apps', ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'], READ),
  rule('autoscaling', ['horizontalpodautoscalers'], READ),
  rule('batch', ['cronjobs', 'jobs'], READ),
  rule('cert-manager.io', ['certificaterequests', 'certificates'], READ),
  rule('discovery.k8s.io', ['endpointslices'], READ),
  rule('events.k8s.io', ['events'], READ),
  rule('metrics.k8s.io', ['pods'], ['get', 'list']),
  rule(NETWORKING, ['ingresses', 'networkpolicies'], READ),
  rule('policy', ['poddisruptionbudgets'], READ),
  rule(RBAC, ['rolebindings', 'roles'], READ),
];

/**
 * As many pods as are needed, and new ones for those that hang. Who may change a workload may have it mount any Secret
 * and run anything: `kubectl rollout restart` does that, so that a restart is `kubectl delete pod` here.
 */
export const OPERATE: k8s.PolicyRule[] = [
  ...VIEW,
  rule('', ['pods'], ['delete']),
  rule('', ['pods/eviction'], ['create']),
  rule('apps', ['deployments/scale', 'statefulsets/scale'], ['get', 'update', 'patch']),
];

/**
 * What the team runs, with its Secrets and the insides of its pods. Not Endpoints, which could lead to other namespaces'
 * pods, and not the frame: Namespace, ResourceQuota, LimitRange, Roles and RoleBindings.
 *
 * @param policies The NetworkPolicies that can be changed. RBAC knows no "all but one", so that they are named.
 */
export function adminRules(policies: string[]): k8s.PolicyRule[] {
  return [
    ...OPERATE,
    rule('', ['secrets'], READ),
    rule('', ['configmaps', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'secrets'], WRITE),
    rule('', ['serviceaccounts', 'services'], WRITE),
    rule('', ['serviceaccounts/token'], ['create']),
    // a WebSocket begins with a GET
    rule('', ['pods/attach', 'pods/exec', 'pods/portforward'], ['create', 'get']),
    rule('', ['pods/ephemeralcontainers'], ['update', 'patch']),
    rule('apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], WRITE),
    rule('autoscaling', ['horizontalpodautoscalers'], WRITE),
    rule('batch', ['cronjobs', 'jobs'], WRITE),
    rule('cert-manager.io', ['certificates'], WRITE),
    rule(NETWORKING, ['ingresses'], WRITE),
    rule(NETWORKING, ['networkpolicies'], ['create']),
    // without names it would be for all
    ...(policies.length > 0
      ? [{ ...rule(NETWORKING, ['networkpolicies'], ['update', 'patch', 'delete']), resourceNames: policies }]
      : []),
    rule('policy', ['poddisruptionbudgets'], WRITE),
  ];
}
