import { SynthesizedApp } from '../../constructs/manifest/app';
import { nameOf, objectsIn } from '../../constructs/manifest/objects';
import { check, ruleNames } from '../../constructs/policy/check';
import type { Manifest } from '../support/app';
import { defaultDeny, pod } from '../support/pod';
import { apiVersionOf } from '../support/typed';

type Change = Parameters<typeof pod>[0];

/** Each rule that the manifests break, with what is found. */
function broken(...manifests: unknown[]): { [rule: string]: string[] } {
  const { violations } = check(new SynthesizedApp(objectsIn(manifests)));
  return Object.fromEntries(
    violations.map(({ rule, findings }) => [
      rule.name,
      findings.map(({ object, text }) => `${nameOf(object)}: ${text}`),
    ]),
  );
}

const inContainer =
  (fields: object): Change =>
  (container) =>
    Object.assign(container, fields);
const inContext =
  (fields: object): Change =>
  (container) =>
    Object.assign(container.securityContext, fields);
const inPod =
  (fields: object): Change =>
  (_, spec) =>
    Object.assign(spec, fields);
const inPodContext =
  (fields: object): Change =>
  (_, spec) =>
    Object.assign(spec.securityContext, fields);
/** A pod whose user OpenShift chooses, but for what it says itself. */
const assigned =
  (fields: object = {}): Change =>
  (container, { securityContext }, { spec }) => {
    Object.assign(securityContext, { runAsUser: undefined, runAsGroup: undefined });
    Object.assign(container.securityContext, fields);
    Object.assign(spec.template.metadata, { annotations: { 'openshift.io/required-scc': 'restricted-v2' } });
  };
const replicas =
  (count: number, fields: object = {}): Change =>
  (_, spec, workload) => {
    Object.assign(workload.spec, { replicas: count });
    Object.assign(spec, fields);
  };

/** An object of the default namespace, beside the pod. */
const object = (kind: string, name: string, fields: object): Manifest => ({
  apiVersion: apiVersionOf(kind),
  kind,
  metadata: { name },
  ...fields,
});
const web = { matchLabels: { app: 'web' } };
const budget = (spec: object, name = 'web') =>
  object('PodDisruptionBudget', name, { spec: { selector: web, ...spec } });
const scaler = (minReplicas: number | undefined, maxReplicas: number) =>
  object('HorizontalPodAutoscaler', 'web', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas, maxReplicas },
  });
const service = object('Service', 'web', { spec: { selector: { app: 'web' } } });
const namespace = (enforce: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'web', labels: { 'pod-security.kubernetes.io/enforce': enforce } },
});
const preStop = { lifecycle: { preStop: { exec: { command: ['sleep', '10'] } } } };
const policy = (spec: object) => object('NetworkPolicy', 'web', { spec });

