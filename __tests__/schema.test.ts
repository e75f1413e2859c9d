import { KUBERNETES_VERSIONS, schemaErrors } from './support/schema';

function deployment() {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'web' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'nginx',
              ports: [{ containerPort: 80 }],
              resources: { requests: { cpu: 1, memory: '128Mi' }, limits: { cpu: '1500m', memory: '1e9' } },
              readinessProbe: { httpGet: { path: '/', port: 'http' } },
              livenessProbe: { httpGet: { path: '/', port: 80 } },
            },
          ],
          volumes: [{ name: 'scratch', emptyDir: {} }],
        },
      },
    },
  };
}

/** The valid Deployment with one field set, or removed with `undefined`. */
function deploymentWith(path: ReadonlyArray<string | number>, value: unknown): unknown {
  const object = deployment();
  const parents = path.slice(0, -1);
  const parent = parents.reduce<any>((node, key) => node[key], object);
  const field = path[path.length - 1] as string | number;
  if (value === undefined) {
    delete parent[field];
  } else {
    parent[field] = value;
  }
  return object;
}

const POD = ['spec', 'template', 'spec'];
const CONTAINER = [...POD, 'containers', 0];

describe.each(KUBERNETES_VERSIONS)('schemaErrors for Kubernetes %s', (version) => {
  it('accepts a valid Deployment', () => {
    expect(schemaErrors(deployment(), version)).toEqual([]);
  });

  it('refuses an unknown field', () => {
    expect(schemaErrors(deploymentWith(['spec', 'replica'], 2), version)).toEqual([
      'Deployment/web: spec.replica is not a known field',
    ]);
    expect(schemaErrors(deploymentWith([...CONTAINER, 'volumeMount'], []), version)).toEqual([
      'Deployment/web: spec.template.spec.containers[0].volumeMount is not a known field',
    ]);
    expect(
      schemaErrors(deploymentWith([...POD, 'volumes', 0, 'emptyDir', 'example.com/size'], '1Gi'), version),
    ).toEqual(['Deployment/web: spec.template.spec.volumes[0].emptyDir["example.com/size"] is not a known field']);
  });

  it('refuses a value of the wrong type', () => {
    expect(schemaErrors(deploymentWith([...CONTAINER, 'ports', 0, 'containerPort'], '80'), version)).toEqual([
      'Deployment/web: spec.template.spec.containers[0].ports[0].containerPort must be integer',
    ]);
    expect(schemaErrors(deploymentWith(['metadata', 'labels', 'app.kubernetes.io/name'], true), version)).toEqual([
      'Deployment/web: metadata.labels["app.kubernetes.io/name"] must be string',
    ]);
    expect(schemaErrors(deploymentWith(['spec', 'replicas'], 1.5), version)).toEqual([
      'Deployment/web: spec.replicas must be integer',
    ]);
    expect(schemaErrors(deploymentWith([...POD, 'volumes', 0, 'emptyDir'], null), version)).toEqual([
      'Deployment/web: spec.template.spec.volumes[0].emptyDir must be object',
    ]);
  });

  it('refuses an object without a required field', () => {
    expect(schemaErrors(deploymentWith(['spec', 'selector'], undefined), version)).toEqual([
      'Deployment/web: spec.selector is required',
    ]);
    expect(schemaErrors(deploymentWith([...CONTAINER, 'name'], undefined), version)).toEqual([
      'Deployment/web: spec.template.spec.containers[0].name is required',
    ]);
  });

  it('reports every problem of an object', () => {
    const object = deploymentWith([...POD, 'containers'], [{ image: 1 }, { name: 'log', tty: 'yes' }]);

    expect(schemaErrors(object, version).sort()).toEqual([
      'Deployment/web: spec.template.spec.containers[0].image must be string',
      'Deployment/web: spec.template.spec.containers[0].name is required',
      'Deployment/web: spec.template.spec.containers[1].tty must be boolean',
    ]);
  });

  it('takes an integer or a string where either is allowed, and nothing else', () => {
    const field = ['spec', 'strategy', 'rollingUpdate', 'maxSurge'];

    expect(schemaErrors(deploymentWith(field, '50%'), version)).toEqual([]);
    expect(schemaErrors(deploymentWith(field, 3), version)).toEqual([]);
    expect(schemaErrors(deploymentWith(field, 0.5), version)).toEqual([
      'Deployment/web: spec.strategy.rollingUpdate.maxSurge must be string or integer',
    ]);
  });

  it.each(['0', '1.5', '100m', '64Mi', '2Gi', '1k', '1E', '12e6', 4, 0.25])('takes %p for a quantity', (memory) => {
    expect(schemaErrors(deploymentWith([...CONTAINER, 'resources', 'limits'], { memory }), version)).toEqual([]);
  });

  it.each(['', '64MB', '64 Mi', '1gi', 'lots'])('refuses %p for a quantity', (memory) => {
    const object = deploymentWith([...CONTAINER, 'resources', 'requests'], { memory });
    const field = 'spec.template.spec.containers[0].resources.requests.memory';

    expect(schemaErrors(object, version)).toEqual([`Deployment/web: ${field} must be a quantity like '500m' or '1Gi'`]);
  });

  it('refuses an integer that does not fit its field', () => {
    expect(schemaErrors(deploymentWith(['spec', 'replicas'], 2 ** 31), version)).toEqual([
      'Deployment/web: spec.replicas must be a 32-bit integer',
    ]);
  });

  it('refuses plain text where a Secret holds base64', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' } };

    expect(schemaErrors({ ...secret, data: { password: 'aHVudGVyMg==' } }, version)).toEqual([]);
    expect(schemaErrors({ ...secret, stringData: { password: 'hunter2' } }, version)).toEqual([]);
    expect(schemaErrors({ ...secret, data: { password: 'hunter2' } }, version)).toEqual([
      'Secret/login: data.password must be base64',
    ]);
  });

  it.each([
    ['v1', 'Namespace'],
    ['v1', 'ConfigMap'],
    ['v1', 'Secret'],
    ['v1', 'Service'],
    ['v1', 'ServiceAccount'],
    ['v1', 'PersistentVolumeClaim'],
    ['v1', 'Pod'],
    ['v1', 'ResourceQuota'],
    ['v1', 'LimitRange'],
    ['apps/v1', 'Deployment'],
    ['apps/v1', 'StatefulSet'],
    ['apps/v1', 'DaemonSet'],
    ['batch/v1', 'Job'],
    ['batch/v1', 'CronJob'],
    ['networking.k8s.io/v1', 'Ingress'],
    ['networking.k8s.io/v1', 'NetworkPolicy'],
    ['networking.k8s.io/v1', 'IngressClass'],
    ['policy/v1', 'PodDisruptionBudget'],
    ['autoscaling/v2', 'HorizontalPodAutoscaler'],
    ['rbac.authorization.k8s.io/v1', 'Role'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
    ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  ])('knows %s %s', (apiVersion, kind) => {
    expect(schemaErrors({ apiVersion, kind, metadata: { name: 'x', nam: 'x' } }, version)).toContain(
      `${kind}/x: metadata.nam is not a known field`,
    );
  });

  it('names a kind, or a version of its API, that it has no schema for', () => {
    const ingress = { apiVersion: 'extensions/v1beta1', kind: 'Ingress', metadata: { name: 'web' } };

    expect(schemaErrors(ingress, version)).toEqual([
      `Ingress/web: there is no schema for extensions/v1beta1 Ingress of Kubernetes ${version}`,
    ]);
    expect(schemaErrors({ apiVersion: 'v1', kind: 'Gadget' }, version)).toEqual([
      `Gadget/(unnamed): there is no schema for v1 Gadget of Kubernetes ${version}`,
    ]);
  });

  it('refuses what is no Kubernetes object at all', () => {
    for (const value of [undefined, null, 'text', 1, []]) {
      expect(schemaErrors(value, version)).toEqual(['not a Kubernetes object: must be object']);
    }
    expect(schemaErrors({ kind: 'Pod' }, version)).toEqual([
      'not a Kubernetes object: apiVersion and kind are required',
    ]);
  });

  it.each([
    ['bitnami.com/v1alpha1', 'SealedSecret'],
    ['cert-manager.io/v1', 'Certificate'],
    ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
    ['external-secrets.io/v1', 'ExternalSecret'],
  ])('knows the custom resource %s %s', (apiVersion, kind) => {
    const problems = schemaErrors({ apiVersion, kind, metadata: { name: 'x', nam: 'x' }, spec: { nam: 'x' } }, version);
    expect(problems).toContain(`${kind}/x: metadata.nam is not a known field`);
    expect(problems).toContain(`${kind}/x: spec.nam is not a known field`);
  });

  it('holds a custom resource against what its project publishes', () => {
    const certificate = (spec: object) => ({
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'x' },
      spec: { secretName: 'x', issuerRef: { name: 'ca' }, ...spec },
    });
    expect(schemaErrors(certificate({ privateKey: { algorithm: 'ECDSA', size: 256 } }), version)).toEqual([]);
    expect(schemaErrors(certificate({ issuerRef: {} }), version)).toEqual([
      'Certificate/x: spec.issuerRef.name is required',
    ]);
    expect(schemaErrors(certificate({ privateKey: { algorithm: 'ecdsa', size: '256' } }), version)).toEqual([
      'Certificate/x: spec.privateKey.algorithm must be equal to one of the allowed values',
      'Certificate/x: spec.privateKey.size must be integer',
    ]);
    const external = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', metadata: { name: 'x' } };
    const data = [{ secretKey: 'a/b', remoteRef: { key: 'x' } }];
    expect(schemaErrors({ ...external, spec: { data } }, version)).toEqual([
      'ExternalSecret/x: spec.data[0].secretKey must match pattern "^[-._a-zA-Z0-9]+$"',
    ]);
  });

  it('keeps the unknown fields that a custom resource keeps', () => {
    const sealed = { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', metadata: { name: 'x' } };
    const template = { metadata: { name: 'x', creationTimestamp: null } };
    expect(schemaErrors({ ...sealed, spec: { encryptedData: { password: 'x' }, template } }, version)).toEqual([]);
    expect(schemaErrors({ ...sealed, spec: { encryptedData: {}, template: { metdata: {} } } }, version)).toEqual([
      'SealedSecret/x: spec.template.metdata is not a known field',
    ]);
  });
});

describe('schemaErrors across Kubernetes versions', () => {
  it('refuses on the older version a field that only the newer one has', () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once' },
      spec: {
        managedBy: 'example.com/controller',
        template: { spec: { containers: [{ name: 'once', image: 'busybox' }], restartPolicy: 'Never' } },
      },
    };

    expect(schemaErrors(job, '1.28')).toEqual(['Job/once: spec.managedBy is not a known field']);
    expect(schemaErrors(job, '1.37')).toEqual([]);
  });
});
