import { ApiObject, Chart, JsonPatch, Size } from 'cdk8s';
import { Exposure, MySql, Nginx, Patch, type Quota, Storage, Subject, Team, type TeamProps } from '../constructs';
import { quantityOf } from '../constructs/manifest/quantity';
import { find, type Manifest, problems, synth, testApp, testChart } from './support/app';
import { laws } from './support/laws';
import { yamlOf } from './support/snapshots';

const LARGE: Quota = { cpu: 100, memory: Size.gibibytes(100), pods: 100, storage: Size.gibibytes(100) };

const ALL: Required<TeamProps> = {
  quota: {
    cpu: 2,
    cpuLimit: 20,
    memory: Size.gibibytes(4),
    memoryLimit: Size.gibibytes(8),
    ephemeralStorage: Size.gibibytes(10),
    storage: Size.gibibytes(50),
    volumes: 5,
    pods: 20,
    loadBalancers: 1,
    nodePorts: 3,
  } satisfies Required<Quota>,
  defaults: {
    cpu: 0.05,
    cpuLimit: 0.5,
    memory: Size.mebibytes(64),
    memoryLimit: Size.mebibytes(100),
    ephemeralStorage: Size.mebibytes(50),
  },
  view: [Subject.group('staff'), Subject.user('eve@example.org')],
  operate: [Subject.group('on-call')],
  admin: [Subject.user('ann@example.org'), Subject.serviceAccount('delivery', 'shop')],
};

/** Some pods of somebody's own. */
function workload(kind: string, spec: object, containers: object[] = [{ name: 'app' }], name = 'own') {
  const apiVersion = { CronJob: 'batch/v1', Job: 'batch/v1', Pod: 'v1' }[kind] ?? 'apps/v1';
  const template = { spec: { containers } };
  return { apiVersion, kind, metadata: { name }, spec: { ...spec, template } };
}

const asking = (requests: object, limits: object = requests) => [{ name: 'app', resources: { requests, limits } }];

/** What is told of a team with these objects and so much of everything but what is said. */
function told(quota: Partial<Quota>, ...objects: ConstructorParameters<typeof ApiObject>[2][]): string[] {
  const chart = testChart();
  new Team(chart, 'shop', { quota: { ...LARGE, ...quota } });
  for (const [index, object] of objects.entries()) {
    new ApiObject(chart, `object-${index}`, object);
  }
  return problems(chart);
}

