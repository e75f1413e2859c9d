import { type App, Chart } from 'cdk8s';
import { find, type Manifest } from './app';

/** What every pod that connects to anything may reach: the resolvers of usual clusters. */
export const DNS = [
  {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: {
          matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns', 'coredns', 'node-local-dns'] }],
        },
      },
      ...[
        ...['169.254.20.10/32', '169.254.25.10/32', '169.254.10.10/31', '169.254.169.254/32'],
        ...['10.96.0.10/32', '10.43.0.10/32', '10.100.0.10/32', '172.20.0.10/32', '10.0.0.10/32', '34.118.224.10/32'],
      ].map((cidr) => ({ ipBlock: { cidr } })),
    ],
    ports: dns(53),
  },
  {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
        podSelector: { matchLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } },
      },
    ],
    ports: dns(5353),
  },
];

/** A port where a resolver listens, as a network policy names it. */
export function dns(port: number) {
  return ['TCP', 'UDP'].map((protocol) => ({ port, protocol }));
}

/** The pods of a service, as a network policy names them. */
export function pods(service: string, instance: string, namespace?: string) {
  const podSelector = {
    matchLabels: { 'app.kubernetes.io/name': service, 'app.kubernetes.io/instance': instance },
  };
  return namespace === undefined
    ? { podSelector }
    : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector };
}

/** Ports, as a network policy names them. */
export function tcp(...ports: number[]) {
  return ports.map((port) => ({ port, protocol: 'TCP' }));
}

/** What a service may be reached by, and what it may reach; nothing where nothing is written. */
export function policy(manifests: Manifest[], name: string): { readonly ingress: any[]; readonly egress: any[] } {
  return { ingress: [], egress: [], ...find(manifests, 'NetworkPolicy', name).spec };
}

/** A chart of another namespace in the same app. */
export function chartBeside(chart: Chart, namespace: string): Chart {
  return new Chart(chart.node.root as App, namespace, { namespace, disableResourceNameHashes: true });
}
