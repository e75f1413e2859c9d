import type { Manifest } from './app';

/** Closes a namespace, both ways. */
export const defaultDeny: Manifest = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'default-deny' },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
};

/** A workload that, beside a default-deny, keeps every law and every rule, to be broken in one place. */
export function pod(change: (container: any, spec: any, workload: any) => void = () => {}): Manifest {
  const resources = { cpu: '1', memory: '1Mi', 'ephemeral-storage': '1Mi' };
  const container = {
    name: 'web',
    image: 'registry.example.org/web:1',
    ports: [{ name: 'http', containerPort: 80 }],
    startupProbe: { tcpSocket: { port: 'http' } },
    readinessProbe: { tcpSocket: { port: 'http' } },
    livenessProbe: { exec: { command: ['true'] } },
    resources: { requests: { ...resources }, limits: { ...resources } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const spec: any = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container],
  };
  const labels = { app: 'web' };
  const workload = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
  change(container, spec, workload);
  return workload;
}
