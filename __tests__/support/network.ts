import { type App, Chart } from 'cdk8s';
import { find, type Manifest } from './app';

/** What every pod that connects to anything may reach: the cluster's resolver. */
export const DNS = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { port: 53, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ],
};

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
