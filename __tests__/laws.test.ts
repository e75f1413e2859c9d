import type { Manifest } from './support/app';
import { laws } from './support/laws';
import { defaultDeny, pod } from './support/pod';

const service = (spec: object): Manifest => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec });
const broken = (law: string, ...manifests: Manifest[]) => laws[law]?.(manifests);

describe('a law', () => {
  it.each(Object.keys(laws))('is kept by a good pod: %s', (law) => {
    expect(broken(law, pod(), defaultDeny)).toEqual([]);
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
      'a Service behind a Gateway',
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'web' },
        spec: { rules: [{ backendRefs: [{ name: 'gone', port: 80 }] }] },
      },
      'HTTPRoute/web needs Service/gone',
    ],
    [
      'a Deployment behind a scaler',
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { scaleTargetRef: { kind: 'Deployment', name: 'gone' } },
      },
      'HorizontalPodAutoscaler/web needs Deployment/gone',
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
    ['a selector', service({ selector: { app: 'gone' }, ports: [] }), 'Service/web selects the pods of 0 services'],
    [
      'a port name in a Service',
      service({ selector: { app: 'web' }, ports: [{ targetPort: 'gone' }] }),
      'Service/web needs port gone',
    ],
  ])('finds %s that is not there', (_, manifest, violation) => {
    const manifests = manifest.kind === 'Service' ? [pod(), manifest] : [manifest];
    expect(broken('refers to nothing that is not there', ...manifests)).toContain(violation);
  });

  it.each<[string, object]>([
    ['Secret', { data: { username: 'YQ==' } }],
    ['Certificate', { spec: { secretName: 'login' } }],
    ['ExternalSecret', { spec: { data: [{ secretKey: 'username', remoteRef: { key: 'login' } }] } }],
    ['SealedSecret', { spec: { encryptedData: { username: 'EXAMPLE' } } }],
  ])('finds a key that the Secret of a %s lacks', (kind, content) => {
    const volumes = [{ name: 'a', secret: { secretName: 'login', items: [{ key: 'password', path: 'password' }] } }];
    const reading = pod((_, spec) => Object.assign(spec, { volumes }));
    const source = { apiVersion: 'v1', kind, metadata: { name: 'login' }, ...content };
    const law = 'refers to nothing that is not there';
    expect(broken(law, reading, source)).toEqual(['Deployment/web needs key password of Secret/login']);
    const elsewhere = { ...source, metadata: { name: 'login', namespace: 'elsewhere' } };
    expect(broken(law, reading, elsewhere)).toEqual(['Deployment/web needs Secret/login']);
  });

  it('finds a Service that leads to two services, though not one that leads to servers of the same', () => {
    const leading = service({ selector: { app: 'web' }, ports: [] });
    const law = 'refers to nothing that is not there';
    expect(broken(law, pod(), pod(), leading)).toEqual(['Service/web selects the pods of 2 services']);
    const server = pod();
    server.spec.template.metadata.labels['cdk8s-services/servers-of'] = 'web';
    expect(broken(law, server, server, leading)).toEqual([]);
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

  it('finds a container whose start is not waited for', () => {
    const impatient = pod((container) => delete container.startupProbe);
    expect(broken('waits for the start of every container', impatient)).toEqual(['Deployment/web web']);
  });

  it('finds what the policy refuses, and what is excepted from it', () => {
    const law = 'keeps the policy, without an exception';
    const asRoot = pod((_, spec) => Object.assign(spec.securityContext, { runAsUser: 0 }));
    const refused = "user-and-group: Deployment/web: container 'web': runAsUser is 0";
    expect(broken(law, asRoot, defaultDeny)).toEqual([refused]);
    Object.assign(asRoot.metadata, { annotations: { 'except.cdk8s-services/user-and-group': 'it asks for it' } });
    expect(broken(law, asRoot, defaultDeny)).toEqual(['user-and-group: Deployment/web is excepted']);
  });

  it('finds a secret outside Secrets', () => {
    const leaking = pod((container) =>
      Object.assign(container, { args: ['--password=placeholder of mysql password'] }),
    );
    expect(broken('keeps secrets in Secrets', leaking)).toEqual(['Deployment/web']);
  });

  it('finds an object that the schemas refuse', () => {
    const wrong = pod((container) => Object.assign(container, { ports: [{ containerPort: 'http' }] }));
    expect(broken('is valid for the oldest and the newest Kubernetes', wrong)).toHaveLength(2);
  });
});