describe('Team', () => {
  it('needs only a quota', () => {
    const chart = new Chart(testApp(), 'teams');
    const team = new Team(chart, 'shop', { quota: { cpu: 1, memory: Size.gibibytes(1), pods: 10 } });
    expect(yamlOf(team)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = new Chart(testApp(), 'teams');
    const team = new Team(chart, 'shop', ALL);
    expect(yamlOf(team)).toMatchSnapshot();
  });

  it.each(Object.keys(laws))('%s', (law) => {
    const chart = testChart();
    new Team(chart, 'shop', ALL);
    new Nginx(chart, 'nginx');
    const manifests = [...synth(chart), ...(chart.node.root.node.findChild('secrets') as Chart).toJson()];
    expect(laws[law]?.(manifests)).toEqual([]);
  });

  it('shows what it made', () => {
    const chart = new Chart(testApp(), 'teams');
    const { name, resource, quota, defaults, viewRole, operateRole, adminRole } = new Team(chart, 'shop', ALL);
    expect(name).toBe('shop');
    expect([resource, quota, defaults, viewRole, operateRole, adminRole].map(({ kind, name }) => [kind, name])).toEqual(
      [
        ['Namespace', 'shop'],
        ['ResourceQuota', 'team'],
        ['LimitRange', 'team'],
        ['Role', 'team-view'],
        ['Role', 'team-operate'],
        ['Role', 'team-admin'],
      ],
    );
  });

  it('can be in the chart of what it runs', () => {
    const chart = testChart('shop');
    new Team(chart, 'shop', { quota: LARGE });
    expect(find(synth(chart), 'Namespace', 'shop').metadata.namespace).toBeUndefined();
  });

  it('is told of if there are two of one name', () => {
    const chart = new Chart(testApp(), 'teams');
    new Team(chart, 'shop', { quota: LARGE });
    new Team(new Chart(chart.node.root, 'more'), 'shop', { quota: LARGE });
    expect(problems(chart)).toContain(
      "[] Namespace 'shop' is made by teams/shop/shop/Resource and by more/shop/shop/Resource; rename one of them",
    );
  });

  it('refuses a name that no namespace can have', () => {
    const chart = new Chart(testApp(), 'teams');
    new Team(chart, 'The Shop', { quota: LARGE });
    expect(problems(chart)).toEqual([
      expect.stringMatching(/^\[teams\/The Shop\/The Shop\] 'id' is 'The Shop', but a name/),
    ]);
  });
});

describe("a team's roles", () => {
  const chart = testChart();
  new Team(chart, 'shop', ALL);
  new Nginx(chart, 'nginx');
  const manifests = synth(chart);

  /** Who may do it, such as `get pods` or `patch deployments.apps web`, as RBAC decides. */
  const who = (right: string) => {
    const [verb = '', kind = '', name = ''] = right.split(' ');
    const [resource = '', ...group] = kind.split('.');
    return ['view', 'operate', 'admin'].filter((role) =>
      find(manifests, 'Role', `team-${role}`).rules.some(
        ({ apiGroups, resources, verbs, resourceNames }: { [field: string]: string[] }) =>
          apiGroups?.includes(group.join('.')) &&
          resources?.includes(resource) &&
          verbs?.includes(verb) &&
          (resourceNames?.includes(name) ?? true),
      ),
    );
  };

  it.each([
    'get pods',
    'get pods/log',
    'list deployments.apps',
    'watch events',
    'get resourcequotas',
    'get limitranges',
    'get networkpolicies.networking.k8s.io',
    'get rolebindings.rbac.authorization.k8s.io',
    'get pods.metrics.k8s.io',
  ])('let all %s', (right) => {
    expect(who(right)).toEqual(['view', 'operate', 'admin']);
  });

  it.each(['delete pods', 'create pods/eviction', 'patch deployments/scale.apps', 'update statefulsets/scale.apps'])(
    'let operators and admins %s',
    (right) => {
      expect(who(right)).toEqual(['operate', 'admin']);
    },
  );

  it.each([
    'get secrets',
    'list secrets',
    'create secrets',
    'create pods/exec',
    'get pods/exec',
    'create pods/attach',
    'create pods/portforward',
    'get pods/portforward',
    'patch pods/ephemeralcontainers',
    'create pods',
    'patch pods',
    'patch deployments.apps',
    'create jobs.batch',
    'create serviceaccounts/token',
    'patch configmaps',
    'create networkpolicies.networking.k8s.io',
    'patch networkpolicies.networking.k8s.io nginx',
  ])('let admins alone %s', (right) => {
    expect(who(right)).toEqual(['admin']);
  });

  it.each([
    'patch resourcequotas team',
    'delete limitranges team',
    'create limitranges',
    'patch namespaces shop',
    'delete namespaces shop',
    'patch networkpolicies.networking.k8s.io default-deny',
    'delete networkpolicies.networking.k8s.io default-deny',
    'deletecollection networkpolicies.networking.k8s.io',
    'create roles.rbac.authorization.k8s.io',
    'patch roles.rbac.authorization.k8s.io team-admin',
    'bind roles.rbac.authorization.k8s.io team-admin',
    'escalate roles.rbac.authorization.k8s.io team-admin',
    'create rolebindings.rbac.authorization.k8s.io',
    'patch rolebindings.rbac.authorization.k8s.io team-admin',
    'impersonate serviceaccounts',
    'create endpoints',
    'create endpointslices.discovery.k8s.io',
    'get nodes',
  ])('let nobody %s', (right) => {
    expect(who(right)).toEqual([]);
  });

  it("are the namespace's own, and so are their bindings", () => {
    const rights = manifests.filter(({ apiVersion }) => apiVersion.startsWith('rbac.'));
    expect(rights.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual(
      ['view', 'operate', 'admin'].flatMap((role) => [`Role shop/team-${role}`, `RoleBinding shop/team-${role}`]),
    );
  });

  it('change no NetworkPolicy if the app has none of its own', () => {
    const chart = new Chart(testApp(), 'teams');
    new Team(chart, 'shop', { quota: LARGE });
    const { rules } = find(synth(chart), 'Role', 'team-admin');
    const verbs = rules.filter(({ resources }: { resources: string[] }) => resources.includes('networkpolicies'));
    expect(verbs.map(({ verbs }: { verbs: string[] }) => verbs)).toEqual([['get', 'list', 'watch'], ['create']]);
  });

  it('name the NetworkPolicies of all charts, and not those of another namespace', () => {
    const app = testApp();
    new Team(new Chart(app, 'teams'), 'shop', { quota: LARGE });
    for (const namespace of ['shop', 'press']) {
      const metadata = { name: `${namespace}-policy` };
      const kind = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
      new ApiObject(new Chart(app, namespace, { namespace }), 'policy', { ...kind, metadata });
    }
    const rules: Manifest[] = find(synth(app.node.findChild('teams') as Chart), 'Role', 'team-admin').rules;
    expect(rules.flatMap(({ resourceNames }) => resourceNames ?? [])).toEqual(['shop-policy']);
  });
});

describe("a team's quota", () => {
  /** The least that is enough for a database, two web servers with a load balancer, and their roll-out. */
  const ENOUGH: Required<Quota> = {
    cpu: 0.16,
    memory: Size.mebibytes(208),
    pods: 4,
    cpuLimit: 4,
    memoryLimit: Size.mebibytes(896),
    ephemeralStorage: Size.mebibytes(1792),
    storage: Size.gibibytes(5),
    volumes: 1,
    loadBalancers: 1,
    nodePorts: 2,
  };
  const used = (quota: Quota) => {
    const chart = testChart('shop');
    new Team(new Chart(chart.node.root, 'a-teams'), 'shop', { quota });
    new MySql(chart, 'mysql');
    new Nginx(new Chart(chart.node.root, 'web', { namespace: 'shop' }), 'nginx', {
      replicas: 2,
      exposure: Exposure.loadBalancer(),
    });
    new MySql(new Chart(chart.node.root, 'elsewhere', { namespace: 'press' }), 'mysql');
    return problems(chart);
  };

  it('is enough if it is what all charts ask of the namespace', () => {
    expect(used(ENOUGH)).toEqual([]);
  });

  it.each<[keyof Quota, Quota[keyof Quota], string]>([
    [
      'cpu',
      0.159,
      "but in namespace 'shop' the app asks for 0.16: shop/mysql/Workload 0.1, web/nginx/Workload 3 x 0.02; raise it " +
        "to that, or lower 'resources' or 'replicas' (roll-outs have pods of their own)",
    ],
    ['memory', Size.mebibytes(207), 'asks for 208 MiB: shop/mysql/Workload 160 MiB, web/nginx/Workload 3 x 16 MiB;'],
    ['pods', 3, 'asks for 4: web/nginx/Workload 3 x 1, shop/mysql/Workload 1;'],
    ['cpuLimit', 3, 'asks for 4: web/nginx/Workload 3 x 1, shop/mysql/Workload 1;'],
    [
      'memoryLimit',
      Size.mebibytes(895),
      'asks for 896 MiB: shop/mysql/Workload 512 MiB, web/nginx/Workload 3 x 128 MiB',
    ],
    ['ephemeralStorage', Size.mebibytes(1791), 'asks for 1792 MiB: shop/mysql/Workload 1 GiB, web/nginx/Workload 3 x'],
    ['storage', Size.gibibytes(4), 'asks for 5 GiB: shop/mysql/Workload 5 GiB; raise it to that, or ask for less with'],
    ['storage', undefined, "'quota.storage' is 0, but"],
    ['volumes', 0, 'asks for 1: shop/mysql/Workload 1; raise it to that'],
    ['loadBalancers', 0, 'asks for 1: web/nginx/Service 1; raise it to that, or use Exposure.ingress or clusterIp'],
    ['loadBalancers', undefined, "'quota.loadBalancers' is 0, but"],
    ['nodePorts', 1, 'asks for 2: web/nginx/Service 2; raise it to that, or use Exposure.ingress or clusterIp'],
    ['nodePorts', undefined, "'quota.nodePorts' is 0, but"],
  ])('is held against them: %s %s', (prop, value, text) => {
    const [first, ...more] = used({ ...ENOUGH, [prop]: value });
    expect(more).toEqual([]);
    expect(first).toContain(`[a-teams/shop] 'quota.${prop}' is `);
    expect(first).toContain(text);
  });

  it('names the three who ask for most', () => {
    const jobs = [1, 4, 2, 3, 5].map((parallelism) =>
      workload('Job', { parallelism }, undefined, `job-${parallelism}`),
    );
    expect(told({ pods: 14 }, ...jobs)).toEqual([
      "[shop/shop] 'quota.pods' is 14, but in namespace 'shop' the app asks for 15: shop/object-4 5 x 1, " +
        'shop/object-1 4 x 1, shop/object-3 3 x 1 and 2 more; raise it to that, or ' +
        "lower 'replicas' (roll-outs have pods of their own)",
    ]);
  });

  const scaler = (name: string) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'own' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, maxReplicas: 7 },
  });
  const rolling = (maxSurge: number | string) => ({ strategy: { rollingUpdate: { maxSurge, maxUnavailable: 1 } } });

  it.each<[string, number, ...ConstructorParameters<typeof ApiObject>[2][]]>([
    ['of a Deployment, and a quarter more', 7, workload('Deployment', { replicas: 5 })],
    ['of a Deployment, and one more', 2, workload('Deployment', {})],
    ['of a Deployment, and as many more as it says', 8, workload('Deployment', { replicas: 5, ...rolling(3) })],
    ['of a Deployment, and such a part more', 9, workload('Deployment', { replicas: 5, ...rolling('80%') })],
    ['of a Deployment that has none more', 5, workload('Deployment', { replicas: 5, ...rolling(0) })],
    ['of a Deployment that is made anew', 5, workload('Deployment', { replicas: 5, strategy: { type: 'Recreate' } })],
    ['of a Deployment that is scaled, at most', 9, workload('Deployment', { replicas: 5 }), scaler('own')],
    ['of a Deployment beside one that is scaled', 7, workload('Deployment', { replicas: 5 }), scaler('other')],
    ['of a StatefulSet', 3, workload('StatefulSet', { replicas: 3 })],
    ['of a DaemonSet, as if there were one node', 1, workload('DaemonSet', {})],
    ['of a Job', 1, workload('Job', {})],
    ['of a Job with fewer to do than it may', 2, workload('Job', { parallelism: 5, completions: 2 })],
    ['of a CronJob', 4, { ...workload('CronJob', {}), spec: { jobTemplate: workload('Job', { parallelism: 4 }) } }],
    ['alone', 1, { ...workload('Pod', {}), spec: { containers: [{ name: 'app' }] } }],
  ])('counts the pods %s', (_, pods, ...objects) => {
    expect(told({ pods }, ...objects)).toEqual([]);
    expect(told({ pods: pods - 1 || 0.5 }, ...objects)).not.toEqual([]);
  });

  it('counts no pods of what is scaled to none', () => {
    const none = ['Deployment', 'StatefulSet'].map((kind) => workload(kind, { replicas: 0 }));
    expect(told({ pods: 1 }, ...none, workload('Job', {}))).toEqual([]);
  });

  it.each<[string, Size, object[], object[]]>([
    [
      'what containers ask for',
      Size.mebibytes(300),
      [...asking({ memory: '100Mi' }), ...asking({ memory: '200Mi' })],
      [],
    ],
    ['the limit where that alone is said', Size.mebibytes(64), asking({}, { memory: '64Mi' }), []],
    ['the default where nothing is said', Size.mebibytes(128), [{ name: 'app' }], []],
    ['the biggest init container', Size.mebibytes(90), asking({ memory: '10Mi' }), asking({ memory: '90Mi' })],
    ['all containers if they are more', Size.mebibytes(90), asking({ memory: '90Mi' }), asking({ memory: '10Mi' })],
    [
      'those that stay beside the others, and beside later init containers',
      Size.mebibytes(100),
      asking({ memory: '20Mi' }),
      [
        ...asking({ memory: '30Mi' }).map((one) => ({ ...one, restartPolicy: 'Always' })),
        ...asking({ memory: '70Mi' }),
      ],
    ],
    ['quantities in other units', Size.mebibytes(2), asking({ memory: '2097152' }), []],
  ])('sums up %s', (_, memory, containers, initContainers) => {
    const pod = { ...workload('Pod', {}), spec: { containers, initContainers } };
    expect(told({ memory }, pod)).toEqual([]);
    expect(told({ memory: Size.kibibytes(memory.toKibibytes() - 1024) }, pod)).not.toEqual([]);
  });

  it('adds tenths of a core as they are meant', () => {
    const pods = Array.from({ length: 3 }, (_, index) => workload('Job', {}, asking({ cpu: 0.1 }), `job-${index}`));
    expect(told({ cpu: 0.3 }, ...pods)).toEqual([]);
  });

  it('has the claims that are made for each pod, and those of nobody', () => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } };
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'own' }, spec };
    const ephemeral = {
      ...workload('Pod', {}),
      spec: { containers: [], volumes: [{ name: 'a', ephemeral: { volumeClaimTemplate: { spec } } }] },
    };
    const set = workload('StatefulSet', { replicas: 3, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }] });
    expect(told({ storage: Size.gibibytes(10), volumes: 5 }, claim, ephemeral, set)).toEqual([]);
    const few = told({ storage: Size.gibibytes(9), volumes: 4 }, claim, ephemeral, set);
    expect(few).toEqual([
      expect.stringContaining('asks for 10 GiB: shop/object-2 3 x 2 GiB, shop/object-0 2 GiB, '),
      expect.stringContaining('asks for 5: '),
    ]);
  });

  it('counts no node ports of a load balancer that has none', () => {
    const ports = [{ port: 80, nodePort: 30080 }, { port: 443 }];
    const spec = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports };
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'own' }, spec };
    expect(told({ loadBalancers: 1, nodePorts: 1 }, service)).toEqual([]);
    expect(told({ loadBalancers: 1 }, service)).toEqual([expect.stringContaining('asks for 1: shop/object-0 1;')]);
  });

  it('is held against what patches make of it', () => {
    const chart = testChart();
    new Team(chart, 'shop', { quota: { ...LARGE, pods: 4 } });
    const { workload } = new MySql(chart, 'mysql', { storage: Storage.existing('data') });
    Patch.apply(workload, JsonPatch.replace('/spec/replicas', 5));
    expect(problems(chart)).toEqual([expect.stringContaining('shop/mysql/Workload 5 x 1')]);
  });

  it('leaves a patch that does not apply to whoever reports that', () => {
    const chart = testChart();
    new Team(chart, 'shop', { quota: LARGE });
    Patch.apply(new MySql(chart, 'mysql').workload, JsonPatch.remove('/spec/nothing'));
    expect(problems(chart)).toEqual([
      expect.stringMatching(/^\[shop\/mysql\/Workload\/Resource\] a patch cannot remove/),
    ]);
  });

  it.each<[string, Partial<{ [prop in keyof Quota]: unknown }>, string[]]>([
    ['without processor', { cpu: undefined }, ["'quota.cpu' is missing; say how much the team may have"]],
    ['without memory', { memory: undefined }, ["'quota.memory' is missing; say how much the team may have"]],
    ['without pods', { pods: undefined }, ["'quota.pods' is missing; say how much the team may have"]],
    ['of no processor', { cpu: 0 }, ["'quota.cpu' is 0; use 0.001 or more"]],
    ['of what is no number', { cpu: Number.NaN }, ["'quota.cpu' is NaN; use 0.001 or more"]],
    ['of no memory', { memory: Size.mebibytes(0) }, ["'quota.memory' is 0; use 1 MiB or more"]],
    ['of no pods', { pods: 0 }, ["'quota.pods' is 0; use a whole number, 1 or more"]],
    ['of half a pod', { pods: 1.5 }, ["'quota.pods' is 1.5; use a whole number, 1 or more"]],
    ['of no limit', { cpuLimit: 0 }, ["'quota.cpuLimit' is 0; use 0.001 or more"]],
    ['of no disk', { ephemeralStorage: Size.mebibytes(0) }, ["'quota.ephemeralStorage' is 0; use 1 MiB or more"]],
    ['of part of a volume', { volumes: 0.5 }, ["'quota.volumes' is 0.5; use a whole number, 0 or more"]],
    [
      'of fewer than no load balancers',
      { loadBalancers: -1 },
      ["'quota.loadBalancers' is -1; use a whole number, 0 or more"],
    ],
    ['of fewer than no ports', { nodePorts: -1 }, ["'quota.nodePorts' is -1; use a whole number, 0 or more"]],
    [
      'with less as a limit',
      { cpuLimit: 99, memoryLimit: Size.gibibytes(99) },
      [
        "'quota.cpuLimit' is 99, but a limit is never less than what is asked for, which is 100 here; use that or more",
        "'quota.memoryLimit' is 99 GiB, but a limit is never less than what is asked for, which is 100 GiB here; use that or more",
      ],
    ],
  ])('refuses one %s', (_, wrong, expected) => {
    expect(told(wrong as Partial<Quota>)).toEqual(expected.map((text) => `[shop/shop] ${text}`));
  });

  it('is required of programs without types', () => {
    const chart = testChart();
    new Team(chart, 'shop', undefined as unknown as TeamProps);
    expect(problems(chart)).toEqual(["[shop/shop] 'quota' is missing; use quota: { cpu: …, memory: …, pods: … }"]);
  });
});