const breaks: readonly [rule: string, change: Change, ...found: string[]][] = [
  ['host-process', inPodContext({ windowsOptions: { hostProcess: true } }), 'pod: windowsOptions.hostProcess is true'],
  ['host-namespaces', inPod({ hostNetwork: true }), 'hostNetwork is true'],
  ['host-namespaces', inPod({ hostPID: true, hostIPC: true }), 'hostPID is true', 'hostIPC is true'],
  ['privileged', inContext({ privileged: true }), "container 'web': privileged is true"],
  ['capabilities', inContext({ capabilities: undefined }), "container 'web': capabilities.drop is []"],
  [
    'capabilities',
    inContext({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
    `container 'web': capabilities.add is ["NET_BIND_SERVICE"]`,
  ],
  ['volumes', inPod({ volumes: [{ name: 'a', hostPath: { path: '/' } }] }), "volume 'a' is of type hostPath"],
  ['volumes', inPod({ volumes: [{ name: 'a', nfs: {} }] }), "volume 'a' is of type nfs"],
  ['host-ports', inContainer({ ports: [{ hostPort: 80 }] }), "container 'web': hostPort is 80"],
  [
    'host-probes',
    inContainer({ startupProbe: { httpGet: { host: '10.0.0.1' } } }),
    `container 'web': host of startupProbe is "10.0.0.1"`,
  ],
  [
    'host-probes',
    inContainer({ lifecycle: { preStop: { tcpSocket: { host: '10.0.0.1' } } } }),
    `container 'web': host of preStop is "10.0.0.1"`,
  ],
  [
    'app-armor',
    inContext({ appArmorProfile: { type: 'Unconfined' } }),
    `container 'web': appArmorProfile.type is "Unconfined"`,
  ],
  [
    'app-armor',
    (_, __, { spec }) =>
      Object.assign(spec.template.metadata, {
        annotations: { 'container.apparmor.security.beta.kubernetes.io/web': 'unconfined' },
      }),
    'container.apparmor.security.beta.kubernetes.io/web is "unconfined"',
  ],
  ['selinux', inPodContext({ seLinuxOptions: { type: 'spc_t' } }), 'pod: seLinuxOptions.type is "spc_t"'],
  [
    'selinux',
    inContext({ seLinuxOptions: { user: 'u', role: 'r' } }),
    `container 'web': seLinuxOptions.user is "u"`,
    `container 'web': seLinuxOptions.role is "r"`,
  ],
  ['proc-mount', inContext({ procMount: 'Unmasked' }), `container 'web': procMount is "Unmasked"`],
  ['seccomp', inPodContext({ seccompProfile: undefined }), "container 'web': seccompProfile.type is not set"],
  [
    'seccomp',
    inContext({ seccompProfile: { type: 'Unconfined' } }),
    `container 'web': seccompProfile.type is "Unconfined"`,
  ],
  ['sysctls', inPodContext({ sysctls: [{ name: 'kernel.msgmax' }] }), "sysctl 'kernel.msgmax' is set"],
  [
    'privilege-escalation',
    inContext({ allowPrivilegeEscalation: undefined }),
    "container 'web': allowPrivilegeEscalation is not set",
  ],
  ['non-root', inContext({ runAsNonRoot: false }), "container 'web': runAsNonRoot is false"],
  ['user-and-group', inContext({ runAsUser: 10000 }), "container 'web': runAsUser is 10000"],
  ['user-and-group', inPodContext({ runAsGroup: undefined }), "container 'web': runAsGroup is not set"],
  ['user-and-group', assigned({ runAsUser: 5 }), "container 'web': runAsUser is 5"],
  [
    'user-and-group',
    inPodContext({ fsGroup: 0, supplementalGroups: [20000, 5] }),
    'fsGroup is 0',
    'supplementalGroups is [20000,5]',
  ],
  [
    'read-only-root',
    inContext({ readOnlyRootFilesystem: undefined }),
    "container 'web': readOnlyRootFilesystem is not set",
  ],
  [
    'service-account-token',
    inPod({ automountServiceAccountToken: undefined }),
    "the token of the account 'default' is mounted",
  ],
  [
    'service-account-token',
    inPod({ automountServiceAccountToken: true, serviceAccountName: 'default' }),
    "the token of the account 'default' is mounted",
  ],
  ['service-links', inPod({ enableServiceLinks: undefined }), 'enableServiceLinks is not set'],
  [
    'resources',
    (container) => delete container.resources.limits['ephemeral-storage'],
    "container 'web': limits.ephemeral-storage is not set",
  ],
  [
    'resources',
    (container) => Object.assign(container.resources.limits, { cpu: '0' }),
    "container 'web': limits.cpu is 0",
  ],
  ['probes', inContainer({ livenessProbe: undefined }), "container 'web': livenessProbe is not set"],
  [
    'probes',
    inContainer({ livenessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 30 } }),
    "container 'web': livenessProbe does what readinessProbe does",
  ],
  ...['web', 'web:latest', 'registry.example.org:5000/web'].map((image): [string, Change, string] => [
    'image-version',
    inContainer({ image }),
    `container 'web': image is "${image}"`,
  ]),
  ['image-version', inPod({ volumes: [{ name: 'a', image: { reference: 'b' } }] }), `image of volume 'a' is "b"`],
  ['image-version', inContainer({ image: undefined }), "container 'web': image is not set"],
  [
    'secret-in-environment',
    inContainer({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'login', key: 'a' } } }] }),
    "container 'web': env A is from Secret/login",
  ],
  [
    'secret-in-environment',
    inContainer({ envFrom: [{ secretRef: { name: 'login' } }] }),
    "container 'web': the environment is from Secret/login",
  ],
  ...['DB_PASSWORD', 'PGPASSWORD', 'MYSQL_PWD', 'DB_PASS', 'apiKey', 'AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN'].map(
    (name): [string, Change, string] => [
      'literal-secret',
      inContainer({ env: [{ name, value: 'EXAMPLE' }] }),
      `container 'web': env ${name} has a value that looks like a secret`,
    ],
  ),
  ...['postgres://web:EXAMPLE@db/web', 'redis://:EXAMPLE@cache:6379'].map((value): [string, Change, string] => [
    'literal-secret',
    inContainer({ env: [{ name: 'DATABASE_URL', value }] }),
    "container 'web': env DATABASE_URL has a value that looks like a secret",
  ]),
  ...[['--password=EXAMPLE'], ['--password', 'EXAMPLE'], ['--url', 'https://web:EXAMPLE@db']].map(
    (words): [string, Change, string] => [
      'literal-secret',
      inContainer({ command: ['web', '--verbose', ...words] }),
      `container 'web': ${words[0]?.split('=')[0]} in command has a value that looks like a secret`,
    ],
  ),
  [
    'literal-secret',
    inContainer({ args: ['postgres://web:EXAMPLE@db/web'] }),
    "container 'web': a word in args has a value that looks like a secret",
  ],
  [
    'service-account-token',
    inPod({ volumes: [{ name: 'api', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }] }),
    "the token of the account 'default' is mounted by volume 'api'",
  ],
  ['drain', inPod({ terminationGracePeriodSeconds: 0 }), 'terminationGracePeriodSeconds is 0'],
  ['spread', replicas(2), '2 replicas may all be on one node'],
  [
    'spread',
    replicas(2, { topologySpreadConstraints: [{ labelSelector: { matchLabels: { app: 'other' } } }] }),
    '2 replicas may all be on one node',
  ],
];

