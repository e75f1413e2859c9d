import { checkReleases } from '../../../cli/rollback/releases';
import { clusterWith } from '../../support/planned';

// no process is started
jest.mock('../../../cli/machine/shell', () => ({
  Shell: class {
    async run() {
      return {};
    }
  },
}));

const labels = { app: 'db' };
const database = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'shop' },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        securityContext: { runAsNonRoot: true },
        initContainers: [{ name: 'setup', image }],
        containers: [{ name: 'db', image, imagePullPolicy: 'Never', volumeMounts: [{ name: 'data' }] }],
        volumes: [{ name: 'data' }],
      },
    },
  },
});
const running = {
  kind: 'Pod',
  metadata: { name: 'db-0', namespace: 'shop', labels },
  status: { containerStatuses: [{ name: 'db', state: { running: {} } }] },
};

interface Cluster {
  /** What the pod that runs says; nothing where it lacks the program. */
  readonly here?: string;
  /** What the image of the revision says. */
  readonly there?: string;
  readonly pods?: readonly object[];
  readonly live?: object;
}

/** What was asked of kubectl, and what a rollback to an image 'db:1' makes of its answers. */
async function rollback({ here, there, pods = [running], live = database('db:2') }: Cluster) {
  const calls: string[] = [];
  const jobs: any[] = [];
  const answer = (text: string) => {
    const type = there === undefined ? 'Failed' : 'Complete';
    return / get jobs\.batch /.test(text)
      ? { metadata: { name: 'it' }, status: { conditions: [{ type, status: 'True' }] } }
      : { items: [] };
  };
  const shell = {
    output: async (_: string, args: string[], __: string, { input = '' } = {}) => {
      const text = args.join(' ');
      calls.push(text);
      if (input !== '') {
        jobs.push(JSON.parse(input));
      }
      return JSON.stringify(answer(text));
    },
    run: async (_: string, args: string[]) => {
      const text = args.join(' ');
      calls.push(text);
      const lines = / logs /.test(text) && there !== undefined ? [`2026-11-21T03:00:00.1Z ${there}`] : [];
      return { ok: here !== undefined, exitCode: 0, stdout: `${here}\n`, stderr: '', lines };
    },
    sleep: async () => {},
  };
  const made = clusterWith(live, ...pods);
  const session = { ...made.session, shell: { ...made.session.shell, ...shell } } as unknown as typeof made.session;
  const refusal = await checkReleases(session, [database('db:1')], 'shop').then(
    () => undefined,
    (error) => error,
  );
  return { calls, jobs, refusal };
}

describe('a rollback', () => {
  it('refuses an image that is older than the data, with both releases, before anything is changed', async () => {
    const { refusal } = await rollback({ here: '11.8 (MariaDB 11.8.6)', there: '10.11 (MariaDB 10.11.3)' });
    expect(refusal.message).toBe("this revision has images that are older than the data, with which they don't start");
    expect(refusal.details).toEqual([
      'StatefulSet db: db:1 has 10.11 (MariaDB 10.11.3), and the data is of 11.8 (MariaDB 11.8.6)',
    ]);
  });

  it('asks an image that does not run by a job that mounts nothing', async () => {
    const { jobs } = await rollback({ here: '2', there: '2' });
    expect(jobs).toHaveLength(1);
    expect(jobs[0].spec.template.spec).toEqual({
      securityContext: { runAsNonRoot: true },
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [{ name: 'data-release', image: 'db:1', imagePullPolicy: 'Never', command: ['data-release'] }],
    });
  });

  it.each([
    ['the same release', { here: '60421 (WordPress 6.8)', there: '60421 (WordPress 6.8)' }],
    ['a newer one', { here: '9.9', there: '10.0' }],
    ['an image that does not say', { here: '2' }],
  ])('takes %s', async (_, cluster) => {
    expect((await rollback(cluster)).refusal).toBeUndefined();
  });

  it.each([
    ['what runs does not say', { there: '1' }],
    ['nothing runs', { here: '2', there: '1', pods: [] }],
    ['the image stays', { here: '2', there: '1', live: database('db:1') }],
  ])('asks no image where %s', async (_, cluster) => {
    const { refusal, jobs } = await rollback(cluster);
    expect({ refusal, jobs }).toEqual({ refusal: undefined, jobs: [] });
  });
});
