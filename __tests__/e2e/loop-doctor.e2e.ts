/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 5
 */
import { ApiObject, type Chart } from 'cdk8s';
import { certificateFor } from '../support/tls';
import { kubectl } from './cluster/kubectl';
import { environment, removeOwn } from './cluster/namespaces';
import { Program } from './cluster/program';
import { MARK } from './fixtures/belongings';
import { setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { run } from './runner/run';
import { succeeds } from './runner/wait';

const NAMESPACE = `${MARK}-doctor`;

interface Result {
  readonly name: string;
  readonly status: string;
  readonly findings: readonly { readonly severity: string; what: string; why: string; mend: string }[];
}

const RESTRICTED = {
  runAsNonRoot: true,
  runAsUser: 10001,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A Deployment of one container that says what it is told. */
function deployment(name: string, container: object = {}, pod: object = {}): any {
  const labels = { app: name };
  const image = environment().images.reference('nginx');
  const command = ['sleep', 'infinity'];
  const web = { name: 'web', image, imagePullPolicy: 'Never', command, securityContext: RESTRICTED, ...container };
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [web], ...pod } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template },
  };
}

function service(name: string, spec: object): any {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: 'silent' }, ...spec } };
}

/** A program in which as much as possible is wrong. */
async function everythingWrong(taken: number): Promise<any[]> {
  const tls = await certificateFor(['web'], -1);
  return [
    deployment('unbuilt', { image: 'cdk8s-services/nginx:ffffffffffff' }),
    deployment('crashing', { command: ['sh', '-c', 'echo it fails on purpose >&2; exit 3'] }),
    deployment('greedy', { resources: { requests: { cpu: '900' }, limits: { cpu: '900' } } }),
    deployment('rooted', { securityContext: {} }),
    deployment('waiting', { env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'nobody', key: 'p' } } }] }),
    deployment('silent', {}, { volumes: [{ name: 'tls', secret: { secretName: 'expired' } }] }),
    { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'expired' }, data: tls },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'password' }, stringData: { password: `${MARK}-program` } },
    service('pending', {
      type: 'LoadBalancer',
      loadBalancerClass: 'example.org/nobody',
      loadBalancerIP: FACTS.balancer,
      ports: [{ port: 80 }],
    }),
    service('taken', { type: 'NodePort', ports: [{ port: 80, nodePort: taken }] }),
    service('silent', { type: 'NodePort', ports: [{ port: 80 }] }),
    service('lost', { selector: { app: 'nobody' }, ports: [{ port: 80 }] }),
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { storageClassName: 'nobody', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: { ingressClassName: 'nobody', defaultBackend: { service: { name: 'silent', port: { number: 80 } } } },
    },
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'full' }, spec: { hard: { 'count/secrets': '2' } } },
    { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name: 'web' } },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: `cdk8s-services.${NAMESPACE}` },
      spec: { holderIdentity: 'ann@laptop:1', leaseDurationSeconds: 30, renewTime: '2026-01-01T00:00:00.000000Z' },
    },
  ];
}

