import { redacted } from '../runner/redacted';
import { type Result, run } from '../runner/run';
import { waitUntil } from '../runner/wait';
import { get, kubectl, OWN_LABELS } from './kubectl';

export interface Outcome {
  readonly succeeded: boolean;
  /** What all steps of the last attempt said. */
  readonly said: string;
}

/** Starts a job of a CronJob, as its users do, and waits for its end. */
export async function runJob(namespace: string, cronJob: string, name: string, from?: string): Promise<Outcome> {
  const create = ['-n', namespace, 'create', 'job', name, `--from=cronjob/${cronJob}`];
  const job = await kubectl([...create, '--dry-run=client', '-o', 'json']);
  const set = ['set', 'env', '--local', '-f', '-', `RESTORE_FROM=${from}`, '-o', 'json'];
  const wanted = from === undefined ? job : await kubectl(set, { input: job });
  await kubectl(['-n', namespace, 'create', '-f', '-'], { input: wanted });
  const ended = async () => {
    const { status } = await get(['job', name], namespace);
    const types = (status.conditions ?? []).filter((one: any) => one.status === 'True').map((one: any) => one.type);
    return types.includes('Complete') ? 'yes' : types.includes('Failed') ? 'no' : undefined;
  };
  const succeeded = (await waitUntil(`the end of job ${name}`, ended, { seconds: 240, everyMs: 1000 })) === 'yes';
  const logs = ['-n', namespace, 'logs', '-l', `job-name=${name}`, '--all-containers', '--ignore-errors', '--tail=-1'];
  return { succeeded, said: redacted((await run('kubectl', logs)).stdout) };
}

/** The same, where only success will do; what it said. */
export async function succeed(namespace: string, cronJob: string, name: string, from?: string): Promise<string> {
  const { succeeded, said } = await runJob(namespace, cronJob, name, from);
  if (!succeeded) {
    throw new Error(`expected job ${name} to succeed\n${said}`);
  }
  return said;
}

/** A command, as its users give it. */
export async function command(namespace: string, ...words: string[]): Promise<Result> {
  const context = (await kubectl(['config', 'current-context'])).trim();
  return run('node', ['lib/cli.js', ...words, '-n', namespace, '-p', context], { seconds: 240 });
}

/** Where only success will do; what it said. */
export async function commandSucceeds(namespace: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await command(namespace, ...words);
  if (code !== 0) {
    throw new Error(`expected '${words.join(' ')}' to succeed, but it ended with ${code}\n${stdout}\n${stderr}`);
  }
  return stdout;
}

/** The backup that a job has kept. */
export function keptBy(said: string): string {
  const name = /kept target:\S+\/(\d{8}T\d{6}Z)/.exec(said)?.[1];
  if (name === undefined) {
    throw new Error(`expected the name of a backup in\n${said}`);
  }
  return name;
}

/** A pod that mounts a claim at /backups, to look into it and to damage what is there. */
export async function openVolume(namespace: string, claim: string): Promise<(script: string) => Promise<string>> {
  const { spec } = await get(['cronjob', 'backup-mysql'], namespace);
  const { containers, securityContext } = spec.jobTemplate.spec.template.spec;
  const [{ image, imagePullPolicy, securityContext: ofContainer }] = containers;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'shell', namespace, labels: OWN_LABELS },
    spec: {
      securityContext,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'shell',
          image,
          imagePullPolicy,
          command: ['tini', '--', 'sleep', '3600'],
          securityContext: ofContainer,
          volumeMounts: [{ name: 'backups', mountPath: '/backups' }],
        },
      ],
      volumes: [{ name: 'backups', persistentVolumeClaim: { claimName: claim } }],
    },
  };
  await kubectl(['create', '-f', '-'], { input: JSON.stringify(pod) });
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/shell', '--timeout=60s'], { seconds: 70 });
  return (script) => kubectl(['-n', namespace, 'exec', 'shell', '--', 'bash', '-euc', script]);
}

/** A second claim, in another namespace, for what a claim holds. */
export async function shareVolume(namespace: string, claim: string, other: string): Promise<void> {
  const bound = await get(['pvc', claim], namespace);
  const { spec } = JSON.parse(await kubectl(['get', 'pv', bound.spec.volumeName, '-o', 'json']));
  const labels = OWN_LABELS;
  const { claimRef: _, ...volume } = { ...spec, persistentVolumeReclaimPolicy: 'Retain', storageClassName: '' };
  const { accessModes, capacity } = volume;
  const items = [
    { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: other, labels }, spec: volume },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace: other, labels },
      spec: { accessModes, storageClassName: '', volumeName: other, resources: { requests: capacity } },
    },
  ];
  await kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
}
