/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 5
 */
import { join } from 'node:path';
import { type App, Chart, Size } from 'cdk8s';
import { Nginx, Subject, Team } from '../../constructs';
import { get, readyPod } from './cluster/kubectl';
import { Member } from './cluster/members';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { waitUntil } from './runner/wait';

const RED = `${MARK}-red`;
const BLUE = `${MARK}-blue`;
const QUOTA = /exceeded quota/;
const RESTRICTED = /violates PodSecurity "restricted/;

/** Two teams with a web server each. Blue's quota is the least that synth accepts; red has room for a pod more. */
describe('team', () => {
  const viewer = Member.played('eve', [`${RED}-staff`]);
  const operator = Member.played('olga', [`${RED}-on-call`]);
  const admin = Member.played('ann');
  const program = Member.played(`system:serviceaccount:${MARK}-delivery:robot`);
  const ofBlue = Member.played('bob');
  let files: string;
  let pod: { readonly [namespace: string]: string };
  setUp(async () => {
    files = await applyOwn(addTeams);
    const ready = await Promise.all([RED, BLUE].map((namespace) => readyPod('web', 90, namespace)));
    pod = { [RED]: ready[0]?.name ?? '', [BLUE]: ready[1]?.name ?? '' };
  }, 150);
  afterAll(removeOwn);

  const about = { of: ['web'], namespace: () => RED };
  const inRed = (...commands: string[]) => commands.map((command) => `-n ${RED} ${command}`);

  check('a viewer sees what runs, and its logs', about, async () => {
    const kinds = 'deployments,pods,services,configmaps,networkpolicies,resourcequotas,limitranges,roles,rolebindings';
    expect(await viewer.does(`-n ${RED} get ${kinds} -o name`)).toContain('deployment.apps/web');
    await viewer.does(`-n ${RED} get namespace ${RED}`);
    await viewer.does(`-n ${RED} logs deploy/web`);
    await viewer.does(`-n ${RED} rollout status deploy/web`);
  });

  check('a viewer sees no Secret, and changes nothing', about, async () => {
    await viewer.isRefused(
      inRed(
        'get secrets',
        'get secret web-tls',
        'exec deploy/web -- true',
        'port-forward deploy/web :8080',
        `attach ${pod[RED]}`,
        'delete pod -l app.kubernetes.io/instance=web',
        'scale deploy/web --replicas=0',
        'create configmap mine --from-literal=a=b',
        'annotate deploy/web a=b',
      ),
    );
  });

  check('an operator scales, and restarts by deleting', { ...about, seconds: 120 }, async () => {
    await operator.does(`-n ${RED} scale deploy/web --replicas=2`);
    await operator.does(`-n ${RED} rollout status deploy/web --timeout=50s`, { seconds: 60 });
    await operator.does(`-n ${RED} scale deploy/web --replicas=1`);
    const before = await readyPod('web', 40, RED);
    await operator.does(`-n ${RED} delete pod ${before.name} --wait=false`);
    await readyPod('web', 60, RED, before.uid);
  });

  check('an operator gets at no Secret, directly or through a pod', about, async () => {
    const image = 'example.org/any';
    await operator.isRefused([
      ...inRed('get secrets', 'exec deploy/web -- cat /etc/hostname', 'port-forward deploy/web :8080'),
      ...inRed(`run mine --image=${image}`, `set image deploy/web nginx=${image}`, 'rollout restart deploy/web'),
      ...inRed(`create job mine --image=${image}`, 'create token default'),
    ]);
    const { name } = await readyPod('web', 60, RED);
    await operator.isRefused(inRed(`debug ${name} --image=${image} --target=nginx`, `attach ${name}`));
  });

  check('an admin gets at Secrets and into pods', about, async () => {
    await admin.does(`-n ${RED} get secret web-tls -o name`);
    expect(await admin.does(`-n ${RED} exec deploy/web -c nginx -- id -u`)).toBe('10001\n');
    const { stdout } = await admin.run(`-n ${RED} port-forward deploy/web :8443`, { seconds: 4 });
    expect(stdout).toContain('Forwarding from 127.0.0.1');
  });

  for (const [name, member] of [
    ['an admin', admin],
    ['a program that is one', program],
  ] as const) {
    check(`${name} takes away what the team runs, and applies it again`, { ...about, seconds: 150 }, async () => {
      const file = join(files, 'site-red.k8s.yaml');
      await member.does(`delete -f ${file}`, { seconds: 60 });
      expect((await get(['deployments,services,networkpolicies'], RED)).items.map(nameOf)).toEqual(['default-deny']);
      await member.does(`apply --server-side -f ${file}`);
      await readyPod('web', 60, RED);
    });
  }

  const frame = inRed(
    'delete resourcequota team',
    'patch resourcequota team --type=merge -p {"spec":{"hard":{"pods":"99"}}}',
    'delete limitrange team',
    'patch limitrange team --type=merge -p {"spec":{"limits":[]}}',
    'delete networkpolicy default-deny',
    'patch networkpolicy default-deny --type=merge -p {"spec":{"policyTypes":[]}}',
    `delete --raw /apis/networking.k8s.io/v1/namespaces/${RED}/networkpolicies`,
    `label namespace ${RED} pod-security.kubernetes.io/enforce=privileged --overwrite`,
    `delete namespace ${RED}`,
    'delete rolebinding team-view',
    'patch role team-admin --type=json -p [{"op":"add","path":"/rules/-","value":{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}}]',
    'create role mine --verb=get --resource=pods',
    'create rolebinding mine --clusterrole=cluster-admin --user=ann',
    'create rolebinding mine --role=team-admin --user=eve',
    'create clusterrolebinding mine --clusterrole=cluster-admin --user=ann',
  );
  for (const member of [viewer, operator, admin, program, ofBlue]) {
    check(`${member.name} cannot change the frame`, about, () => member.isRefused(frame));
  }

  for (const member of [viewer, operator, admin, program, ofBlue]) {
    const foreign = member === ofBlue ? RED : BLUE;
    check(`${member.name} gets at nothing of the other team, nor of the cluster`, about, async () => {
      await member.isRefused(
        [
          'get pods',
          'get all',
          `get namespace ${foreign}`,
          'get secrets',
          'get secret web-tls',
          'get configmap web',
          'get resourcequota team',
          'get rolebindings',
          `logs ${pod[foreign]}`,
          `exec ${pod[foreign]} -c nginx -- true`,
          `port-forward ${pod[foreign]} :8443`,
          `attach ${pod[foreign]}`,
          `debug ${pod[foreign]} --image=example.org/any`,
          `delete pod ${pod[foreign]}`,
          'scale deploy/web --replicas=0',
          'rollout restart deploy/web',
          'create configmap mine --from-literal=a=b',
          'create token default',
          'run mine --image=example.org/any',
          'delete networkpolicy default-deny',
        ].map((command) => `-n ${foreign} ${command}`),
      );
      await member.isRefused(['get nodes', 'get namespaces', 'get pods -A', 'get secrets -n kube-system', 'get pv']);
    });
  }

  check('with a certificate of their own, members are the same', about, async () => {
    const { name } = await readyPod('web', 60, RED);
    const certified = await Member.certified(`${MARK}-carl`, `${RED}-on-call`);
    expect(await certified.does('auth whoami -o jsonpath={.status.userInfo.groups}')).toContain(`${RED}-on-call`);
    await certified.does(`-n ${RED} get pod ${name}`);
    await certified.does(`-n ${RED} scale deploy/web --replicas=1`);
    await certified.isRefused([
      `-n ${RED} get pods --as=ann`,
      ...inRed('get secrets', `exec ${name} -c nginx -- true`, 'delete resourcequota team'),
      ...['get pods', 'get secrets', `exec ${pod[BLUE]} -c nginx -- true`, `logs ${pod[BLUE]}`].map(
        (command) => `-n ${BLUE} ${command}`,
      ),
    ]);
  });

  check('pods that are not restricted are refused', about, async () => {
    for (const change of [
      { privileged: true, allowPrivilegeEscalation: true },
      { allowPrivilegeEscalation: true },
      { capabilities: { add: ['NET_ADMIN'] } },
      { runAsUser: 0, runAsNonRoot: false },
    ]) {
      await admin.isRefused([`-n ${RED} create -f -`], RESTRICTED, { input: JSON.stringify(podWith(change)) });
    }
    const hostPath = { ...podWith({}).spec, volumes: [{ name: 'node', hostPath: { path: '/' } }] };
    await admin.isRefused([`-n ${RED} create -f -`], RESTRICTED, {
      input: JSON.stringify({ ...podWith({}), spec: hostPath }),
    });
  });

  check('pods that do not say what they need get the defaults', about, async () => {
    await admin.does(`-n ${RED} create -f -`, { input: JSON.stringify(podWith({})) });
    const [{ resources }] = (await get(['pod', 'mine'], RED)).spec.containers;
    expect(resources).toEqual({
      requests: { cpu: '10m', memory: '16Mi', 'ephemeral-storage': '20Mi' },
      limits: { cpu: '100m', memory: '32Mi', 'ephemeral-storage': '20Mi' },
    });
    await operator.does(`-n ${RED} delete pod mine --wait=false`);
  });

  check('what exceeds the quota is refused', about, async () => {
    const asking = podWith({}, { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } });
    await admin.isRefused([`-n ${RED} create -f -`], QUOTA, { input: JSON.stringify(asking) });
    const ports = [{ port: 80 }];
    for (const type of ['LoadBalancer', 'NodePort']) {
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'mine' }, spec: { type, ports } };
      await admin.isRefused([`-n ${RED} create -f -`], QUOTA, { input: JSON.stringify(service) });
    }
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'mine' }, spec };
    await admin.isRefused([`-n ${RED} create -f -`], QUOTA, { input: JSON.stringify(claim) });
  });

  check('the least quota that synth accepts is enough to roll', { ...about, namespace: () => BLUE }, async () => {
    await ofBlue.does(`-n ${BLUE} rollout restart deploy/web`);
    await ofBlue.does(`-n ${BLUE} rollout status deploy/web --timeout=50s`, { seconds: 60 });
  });

  check('more replicas than it has room for do not start', { ...about, namespace: () => BLUE }, async () => {
    await ofBlue.does(`-n ${BLUE} scale deploy/web --replicas=4`);
    const events = () => ofBlue.does(`-n ${BLUE} get events --field-selector=reason=FailedCreate`);
    await waitUntil('the quota to be told of', async () => QUOTA.test(await events()), { seconds: 30 });
    expect((await get(['resourcequota', 'team'], BLUE)).status.used.pods).toBe('2');
  });
});