/** What is broken by the objects of an app together. */
const breakTogether: readonly [rule: string, manifests: Manifest[], ...found: string[]][] = [
  [
    'network-policy',
    [pod()],
    'Deployment/web: no NetworkPolicy selects the pod for ingress',
    'Deployment/web: no NetworkPolicy selects the pod for egress',
  ],
  [
    'network-policy',
    [pod(), policy({ podSelector: web, ingress: [] })],
    'Deployment/web: no NetworkPolicy selects the pod for egress',
  ],
  [
    'network-policy',
    [pod(), policy({ podSelector: { matchLabels: { app: 'other' } }, policyTypes: ['Ingress', 'Egress'] })],
    'Deployment/web: no NetworkPolicy selects the pod for ingress',
    'Deployment/web: no NetworkPolicy selects the pod for egress',
  ],
  [
    'network-policy',
    [pod(), { ...defaultDeny, metadata: { name: 'default-deny', namespace: 'elsewhere' } }],
    'Deployment/web: no NetworkPolicy selects the pod for ingress',
    'Deployment/web: no NetworkPolicy selects the pod for egress',
  ],
  [
    'network-policy',
    [pod(), defaultDeny, policy({ podSelector: web, egress: [{}] })],
    'Deployment/web: NetworkPolicy/web allows all egress',
  ],
  ...[
    { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] },
    { to: [{ ipBlock: { cidr: '::/0', except: [] } }], ports: [{ protocol: 'TCP' }] },
    { to: [{ namespaceSelector: {} }] },
    { to: [{ podSelector: web }, { namespaceSelector: {}, podSelector: {} }] },
  ].map((rule): [string, Manifest[], string] => [
    'network-policy',
    [pod(), defaultDeny, policy({ podSelector: web, policyTypes: ['Egress'], egress: [rule] })],
    'Deployment/web: NetworkPolicy/web allows all egress',
  ]),
  [
    'namespace-label',
    [object('Namespace', 'web', {})],
    'Namespace/web: label pod-security.kubernetes.io/enforce is not set',
  ],
  ['namespace-label', [namespace('baseline')], 'Namespace/web: label pod-security.kubernetes.io/enforce is "baseline"'],
  ['drain', [pod(), defaultDeny, service], "Deployment/web: container 'web': preStop is not set"],
  [
    'literal-secret',
    [
      pod(inContainer({ envFrom: [{ configMapRef: { name: 'web' }, prefix: 'WEB_' }] })),
      defaultDeny,
      object('ConfigMap', 'web', { data: { PASSWORD: 'EXAMPLE' } }),
    ],
    "Deployment/web: container 'web': env WEB_PASSWORD has a value that looks like a secret, from ConfigMap/web",
  ],
  [
    'literal-secret',
    [
      pod(inContainer({ env: [{ name: 'TOKEN', valueFrom: { configMapKeyRef: { name: 'web', key: 'a' } } }] })),
      defaultDeny,
      object('ConfigMap', 'web', { data: { a: 'EXAMPLE' } }),
    ],
    "Deployment/web: container 'web': env TOKEN has a value that looks like a secret, from ConfigMap/web",
  ],
  [
    'rbac-wildcards',
    [object('Role', 'web', { rules: [{ apiGroups: [''], resources: ['pods/*'], verbs: ['*'] }] })],
    'Role/web: rule 0: resources is ["pods/*"]',
    'Role/web: rule 0: verbs is ["*"]',
  ],
  [
    'rbac-wildcards',
    [object('ClusterRole', 'web', { rules: [{ nonResourceURLs: ['*'], verbs: ['get'] }] })],
    'ClusterRole/web: rule 0: nonResourceURLs is ["*"]',
  ],
  [
    'rbac-wildcards',
    [object('ClusterRoleBinding', 'web', { roleRef: { kind: 'ClusterRole', name: 'cluster-admin' } })],
    "ClusterRoleBinding/web: roleRef is 'cluster-admin', which grants everything",
  ],
  ...[0, '0%'].map((maxUnavailable): [string, Manifest[], string] => [
    'disruption-budget',
    [pod(), defaultDeny, budget({ maxUnavailable })],
    `PodDisruptionBudget/web: maxUnavailable is ${JSON.stringify(maxUnavailable)}`,
  ]),
  ...[1, '50%', '100%'].map((minAvailable): [string, Manifest[], string] => [
    'disruption-budget',
    [pod(), defaultDeny, budget({ minAvailable })],
    `PodDisruptionBudget/web: minAvailable is ${JSON.stringify(minAvailable)}, of 1 replicas`,
  ]),
  [
    'disruption-budget',
    [pod(), defaultDeny, budget({ maxUnavailable: 1 }), budget({ maxUnavailable: 1 }, 'second')],
    'PodDisruptionBudget/web: PodDisruptionBudget/second selects the same pods, and nothing evicts pods of two budgets',
    'PodDisruptionBudget/second: PodDisruptionBudget/web selects the same pods, and nothing evicts pods of two budgets',
  ],
  [
    'disruption-budget',
    [
      { apiVersion: 'v1', kind: 'Pod', ...pod().spec.template, metadata: { name: 'web', labels: { app: 'web' } } },
      defaultDeny,
      budget({ minAvailable: 1 }),
    ],
    'PodDisruptionBudget/web: minAvailable is 1, of 1 replicas',
  ],
  ['spread', [pod(), defaultDeny, scaler(1, 5)], 'Deployment/web: 5 replicas may all be on one node'],
];