describe('doctor', () => {
  const program = new Program(NAMESPACE);
  let results: Result[] = [];

  async function diagnose(...checks: string[]): Promise<Result[]> {
    const { code, stdout, stderr } = await program.run('doctor', ...checks, '-o', 'json');
    if (stdout === '') {
      throw new Error(`doctor ended with ${code}: ${stderr}`);
    }
    return JSON.parse(stdout).checks;
  }

  setUp(async () => {
    const taken = Object.values(FACTS.ports.nginx ?? {}).find(({ nodePort }) => nodePort)?.nodePort ?? 0;
    const objects = await everythingWrong(taken);
    program.write((chart: Chart) => {
      for (const object of objects) {
        new ApiObject(chart, `${object.kind}-${object.metadata.name}`, object);
      }
    });
    for (const file of ['namespace.k8s.yaml', 'app.k8s.yaml']) {
      await run('kubectl', ['apply', '--server-side', '-f', `${program.folder}/written/${file}`], { seconds: 90 });
    }
    const changed = JSON.stringify({ stringData: { password: `${MARK}-cluster` } });
    await kubectl(['-n', NAMESPACE, 'patch', 'secret', 'password', '-p', changed]);
    await succeeds(
      'the crash loop, and the pod that runs',
      async () => {
        const [workloads] = await diagnose('workloads');
        const said = JSON.stringify(workloads);
        if (!/CrashLoopBackOff/.test(said) || /Deployment silent/.test(said)) {
          throw new Error(said);
        }
      },
      { seconds: 120 },
    );
    results = await diagnose();
  }, 240);

  afterAll(removeOwn, 120_000);

  it.each([
    ['images', 'image cdk8s-services/nginx:ffffffffffff is not on the node', /up/],
    ['workloads', `Deployment unbuilt in ${NAMESPACE}: 0/1 ready`, /up/],
    ['workloads', `Deployment crashing in ${NAMESPACE}: 0/1 ready`, /logs crashing-\S+ -c web/],
    ['workloads', `Deployment waiting in ${NAMESPACE}: 0/1 ready`, /describe pod waiting-/],
    ['room', 'the program requests 9', /minikube start -p larger --cpus=90\d/],
    ['pod security', 'pods of ReplicaSet rooted-', /pod-security.kubernetes.io\/enforce=baseline/],
    ['references', 'Deployment waiting needs Secret nobody', /create secret generic nobody/],
    ['certificates', 'the certificate in Secret expired has expired', /up/],
    ['secrets', `Secret password in ${NAMESPACE} has other values than the program`, /up/],
    ['load balancers', `Service pending in ${NAMESPACE} has no address yet`, /tunnel/],
    ['node ports', 'of Service taken is taken', /delete service nginx/],
    ['addresses', 'no address of silent answers from here', /tunnel/],
    ['storage classes', "PersistentVolumeClaim data wants StorageClass 'nobody'", /use one of/],
    ['volumes', `volume data in ${NAMESPACE} is Pending`, /get storageclasses/],
    ['ingress', "Ingress web wants IngressClass 'nobody'", /use one of|addons enable ingress/],
    ['kinds', 'the cluster does not know Widget of example.org/v1', /install what defines Widget/],
  ])('%s: %s', (name, what, mend) => {
    const found = results.find((one) => one.name === name);
    const finding = found?.findings.find((one) => one.what.includes(what));
    expect([found?.status, found?.findings.map((one) => one.what)]).toEqual([
      'failed',
      expect.arrayContaining([expect.stringContaining(what)]),
    ]);
    expect(finding?.mend).toMatch(mend);
  });

  it.each([
    ['quotas', `quota full in ${NAMESPACE}: 2 of 2 count/secrets are used`],
    ['lock', 'ann@laptop:1 stopped in the middle'],
    ['selectors', 'Service lost selects no pod of the program'],
  ])('warns of %s: %s', (name, what) => {
    const found = results.find((one) => one.name === name);
    expect([found?.status, found?.findings.map((one) => one.what)]).toEqual(['warning', [what]]);
  });

  it('tells the last words of what crashes', () => {
    const crash = results.flatMap(({ findings }) => findings).find(({ what }) => what.includes('crashing'));
    expect(crash?.why).toMatch(
      /(CrashLoopBackOff|crashed): web ended with exit code 3.*its last words: it fails on purpose/,
    );
  });

  it('tells no secret', () => {
    expect(JSON.stringify(results)).not.toMatch(new RegExp(`${MARK}-(program|cluster)`));
  });

  it('is content once what it names was done', async () => {
    const isNobody = ({ what }: { what: string }) => what.includes('Secret nobody');
    const { mend = '' } = results.flatMap(({ findings }) => findings).find(isNobody) ?? {};
    const [, command = ''] = /or: (kubectl .* create secret .*)$/.exec(mend) ?? [];
    await kubectl(['-n', NAMESPACE, 'delete', 'resourcequota', 'full']);
    expect((await run('sh', ['-c', command.replace(/<\w+>/g, 'value')])).code).toBe(0);
    expect((await diagnose('references'))[0]?.findings.filter(isNobody)).toEqual([]);
  });

  it('finds nothing wrong with a cluster that works', async () => {
    const wrong = (await diagnose('access')).filter(({ status }) => status === 'failed');
    expect(wrong).toEqual([]);
  });
});