describe("a team's defaults", () => {
  it('refuse what no container can have', () => {
    const chart = testChart();
    new Team(chart, 'shop', { quota: LARGE, defaults: { cpu: 2, cpuLimit: 1 } });
    expect(problems(chart)).toEqual([
      expect.stringMatching(/^\[shop\/shop\] 'defaults' has cpu 2 and cpuLimit 1; use/),
    ]);
  });

  it('are told of where a container asks for more than the limit that it gets', () => {
    const containers = [{ name: 'app', resources: { requests: { memory: '1Gi', cpu: '100m' } } }];
    expect(told({}, workload('Deployment', {}, containers))).toEqual([
      "[shop/shop] 'defaults' limit memory to 256Mi where nothing is said, but container 'app' of shop/object-0 asks for " +
        '1Gi; give it a limit of its own, or raise the default',
    ]);
  });
});

describe('Subject', () => {
  it.each<[string, () => Subject, string]>([
    ['a user', () => Subject.user(''), "Subject.user: 'name' is '', which is nobody's; use the name of a person"],
    ['a group', () => Subject.group(' '), "Subject.group: 'name' is ' ', which is nobody's; use a group of people"],
    ['a group with a space', () => Subject.group('staff '), "Subject.group: 'name' is 'staff ', which is nobody's"],
    ['no user', () => Subject.user(undefined as unknown as string), "Subject.user: 'name' is 'undefined', which is"],
    [
      'everybody',
      () => Subject.group('system:authenticated'),
      "Subject.group: 'name' is 'system:authenticated', but what begins with 'system:' is Kubernetes' own; use a group",
    ],
    [
      'a program as a user',
      () => Subject.user('system:serviceaccount:delivery:shop'),
      "Kubernetes' own; use the name of a person, and Subject.serviceAccount(…) for a program",
    ],
    [
      'no namespace',
      () => Subject.serviceAccount('', 'shop'),
      "Subject.serviceAccount: 'namespaceName' is '', which is no",
    ],
    [
      'no account',
      () => Subject.serviceAccount('delivery', 'A B'),
      "Subject.serviceAccount: 'name' is 'A B', which is",
    ],
  ])('refuses %s', (_, make, text) => {
    expect(make).toThrow(text);
  });
});

describe('a quantity', () => {
  it.each<[string | number, number | undefined]>([
    ['100m', 0.1],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1k', 1000],
    ['1e3', 1000],
    ['2E', 2e18],
    [2, 2],
    ['.5', 0.5],
    ['1Xi', undefined],
    ['many', undefined],
    ['', undefined],
  ])('%s is %s', (text, amount) => {
    expect(quantityOf(text)).toBe(amount);
  });
});