function addTeams(app: App): void {
  const teams = new Chart(app, 'namespaces', { disableResourceNameHashes: true });
  const red = new Team(teams, RED, {
    quota: { cpu: 0.08, memory: Size.mebibytes(64), pods: 4 },
    defaults: {
      cpu: 0.01,
      cpuLimit: 0.1,
      memory: Size.mebibytes(16),
      memoryLimit: Size.mebibytes(32),
      ephemeralStorage: Size.mebibytes(20),
    },
    view: [Subject.group(`${RED}-staff`)],
    operate: [Subject.group(`${RED}-on-call`)],
    admin: [Subject.user('ann'), Subject.serviceAccount(`${MARK}-delivery`, 'robot')],
  });
  const blue = new Team(teams, BLUE, {
    quota: { cpu: 0.04, memory: Size.mebibytes(32), pods: 2 },
    admin: [Subject.user('bob')],
  });
  for (const [id, team] of Object.entries({ 'site-red': red, 'site-blue': blue })) {
    new Nginx(new Chart(app, id, { namespace: team.name, disableResourceNameHashes: true }), 'web');
  }
}

/** A pod that is admitted, but for what is changed in it. */
function podWith(securityContext: object, resources?: object) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mine' },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'mine',
          image: 'example.org/none',
          imagePullPolicy: 'Never',
          resources,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, ...securityContext },
        },
      ],
    },
  };
}

function nameOf({ metadata }: { metadata: { name: string } }): string {
  return metadata.name;
}
