/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 4
 */
import { HIGHEST_OF_NODES } from '../../constructs/manifest/users';
import { get, kubectl, LABEL, NAMESPACE, ofService } from './cluster/kubectl';
import { MARK } from './fixtures/belongings';
import { check } from './runner/check';
import { run } from './runner/run';

/** The services whose pods talk to the Kubernetes API, and all that their accounts may do. */
const ACCOUNTS: { [service: string]: string[] } = {
  ftps: ['get services ftps'],
  telegraf: ['get nodes/stats', 'list deployments', 'list nodes', 'list pods', 'list statefulsets'],
};
/** What everybody may ask of the API: about himself. */
const OF_EVERYBODY = ['authentication.k8s.io', 'authorization.k8s.io'];
const SAFE = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

describe('containers', () => {
  for (const what of ['processes', 'files', 'tokens'] as const) {
    const names = {
      processes:
        'every process is nobody on the node, has no capability, no way to more, and its system calls are filtered',
      files: 'no container writes to its image',
      tokens: 'a token for the API is in those pods only that use it',
    };
    check(names[what], { of: [], seconds: 90 }, async () => {
      const containers = await runningContainers();
      expect(containers.length).toBeGreaterThan(7);
      const wrong = await Promise.all(containers.map((container) => FAULTS[what]?.(container)));
      expect(wrong.flat()).toEqual([]);
    });
  }

  for (const [service, rights] of Object.entries(ACCOUNTS)) {
    check(`${service}'s account may do what it is for, and nothing else`, { of: [service] }, async () => {
      const [pod] = (await get(['pods', '-l', ofService(service)])).items;
      const account = `system:serviceaccount:${NAMESPACE}:${pod.spec.serviceAccountName}`;
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectRulesReview',
        spec: { namespace: NAMESPACE },
      };
      const asked = ['create', '-f', '-', '-o', 'json', '--validate=false', '--as', account];
      const { status } = JSON.parse(await kubectl(asked, { input: JSON.stringify(review) }));
      const own = status.resourceRules.filter(({ apiGroups }: any) => !OF_EVERYBODY.includes(apiGroups[0]));
      expect(own.flatMap(rightsOf).sort()).toEqual(rights);
    });
  }

  check('a drain of its node evicts every pod, of single replicas too', { of: [] }, async () => {
    const { items } = await get(['pods', '-l', 'app.kubernetes.io/instance']);
    expect(items.length).toBeGreaterThanOrEqual(7);
    for (const { metadata } of items) {
      const { name, namespace } = metadata;
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction?dryRun=All`;
      await kubectl(['create', '--raw', path, '-f', '-'], { input: JSON.stringify(eviction) });
    }
  });

  const FORBIDDEN: { [what: string]: object } = {
    'is privileged': { container: { securityContext: { ...SAFE, privileged: true, allowPrivilegeEscalation: true } } },
    'runs as root': { pod: { securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } } } },
    'adds a capability': {
      container: { securityContext: { ...SAFE, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } } },
    },
    'drops none': { container: { securityContext: { ...SAFE, capabilities: {} } } },
    'may get privileges': { container: { securityContext: { ...SAFE, allowPrivilegeEscalation: true } } },
    'has no system calls filtered': { pod: { securityContext: { runAsNonRoot: true, runAsUser: 10001 } } },
    'mounts a folder of the node': { pod: { volumes: [{ name: 'node', hostPath: { path: '/' } }] } },
    "has the node's network": { pod: { hostNetwork: true } },
    "has the node's processes": { pod: { hostPID: true } },
    "takes a port of the node's": { container: { ports: [{ containerPort: 8080, hostPort: 8080 }] } },
  };
  for (const [what, changes] of Object.entries(FORBIDDEN)) {
    check(`a pod that ${what} is refused`, { of: [] }, async () => {
      const { code, stderr } = await admitted(changes);
      expect({ code, says: stderr }).toEqual({ code: 1, says: expect.stringContaining('violates PodSecurity') });
    });
  }

  check('a pod that does none of these is admitted', { of: [] }, async () => {
    expect(await admitted({})).toMatchObject({ code: 0 });
  });
});

interface Container {
  readonly pod: string;
  readonly service: string;
  readonly name: string;
}

const FAULTS: { [what: string]: (container: Container) => Promise<string[]> } = {
  processes: async (container) => {
    const said = await inside(container, 'cat /proc/[0-9]*/status 2>/dev/null; true');
    const all = said.split(/^(?=Name:)/m).filter((text) => text.includes('Uid:'));
    // a probe that the runtime is about to start is still the runtime's own
    const processes = all.filter((text) => !/^Name:\s+runc:\[/.test(text));
    const seccomp = { Seccomp: '2', NoNewPrivs: '1' };
    const none = Object.fromEntries(
      ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => [`Cap${set}`, '0000000000000000']),
    );
    const found = processes.flatMap((text) => {
      const fields = new Map(text.split('\n').map((line): [string, string] => [line.split(':')[0] ?? '', line]));
      const value = (field: string) => fields.get(field)?.split(/\s+/).slice(1).join(' ') ?? '';
      const ids = `${value('Uid')} ${value('Gid')} ${value('Groups')}`.trim().split(' ');
      return [
        ...(ids.some((id) => Number(id) <= HIGHEST_OF_NODES) ? [`${value('Name')} has users and groups ${ids}`] : []),
        ...Object.entries({ ...seccomp, ...none })
          .filter(([field, expected]) => value(field) !== expected)
          .map(([field]) => `${value('Name')} has ${field} ${value(field)}`),
      ];
    });
    return [...(processes.length === 0 ? ['no process is seen'] : []), ...found].map((text) => at(container, text));
  },

  files: async (container) => {
    const root = await inside(container, "grep ' / ' /proc/self/mounts");
    // folders of the image to which its user could write, were it not mounted so
    const script = `for folder in / /tmp/.. /etc /usr/local/bin /usr/share /var/lib /var/log /run /srv /home; do
      touch "$folder/${MARK}" 2>/dev/null && echo "$folder"; done; true`;
    const written = (await inside(container, script)).split('\n').filter(Boolean);
    return [
      ...(/ ro[, ]/.test(root) ? [] : [at(container, 'its root is not mounted read-only')]),
      ...written.map((folder) => at(container, `writes to ${folder}`)),
    ];
  },

  tokens: async (container) => {
    const there = (await inside(container, `test -e ${TOKEN} && echo there; true`)) !== '';
    return there === Object.hasOwn(ACCOUNTS, container.service)
      ? []
      : [at(container, there ? 'has a token' : 'has no token')];
  },
};

function rightsOf({ verbs, resources, resourceNames = [''] }: any): string[] {
  return verbs.flatMap((verb: string) =>
    resources.flatMap((resource: string) => resourceNames.map((name: string) => `${verb} ${resource} ${name}`.trim())),
  );
}

function at({ pod, name }: Container, text: string): string {
  return `${pod}/${name}: ${text}`;
}

async function runningContainers(): Promise<Container[]> {
  const { items } = await get(['pods', '-l', `!${LABEL}`]);
  return items.flatMap(({ metadata, status }: any) =>
    (status.containerStatuses ?? [])
      .filter(({ state }: any) => state.running)
      .map(({ name }: any) => ({
        pod: metadata.name,
        service: metadata.labels['app.kubernetes.io/instance'],
        name,
      })),
  );
}

function inside({ pod, name }: Container, script: string): Promise<string> {
  return kubectl(['-n', NAMESPACE, 'exec', pod, '-c', name, '--', 'sh', '-c', script]);
}

/** Whether the API server would make a pod that is safe but for some changes. */
function admitted({ pod = {}, container = {} }: { pod?: object; container?: object }) {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: MARK, namespace: NAMESPACE },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      ...pod,
      containers: [{ name: 'main', image: 'debian:trixie-slim', securityContext: SAFE, ...container }],
    },
  };
  return run('kubectl', ['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(object) });
}