/** What looks like a violation, and is none. */
const keeps: readonly [why: string, ...manifests: Manifest[]][] = [
  ['a digest', pod(inContainer({ image: `registry.example.org:5000/web@sha256:${'0'.repeat(64)}` }))],
  ['a tag and a digest', pod(inContainer({ image: `web:latest@sha256:${'0'.repeat(64)}` }))],
  [
    'a user of the container itself',
    pod((container, spec) => {
      Object.assign(spec.securityContext, { runAsUser: undefined });
      Object.assign(container.securityContext, { runAsUser: 20000 });
    }),
  ],
  ['a user that OpenShift chooses', pod(assigned())],
  ['a safe sysctl', pod(inPodContext({ sysctls: [{ name: 'net.ipv4.tcp_syncookies' }] }))],
  ['a type of SELinux for containers', pod(inPodContext({ seLinuxOptions: { type: 'container_t' } }))],
  ['an account of its own', pod(inPod({ automountServiceAccountToken: true, serviceAccountName: 'web' }))],
  [
    'an account whose token is not mounted',
    pod(inPod({ automountServiceAccountToken: undefined })),
    object('ServiceAccount', 'default', { automountServiceAccountToken: false }),
  ],
  ...[
    { name: 'DB_PASSWORD_FILE', value: '/run/secrets/db' },
    { name: 'ALLOW_EMPTY_PASSWORD', value: 'yes' },
    { name: 'TOKEN_TTL', value: '3600' },
    { name: 'PASSWORD', value: '$(OTHER)' },
    { name: 'KEYBOARD', value: 'de' },
    { name: 'COMPASS', value: 'north' },
    { name: 'DATABASE_URL', value: 'postgres://web@db:5432/web' },
    { name: 'LINK', value: 'https://example.org/a:b@c' },
  ].map(({ name, value }): [string, Manifest] => [
    `an environment with ${name}=${value}`,
    pod(inContainer({ env: [{ name, value }] })),
  ]),
  [
    'a job, which is not probed',
    pod((container, spec, workload) => {
      delete container.livenessProbe;
      Object.assign(spec, { restartPolicy: 'Never' });
      Object.assign(workload, { apiVersion: 'batch/v1', kind: 'Job' });
    }),
  ],
  [
    'an init container, which is not probed',
    pod((container, spec) => {
      const { readinessProbe: _, livenessProbe: __, ...init } = container;
      Object.assign(spec, { initContainers: [{ ...init, name: 'init' }] });
    }),
  ],
  ['a budget of one', pod(), budget({ maxUnavailable: 1 })],
  [
    'a budget below the replicas',
    pod(replicas(3, { topologySpreadConstraints: [{ labelSelector: web }] })),
    budget({ minAvailable: 2 }),
  ],
  [
    'a budget of a part',
    pod(replicas(3, { topologySpreadConstraints: [{ labelSelector: web }] })),
    budget({ minAvailable: '50%' }),
  ],
  ['a budget of nothing', pod(replicas(0)), budget({ minAvailable: 1 })],
  [
    'budgets of two workloads',
    pod(),
    budget({ maxUnavailable: 1 }),
    object('PodDisruptionBudget', 'other', {
      spec: { selector: { matchLabels: { app: 'other' } }, maxUnavailable: 1 },
    }),
  ],
  [
    'replicas that avoid each other',
    pod(
      replicas(2, {
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                podAffinityTerm: {
                  labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
                },
              },
            ],
          },
        },
      }),
    ),
  ],
  ['one pod on every node', pod((_, __, workload) => Object.assign(workload, { kind: 'DaemonSet' }))],
  [
    'a role that lists its rights',
    object('Role', 'web', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
  ],
  ['a namespace that is restricted', namespace('restricted')],
  ['a pod that serves while it is told to stop', pod(inContainer(preStop)), service],
  ['a container that serves nobody', pod(inContainer({ ports: [] })), service],
  ['a Service of other pods', pod(), object('Service', 'other', { spec: { selector: { app: 'other' } } })],
  ['a Service without a selector', pod(), object('Service', 'other', { spec: {} })],
  [
    'a pod that ends before another one starts',
    pod((_, __, workload) => Object.assign(workload.spec, { strategy: { type: 'Recreate' } })),
    service,
  ],
  ...[
    ['--password-file=/run/secrets/db'],
    ['--token', '/run/secrets/token'],
    ['--password', '--verbose'],
    ['--password=$(PASSWORD)'],
    ['--auth=basic'],
    ['--tls-private-key=/run/secrets/tls.key'],
    ['sh', '-c', 'export PASSWORD=$(cat /run/secrets/db)'],
  ].map((args): [string, Manifest] => [`the arguments ${args.join(' ')}`, pod(inContainer({ args }))]),
  ...[
    { from: [{ podSelector: web }] },
    { ports: [{ port: 80 }] },
    { from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] },
    { from: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 443 }] },
    { from: [{ namespaceSelector: {}, podSelector: web }] },
  ].map((rule): [string, Manifest, Manifest] => [
    `ingress by ${JSON.stringify(rule)}`,
    pod(),
    policy({ podSelector: web, policyTypes: ['Ingress'], ingress: [rule] }),
  ]),
  ['a Service of any type', object('Service', 'web', { spec: { type: 'LoadBalancer' } })],
  ['a field that is null', pod(inPod({ volumes: null, initContainers: null }))],
  ['a document that is empty', null as unknown as Manifest],
];

