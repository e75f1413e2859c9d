import { type ApiObject, type Duration, Size, SizeRoundingBehavior } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { BackedUpProps, BackupStep } from '../backed-up';
import type { Address } from '../endpoint';
import { mebibytesQuantity } from '../manifest/quantity';
import { Isolation, IsolationPolicy } from '../private/isolation';
import { checkName, type Instance, instanceOf } from '../private/names';
import { type ContainerProps, podTemplate } from '../private/pod';
import { scratch } from '../private/volume';
import { type Resources, requirements } from '../resources';
import type { KeepProps } from './keep';
import type { ConnectedTarget, ConnectTarget } from './target';

export interface BackupJobsProps {
  readonly data: BackedUpProps;
  readonly target: ConnectTarget;
  readonly image: ContainerProps['image'];
  readonly schedule: string;
  readonly timeZone: string;
  readonly keep: Required<KeepProps>;
  readonly deadline: Duration;
  readonly workspace: Size;
  readonly resources?: Resources;
}

/**
 * A schedule that never comes, as February has no 31st: the CronJob starts nothing by itself, even if somebody resumes
 * it.
 */
const NEVER = '0 0 31 2 *';
/** How late a run may start, in seconds (`startingDeadlineSeconds`). A run that would start later is skipped. */
const LATEST_START = 3600;
/** How long finished jobs are kept, in seconds (`ttlSecondsAfterFinished`): a week. */
const SEEN = 7 * 24 * 3600;
/** How often a run that fails is tried again. */
const RETRIES = 2;
/** The exit codes of a step that would fail again at a retry: EX_USAGE and EX_DATAERR of sysexits. */
const HOPELESS = [64, 65];

/** The backup of one service: the CronJob that makes it, and the one from which it is restored. */
export class BackupJobs extends Construct {
  public readonly backup: ApiObject;
  public readonly restore: ApiObject;
  private readonly instance: Instance;
  private readonly server?: Address;
  private readonly target: ConnectedTarget;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BackupJobsProps,
  ) {
    super(scope, id);
    const { data, target, keep } = props;
    this.instance = instanceOf(this, 'backup', 'backup');
    const restoreName = `${this.instance.name}-restore`;
    checkName(this, 'id', restoreName);
    const isolation = new Isolation(this, this.instance);
    new IsolationPolicy(this, 'Isolation', isolation);
    this.server = data.endpoint?._connect(isolation);
    this.target = target(isolation);
    this.backup = this.cronJob('Backup', {
      name: this.instance.name,
      schedule: props.schedule,
      timeZone: props.timeZone,
      containers: [
        this.service('dump'),
        this.mover('store'),
        this.service('verify'),
        this.mover('keep', { KEEP_LAST: `${keep.last}`, KEEP_DAYS: `${keep.days}` }),
      ],
    });
    this.restore = this.cronJob('Restore', {
      name: restoreName,
      schedule: NEVER,
      suspend: true,
      containers: [this.mover('fetch', { RESTORE_FROM: '' }), this.service('verify'), this.service('restore')],
    });
  }

  /** Containers run one after the other, and the last one is what the pod is for. */
  private cronJob(id: string, { name, containers, ...schedule }: CronJobProps): ApiObject {
    const { instance } = this;
    const { data, deadline } = this.props;
    const metadata = { name, labels: instance.labels };
    const template = podTemplate(this, {
      instance,
      initContainers: containers.slice(0, -1),
      containers: containers.slice(-1),
      onNodeOf: data.onItsNode ? data.instance : undefined,
      restartPolicy: 'Never',
    });
    return new k8s.KubeCronJob(this, id, {
      metadata,
      spec: {
        ...schedule,
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: LATEST_START,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: { labels: instance.labels },
          spec: {
            activeDeadlineSeconds: Math.ceil(deadline.toMilliseconds() / 1000),
            backoffLimit: RETRIES,
            podFailurePolicy: {
              rules: [
                { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
                // the empty list is what Kubernetes 1.28 asks for
                { action: 'FailJob', onExitCodes: { operator: 'In', values: HOPELESS }, onPodConditions: [] },
              ],
            },
            ttlSecondsAfterFinished: SEEN,
            template,
          },
        },
      },
    });
  }

  /** A step of the service's own image: dump, verify or restore. */
  private service(step: BackupStep): ContainerProps {
    const { data } = this.props;
    const { server } = this;
    return {
      name: step,
      image: data.image,
      command: ['tini', '--', 'backup', step],
      env: server && { SERVER_HOST: server.host, SERVER_PORT: `${server.port}` },
      mounts: () => [this.work, scratch('tmp', '/tmp'), ...data.mounts(step)],
      resources: this.withWorkspace(requirements(this, data.resources, this.props.resources)),
    };
  }

  /** A step of the image `backup`, which moves backups to and from their target. */
  private mover(step: string, env: { readonly [name: string]: string } = {}): ContainerProps {
    const { data, image } = this.props;
    const { target } = this;
    return {
      name: step,
      image,
      args: [step],
      env: { BACKUP_OF: data.instance.name, ...target.env, ...env },
      mounts: () => [this.work, scratch('tmp', '/tmp'), ...target.mounts],
      resources: this.withWorkspace(
        requirements(this, { cpu: 0.05, memory: Size.mebibytes(64), memoryLimit: Size.mebibytes(256) }),
      ),
    };
  }

  private get work() {
    return scratch('work', '/workspace', this.props.workspace);
  }

  /** The workspace is a limit and no request: the requests of three jobs at a time would need a large node. */
  private withWorkspace({ requests, limits }: k8s.ResourceRequirements): k8s.ResourceRequirements {
    const mebibytes = this.props.workspace.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR });
    const disk = mebibytesQuantity(mebibytes + 256);
    return { requests, limits: { ...limits, 'ephemeral-storage': disk } };
  }
}

interface CronJobProps {
  readonly name: string;
  readonly containers: ContainerProps[];
  readonly schedule: string;
  readonly timeZone?: string;
  readonly suspend?: boolean;
}
