import { get, kubectl, OWN_LABELS } from '../cluster/kubectl';
import { run } from '../runner/run';
import { waitUntil } from '../runner/wait';

const POD = 'sql-client';
const LOGIN = '/run/secrets/login';
const STOP = '/tmp/stop';
/** `ask <server> <statements>`, as the user of the Secret. */
const ASK = `login() { printf '[client]\\nuser=%s\\npassword=%s\\n' "$(cat ${LOGIN}/username)" "$(cat ${LOGIN}/password)"; }
ask() {
  timeout 5 mariadb --defaults-extra-file=<(login) --host="$1" --protocol=tcp --connect-timeout=2 \\
    --batch --skip-column-names blog <<<"$2"
}
`;

export interface SqlClientProps {
  readonly namespace: string;
  /** To network policies it is a pod of this instance of phpMyAdmin. */
  readonly as: string;
  /** The Secret of the user that it logs in as. */
  readonly secretName: string;
  /** A StatefulSet whose image has a client. */
  readonly imageOf: string;
  /** The server that it asks first, as a network policy comes a moment after the pod that it is about. */
  readonly server: string;
}

/** What was written while somebody wrote as fast as possible. */
export interface Written {
  /** The numbers of which the server said that they are written. */
  readonly acknowledged: number[];
  /** The longest time without any, in seconds. */
  readonly pause: number;
}

/** A pod that asks servers, and goes on when they restart. */
export class SqlClient {
  static async start({ namespace, as, secretName, imageOf, server }: SqlClientProps): Promise<SqlClient> {
    const [{ image, imagePullPolicy }] = (await get(['statefulset', imageOf], namespace)).spec.template.spec.containers;
    const labels = {
      'app.kubernetes.io/name': 'phpmyadmin',
      'app.kubernetes.io/instance': as,
      ...OWN_LABELS,
    };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: POD, namespace, labels },
      spec: {
        containers: [
          {
            name: 'client',
            image,
            imagePullPolicy,
            command: ['sleep', 'infinity'],
            volumeMounts: [
              { name: 'login', mountPath: LOGIN },
              { name: 'tmp', mountPath: '/tmp' },
            ],
            resources: {
              requests: { cpu: '10m', memory: '32Mi', 'ephemeral-storage': '16Mi' },
              limits: { cpu: '500m', memory: '64Mi', 'ephemeral-storage': '16Mi' },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
        volumes: [
          { name: 'login', secret: { secretName, defaultMode: 0o440 } },
          { name: 'tmp', emptyDir: {} },
        ],
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 10001,
          runAsGroup: 10001,
          fsGroup: 10001,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
      },
    };
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(pod) });
    const client = new SqlClient(namespace);
    await waitUntil('the client to run', () => client.bash('true').then(() => true), { seconds: 60 });
    const answered = () => client.ask(server, 'SELECT 1').then(() => true);
    await waitUntil(`${server} to answer the client`, answered, { seconds: 30 });
    return client;
  }

  private constructor(private readonly namespace: string) {}

  /** What a server answers, a line each. */
  async ask(server: string, statements: string): Promise<string[]> {
    const said = await this.bash(`${ASK}ask "$1" "$(cat)"`, [server], statements);
    return said.split('\n').filter(Boolean);
  }

  /** Adds numbers to the table `numbers`, one after the other, while something is done, and until one more is added. */
  async writeDuring(server: string, from: number, work: () => Promise<void>): Promise<Written> {
    const loop = `${ASK}rm -f ${STOP}; n=${from}
      while n=$((n + 1)); do
        [ -e ${STOP} ] && last=yes || last=
        ask "$1" "INSERT INTO numbers VALUES ($n)" 2>/dev/null || continue
        echo "$n $(date +%s%3N)"
        [ -z "$last" ] || exit 0
      done`;
    const writing = this.bash(loop, [server], '', 200);
    try {
      await work();
    } finally {
      await this.bash(`touch ${STOP}`);
    }
    const lines = (await writing)
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number) as [number, number]);
    const pauses = lines.map(([, moment], index) => moment - (lines[index - 1]?.[1] ?? moment));
    return { acknowledged: lines.map(([number]) => number), pause: Math.max(...pauses) / 1000 };
  }

  private async bash(script: string, args: string[] = [], input = '', seconds = 60): Promise<string> {
    const exec = ['-n', this.namespace, 'exec', '-i', POD, '--', 'bash', '-c', script, 'bash', ...args];
    const { code, stdout, stderr } = await run('kubectl', exec, { input, seconds });
    if (code !== 0) {
      throw new Error(stderr.trim() || `bash ended with ${code}`);
    }
    return stdout;
  }
}
