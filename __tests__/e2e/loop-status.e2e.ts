/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 4
 */
import { ApiObject, type Chart } from 'cdk8s';
import { Nginx } from '../../constructs';
import { get, kubectl, NAMESPACE as SYSTEM } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { Program } from './cluster/program';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { run } from './runner/run';
import { waitUntil } from './runner/wait';

const NAMESPACE = `${MARK}-status`;

interface Report {
  readonly healthy: boolean;
  readonly workloads: readonly {
    readonly service: string;
    readonly kind: string;
    readonly state: string;
    readonly ready?: string;
    readonly reason?: string;
    readonly restarts: { readonly count: number; readonly reason?: string };
  }[];
  readonly drift: readonly {
    readonly kind: string;
    readonly name: string;
    readonly state: string;
    readonly fields: readonly {
      readonly path: string;
      readonly live?: unknown;
      readonly applied?: unknown;
      readonly by?: string;
    }[];
  }[];
}

describe('status', () => {
  const program = new Program(NAMESPACE);
  const about = { of: ['web'], namespace: () => NAMESPACE, seconds: 90 };
  /** An image that the node has. */
  let image = '';

  /** An app of somebody else beside a service of ours: no label of ours, and all kinds of workloads. */
  function app(command: string): (chart: Chart) => void {
    return (chart) => {
      new Nginx(chart, 'web');
      foreign(chart, 'apps/v1', 'Deployment', 'foreign', {
        replicas: 1,
        selector: { matchLabels: { app: 'foreign' } },
        template: template('foreign', command),
      });
      foreign(chart, 'apps/v1', 'DaemonSet', 'agent', {
        selector: { matchLabels: { app: 'agent' } },
        template: template('agent', 'sleep infinity'),
      });
      const jobTemplate = {
        spec: { backoffLimit: 0, template: template('tidy', 'echo it cannot tidy; exit 1', 'Never') },
      };
      foreign(chart, 'batch/v1', 'CronJob', 'tidy', { schedule: '0 0 29 2 *', jobTemplate });
    };
  }

  function template(name: string, script: string, restartPolicy = 'Always'): object {
    const securityContext = {
      runAsNonRoot: true,
      runAsUser: 10001,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    };
    const container = { name, image, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], securityContext };
    return {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 0, restartPolicy, containers: [container] },
    };
  }

  function foreign(chart: Chart, apiVersion: string, kind: string, name: string, spec: object): void {
    new ApiObject(chart, name, { apiVersion, kind, metadata: { name }, spec } as never);
  }

  async function status(...args: string[]): Promise<Report & { readonly code: number }> {
    const { code, stdout, stderr } = await program.run('status', '-o', 'json', '--no-probe', ...args);
    if (stdout === '') {
      throw new Error(`expected a status, got ${code}: ${stderr}`);
    }
    return { ...JSON.parse(stdout), code };
  }

  setUp(async () => {
    image = (await get(['deployment', 'nginx'], SYSTEM)).spec.template.spec.containers[0].image;
    program.write(app('sleep infinity'));
  });
  afterAll(removeOwn);

  check('says so where nothing is deployed, and what deploys it', about, async () => {
    const { code, stderr } = await program.run('status');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/nothing is deployed from this folder\nnext: .* up/),
    });
  });

  check('is of health, and without drift, right after up', { ...about, seconds: 150 }, async () => {
    await program.runs('up');
    const { code, healthy, workloads, drift } = await status();
    expect({ code, healthy, drift }).toEqual({ code: 0, healthy: true, drift: [] });
    expect(
      workloads.map(({ service, kind, state, ready }) => `${service} ${kind} ${state} ${ready ?? ''}`.trim()),
    ).toEqual(['agent DaemonSet ok 1/1', 'foreign Deployment ok 1/1', 'tidy CronJob ok', 'web Deployment ok 1/1']);
  });

  check('needs neither the program nor the context that the user has chosen', about, async () => {
    program.break();
    expect((await status()).code).toBe(0);
    const report = await program.runs('status', 'web');
    expect(report).toMatch(
      new RegExp(
        `^${NAMESPACE} in namespace ${NAMESPACE}: revision 1, applied .* with 'up'\n\nservice .*\nweb +deployment/web +1/1 +ok `,
      ),
    );
    expect(report).not.toContain('foreign');
  });

  check('names a field that was changed by kubectl, what it was, and by which command', about, async () => {
    await kubectl(['-n', NAMESPACE, 'set', 'image', 'deployment/foreign', 'foreign=example.org/other:1']);
    await edit('deployment/foreign', 's/terminationGracePeriodSeconds: 0/terminationGracePeriodSeconds: 7/');
    await kubectl(['-n', NAMESPACE, 'set', 'env', 'daemonset/agent', 'DEBUG=1']);
    await kubectl(['-n', NAMESPACE, 'delete', 'service', 'web']);
    const { drift } = await status();
    const lines = drift.flatMap(({ kind, name, state, fields }) =>
      fields.length === 0
        ? `${kind} ${name} ${state}`
        : fields.map(({ path, live, applied, by }) => `${kind} ${name} ${path}: ${applied} → ${live} by ${by}`),
    );
    expect(lines.sort()).toEqual([
      'DaemonSet agent spec.template.spec.containers[agent].env: undefined → undefined by kubectl-set',
      `Deployment foreign spec.template.spec.containers[foreign].image: ${image} → example.org/other:1 by kubectl-set`,
      'Deployment foreign spec.template.spec.terminationGracePeriodSeconds: 0 → 7 by kubectl-edit',
      'Service web gone',
    ]);
    const { code, stdout } = await program.run('status', '--no-probe');
    expect(code).toBe(1);
    expect(stdout).toMatch(/\nnot as revision 1 says:\n/);
    expect(stdout).toMatch(
      /containers\[foreign\]\.image is example\.org\/other:1, applied was \S+ \(by kubectl-set, \d+ s ago\)\n/,
    );
    expect(stdout).toMatch(/\nto have it as it was applied: .* rollback 1\b/);
  });

  check('has no drift any more when that is rolled back', about, async () => {
    await program.runs('rollback', '1', '--yes');
    const { drift } = await status();
    expect(drift.map(({ name }) => name)).toEqual(['agent']);
    await kubectl(['-n', NAMESPACE, 'set', 'env', 'daemonset/agent', 'DEBUG-']);
    await waitUntil('health', async () => (await status()).code === 0, { seconds: 30 });
    expect((await status()).drift).toEqual([]);
  });

  check('names why a pod crashes, with its last words, and how often it did', about, async () => {
    program.write(app('echo no such file: web.conf; exit 3'));
    expect((await program.run('up', '--timeout', '15s')).code).toBe(1);
    await waitUntil(
      'the reason',
      async () => {
        const { code, workloads } = await status('foreign');
        const [found] = workloads;
        expect(code).toBe(1);
        expect(found).toMatchObject({ service: 'foreign', state: 'failing' });
        expect(found?.reason).toMatch(/foreign ended with exit code 3, restarted \d+×: no such file: web\.conf$/);
        expect(found?.restarts).toEqual({ count: expect.any(Number), reason: 'exit code 3', when: expect.any(String) });
        return true;
      },
      { seconds: 40 },
    );
  });

  check('names why the last job of a CronJob failed', about, async () => {
    await kubectl(['-n', NAMESPACE, 'create', 'job', '--from=cronjob/tidy', 'tidy-now']);
    await waitUntil(
      'the failure',
      async () => {
        const { workloads } = await status('tidy');
        expect(workloads[0]).toMatchObject({
          state: 'failing',
          reason: expect.stringContaining('job tidy-now failed: '),
        });
        return true;
      },
      { seconds: 40 },
    );
  });

  /** `kubectl edit`, with sed for an editor. */
  async function edit(what: string, script: string): Promise<void> {
    const env = { ...process.env, KUBE_EDITOR: `sed -i '${script}'` };
    const { code, stderr } = await run('kubectl', ['-n', NAMESPACE, 'edit', what], { env });
    if (code !== 0) {
      throw new Error(`kubectl edit ended with ${code}: ${stderr}`);
    }
  }
});
