import type { Manifest } from './support/app';
import { laws } from './support/laws';

/** A workload that keeps every law, to be broken in one place. */
function pod(change: (container: any, spec: any) => void = () => {}): Manifest {
  const resources = { cpu: '1', memory: '1Mi', 'ephemeral-storage': '1Mi' };
  const container = {
    name: 'web',
    image: 'registry.example.org/web:1',
    ports: [{ name: 'http', containerPort: 80 }],
    startupProbe: { tcpSocket: { port: 'http' } },
    readinessProbe: { tcpSocket: { port: 'http' } },
    livenessProbe: { exec: { command: ['true'] } },
    resources: { requests: resources, limits: resources },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const spec: any = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
  };
  change(container, spec);
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

const service = (spec: object): Manifest => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec });
const broken = (law: string, ...manifests: Manifest[]) => laws[law]?.(manifests);

describe('a law', () => {
  it.each(Object.keys(laws))('is kept by a good pod: %s', (law) => {
    expect(broken(law, pod())).toEqual([]);
  });

  it.each<[string, Manifest, string]>([
    [
      'a Secret',
      pod((_, spec) => Object.assign(spec, { volumes: [{ name: 'a', secret: { secretName: 'gone' } }] })),
      'Deployment/web needs Secret/gone',
    ],
    [
      'a ConfigMap',
      pod((_, spec) => Object.assign(spec, { volumes: [{ name: 'a', configMap: { name: 'gone' } }] })),
      'Deployment/web needs ConfigMap/gone',
    ],
    [
      'a claim',
      pod((_, spec) => Object.assign(spec, { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'gone' } }] })),
      'Deployment/web needs PersistentVolumeClaim/gone',
    ],
    [
      'a service account',
      pod((_, spec) => Object.assign(spec, { serviceAccountName: 'gone' })),
      'Deployment/web needs ServiceAccount/gone',
    ],
    [
      'a volume',
      pod((container) => Object.assign(container, { volumeMounts: [{ name: 'gone', mountPath: '/x' }] })),
      'Deployment/web mounts gone',
    ],
    [
      'a port name in a probe',
      pod((container) => Object.assign(container, { ports: [] })),
      'Deployment/web probes port http',
    ],
    ['a selector', service({ selector: { app: 'gone' }, ports: [] }), 'Service/web selects 0 workloads'],
    [
      'a port name in a Service',
      service({ selector: { app: 'web' }, ports: [{ targetPort: 'gone' }] }),
      'Service/web needs port gone',
    ],
  ])('finds %s that is not there', (_, manifest, violation) => {
    const manifests = manifest.kind === 'Service' ? [pod(), manifest] : [manifest];
    expect(broken('refers to nothing that is not there', ...manifests)).toContain(violation);
  });

  it('finds two objects of one name', () => {
    expect(broken('has one object of a kind and name', pod(), pod())).toEqual(['Deployment/web in undefined']);
  });

  it('finds a name that Kubernetes refuses', () => {
    const misnamed = { ...pod(), metadata: { name: 'Web_1', labels: { owner: 'a b' } } };
    expect(broken('has names and labels that Kubernetes accepts', misnamed)).toEqual([
      'Deployment/Web_1',
      'Deployment/Web_1: a b',
    ]);
  });

  it('finds a container without a probe, or with the same one twice', () => {
    const law = 'probes every container, and readiness is not liveness';
    expect(
      broken(
        law,
        pod((container) => delete container.livenessProbe),
      ),
    ).toEqual(['Deployment/web web']);
    const same = pod((container) => Object.assign(container, { livenessProbe: container.readinessProbe }));
    expect(broken(law, same)).toEqual(['Deployment/web web']);
  });

  it('finds a container without a limit', () => {
    const law = 'asks and limits processor, memory and disk of every container';
    expect(
      broken(
        law,
        pod((container) => Object.assign(container.resources, { limits: { cpu: '1' } })),
      ),
    ).toEqual(['Deployment/web web limits memory', 'Deployment/web web limits ephemeral-storage']);
  });

  it.each(['web', 'web:latest', 'registry.example.org:5000/web'])('finds that %s names no version', (image) => {
    const law = 'names a version of every image, and none is latest';
    expect(
      broken(
        law,
        pod((container) => Object.assign(container, { image })),
      ),
    ).toHaveLength(1);
  });

  it('finds a secret outside Secrets', () => {
    const leaking = pod((container) =>
      Object.assign(container, { args: ['--password=placeholder of mysql password'] }),
    );
    expect(broken('keeps secrets in Secrets', leaking)).toEqual(['Deployment/web']);
  });

  it.each<[string, (container: any, spec: any) => void]>([
    ['may escalate', (container) => Object.assign(container.securityContext, { allowPrivilegeEscalation: true })],
    ['keeps a capability', (container) => delete container.securityContext.capabilities],
    ['writes to its image', (container) => Object.assign(container.securityContext, { readOnlyRootFilesystem: false })],
    ['may be root', (_, spec) => Object.assign(spec.securityContext, { runAsUser: 0 })],
    ['has no seccomp profile', (_, spec) => delete spec.securityContext.seccompProfile],
    [
      'mounts a folder of the node',
      (_, spec) => Object.assign(spec, { volumes: [{ name: 'a', hostPath: { path: '/' } }] }),
    ],
    ['has a token without a use', (_, spec) => Object.assign(spec, { automountServiceAccountToken: true })],
  ])('finds a pod that %s', (_, change) => {
    expect(broken('meets Pod Security "restricted"', pod(change))).toEqual(['Deployment/web']);
  });

  it('finds an object that the schemas refuse', () => {
    const wrong = pod((container) => Object.assign(container, { ports: [{ containerPort: 'http' }] }));
    expect(broken('is valid for the oldest and the newest Kubernetes', wrong)).toHaveLength(2);
  });
});