describe('a rule', () => {
  it.each(breaks)('%s is broken (%#)', (rule, change, ...found) => {
    expect(broken(pod(change), defaultDeny)).toEqual({ [rule]: found.map((text) => `Deployment/web: ${text}`) });
  });

  it.each(breakTogether)('%s is broken by objects together (%#)', (rule, manifests, ...found) => {
    expect(broken(...manifests)).toEqual({ [rule]: found });
  });

  it.each(keeps)('is kept by %s', (_, ...manifests) => {
    expect(broken(...manifests, defaultDeny)).toEqual({});
  });

  it.each(ruleNames)('%s has a test that breaks it', (name) => {
    expect([...breaks, ...breakTogether].map(([rule]) => rule)).toContain(name);
  });
});

describe('the pods of', () => {
  const spec = (pod(inPod({ hostPID: true })).spec as any).template;
  const workload = { selector: web, template: spec };

  it.each<[string, object]>([
    ['Pod', spec],
    ['CronJob', { spec: { jobTemplate: { spec: { template: spec } } } }],
    ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'].map(
      (kind): [string, object] => [kind, { spec: workload }],
    ),
  ])('a %s are held against the rules', (kind, fields) => {
    const manifest = {
      ...fields,
      apiVersion: apiVersionOf(kind),
      kind,
      metadata: { name: 'web', labels: { app: 'web' } },
    };
    const found = { 'host-namespaces': [`${kind}/web: hostPID is true`] };
    expect(broken(manifest, defaultDeny)).toEqual(found);
    expect(broken({ kind: 'List', items: [manifest, defaultDeny] })).toEqual(found);
  });

  it.each(['initContainers', 'ephemeralContainers'])('a Deployment include its %s', (field) => {
    const debug = pod((container, podSpec) => {
      const { resources, ...one } = container;
      const securityContext = { ...one.securityContext, privileged: true };
      const limits = field === 'initContainers' ? { resources } : {};
      Object.assign(podSpec, { [field]: [{ ...one, ...limits, name: 'debug', securityContext }] });
    });
    const called = field === 'initContainers' ? 'init container' : 'ephemeral container';
    expect(broken(debug, defaultDeny)).toEqual({
      privileged: [`Deployment/web: ${called} 'debug': privileged is true`],
    });
  });
});

