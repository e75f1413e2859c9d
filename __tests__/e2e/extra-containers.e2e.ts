/**
 * @lane rest
 * @needs system
 * @disturbs nothing
 * @minutes 4
 */
import { type App, Chart } from 'cdk8s';
import { DataAccess, HealthCheck, MySql, RestrictedNamespace, WordPress } from '../../constructs';
import { curled } from './clients/curl';
import { Forward, get, kubectl, pods, readyPod } from './cluster/kubectl';
import { applyOwn, environment, removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

const CONTENT = '/var/lib/wp-content';
const PORT = 9100;
const PLUGIN = `<?php add_action('wp_head', fn () => print('<meta name="e2e" content="${MARK}">'));`;

/** A site for which one container installs a plugin, while another beside it publishes a folder. */
describe('containers of one’s own', () => {
  const about = { of: ['blog'], namespace: () => MARK, seconds: 90 };
  const inside = (container: string, ...words: string[]) =>
    kubectl(['-n', MARK, 'exec', 'deploy/blog', '-c', container, '--', ...words]);
  const php = (container: string, code: string) => inside(container, 'php', '-r', code);
  setUp(async () => {
    await applyOwn(addSite);
    await readyPod('blog', 150, MARK);
  }, 240);
  afterAll(removeOwn);

  check('one that runs before leaves what the service then uses', about, async () => {
    expect(await kubectl(['-n', MARK, 'logs', 'deploy/blog', '-c', 'install'])).toBe('10001:10001\n');
    expect(await php('wordpress', "echo file_get_contents('http://127.0.0.1:5050/');")).toContain(
      `<meta name="e2e" content="${MARK}">`,
    );
  });

  check('one beside it serves, and logs', about, async () => {
    const forward = await Forward.open('deploy/blog', PORT, MARK);
    try {
      expect(await curled([`http://127.0.0.1:${forward.port}/ready`])).toBe(`${MARK}\n`);
    } finally {
      forward.close();
    }
    expect(await kubectl(['-n', MARK, 'logs', 'deploy/blog', '-c', 'publish'])).toContain('[200]: GET /ready');
  });

  check('it is nobody special, and writes nothing', about, async () => {
    const script = `id -u; id -g; grep -c '^CapEff:.0*$' /proc/self/status; grep ' / ' /proc/mounts | cut -d' ' -f4
      for folder in / /etc /run /var/lib /var/log ${CONTENT} /run/secrets/database /tmp; do
        touch "$folder/${MARK}" 2>/dev/null && echo "writes to $folder"; done; true`;
    const [user, group, noCapability, root, ...written] = (await inside('publish', 'bash', '-c', script))
      .trim()
      .split('\n');
    expect({ user, group, noCapability, written }).toEqual({
      user: '10001',
      group: '10001',
      noCapability: '1',
      written: ['writes to /tmp'],
    });
    expect(root?.split(',')).toContain('ro');
  });

  check('it reaches the database, with a Secret of the service', about, async () => {
    const login = (key: string) => `file_get_contents('/run/secrets/database/${key}')`;
    const code = `$database = new mysqli('mysql', ${login('username')}, ${login('password')}, 'blog');
      echo $database->query("SELECT option_value FROM wp_options WHERE option_name = 'blogname'")->fetch_column();`;
    expect(await php('publish', code)).toBe('blog');
  });

  const closed = { ...about, skip: FACTS.policies.notEnforced };
  check('it reaches no database of another namespace', closed, async () => {
    const [{ status }] = (await get(['pods', '-l', 'app.kubernetes.io/name=mysql'])).items;
    const open = `echo @fsockopen('${status.podIP}', 3306, timeout: 3) ? 'open' : 'closed';`;
    expect(await php('publish', open)).toBe('closed');
  });

  check('while it is not ready, the Service leaves out the pod, and nothing is restarted', about, async () => {
    await inside('wordpress', 'mv', `${CONTENT}/public/ready`, `${CONTENT}/public/later`);
    await waitUntil('no address of blog', async () => (await addresses()).length === 0, { seconds: 60 });
    await inside('wordpress', 'mv', `${CONTENT}/public/later`, `${CONTENT}/public/ready`);
    await waitUntil('an address of blog', async () => (await addresses()).length === 1, { seconds: 60 });
    expect(await restarts()).toEqual({ publish: 0, wordpress: 0 });
  });

  check('when it ends, it alone is restarted', about, async () => {
    await run('kubectl', ['-n', MARK, 'exec', 'deploy/blog', '-c', 'publish', '--', 'bash', '-c', 'kill 1']);
    const restarted = async () => (await restarts()).publish === 1;
    await waitUntil('a restart', restarted, { seconds: 60 });
    await readyPod('blog', 60, MARK);
    expect(await restarts()).toEqual({ publish: 1, wordpress: 0 });
  });
});

function addSite(app: App): void {
  new RestrictedNamespace(new Chart(app, 'namespace', { disableResourceNameHashes: true }), MARK);
  const chart = new Chart(app, 'site', { namespace: MARK, disableResourceNameHashes: true });
  const database = new MySql(chart, 'mysql').addDatabase('blog');
  const image = environment().images.reference('wordpress');
  const script = `mkdir -p ${CONTENT}/mu-plugins ${CONTENT}/public
    printf '%s' "$PLUGIN" >${CONTENT}/mu-plugins/e2e.php
    echo ${MARK} >${CONTENT}/public/ready
    echo "$(id -u):$(id -g)"`;
  new WordPress(chart, 'blog', {
    database,
    initContainers: [
      { name: 'install', image, command: ['bash', '-euc', script], env: { PLUGIN }, data: DataAccess.WRITE },
    ],
    sidecars: [
      {
        name: 'publish',
        image,
        command: ['tini', '--', 'php', '-S', `0.0.0.0:${PORT}`, '-t', `${CONTENT}/public`],
        secrets: { '/run/secrets/database': database.credentials },
        data: DataAccess.READ,
        ready: HealthCheck.http(PORT, '/ready'),
        alive: HealthCheck.tcp(PORT),
      },
    ],
  });
}

/** How often each container of the site's pod was restarted. */
async function restarts(): Promise<{ [container: string]: number }> {
  const [pod] = await pods('blog', MARK);
  return Object.fromEntries(Object.values(pod?.containers ?? {}).map(({ name, restarts }) => [name, restarts]));
}

/** The pods to which the site's Service leads. */
async function addresses(): Promise<string[]> {
  const { items } = await get(['endpointslices', '-l', 'kubernetes.io/service-name=blog'], MARK);
  return items
    .flatMap(({ endpoints }: any) => endpoints ?? [])
    .filter(({ conditions }: any) => conditions.ready)
    .flatMap(({ addresses }: any) => addresses);
}