describe('an exception', () => {
  const excepted = (annotations: object) =>
    pod((container, _, workload) => {
      Object.assign(container.securityContext, { privileged: true });
      Object.assign(workload.metadata, { annotations });
    });
  const rule = 'except.cdk8s-services/privileged';

  it('is an annotation of the object, with a reason', () => {
    const manifests = [excepted({ [rule]: 'it loads a driver' }), defaultDeny];
    expect(broken(...manifests)).toEqual({});
    const { exceptions } = check(new SynthesizedApp(objectsIn(manifests)));
    expect(exceptions).toEqual([{ object: manifests[0], rule: 'privileged', reason: 'it loads a driver' }]);
  });

  it('is from one rule only', () => {
    expect(Object.keys(broken(excepted({ 'except.cdk8s-services/volumes': 'a reason' }), defaultDeny))).toEqual([
      'privileged',
    ]);
  });

  it('needs a reason', () => {
    expect(broken(excepted({ [rule]: ' ' }), defaultDeny)).toEqual({
      privileged: ["Deployment/web: container 'web': privileged is true"],
      exception: [`Deployment/web: annotation ${rule} has no reason`],
    });
  });

  it('names a rule', () => {
    expect(broken(excepted({ [`${rule}s`]: 'a reason' }), defaultDeny)).toMatchObject({
      exception: [`Deployment/web: annotation ${rule}s names no rule`],
    });
  });

  it('for the whole app is a list of rules', () => {
    const app = new SynthesizedApp(objectsIn([excepted({}), defaultDeny]));
    expect(check(app, ['privileged'])).toEqual({ violations: [], exceptions: [] });
  });
});
