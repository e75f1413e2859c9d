import { type ApiObject, Duration, Size, SizeRoundingBehavior } from 'cdk8s';
import { Construct } from 'constructs';
import type { IBackedUp } from '../backed-up';
import { imageOf } from '../images';
import { instanceOf } from '../private/names';
import { problem, required } from '../private/problems';
import { Where } from '../private/where';
import type { Resources } from '../resources';
import { Storage } from '../storage';
import { BackupJobs } from './jobs';
import type { KeepProps } from './keep';
import { isTimeZone, mistakeInSchedule } from './schedule';
import { BackupTarget } from './target';

/** What a backup can be told. */
export interface BackupProps {
  /** What to back up: MySQL, WordPress, InfluxDB. */
  readonly of: IBackedUp[];

  /** Where backups are kept. */
  readonly to: BackupTarget;

  /**
   * When, in the five fields of cron.
   * @default '0 3 * * *', at three in the night
   */
  readonly schedule?: string;

  /**
   * The time zone of the schedule, by its IANA name.
   * @default 'Etc/UTC'
   */
  readonly timeZone?: string;

  /**
   * Which backups are kept.
   * @default - the last 7, and all of the last 30 days
   */
  readonly keep?: KeepProps;

  /**
   * The time limit of a run, or of a restore, with its retries (`activeDeadlineSeconds` of the Job).
   * @default Duration.hours(1)
   */
  readonly deadline?: Duration;

  /**
   * Room on the node's disk in which a service's data is packed, read back and tried out: twice what its backup takes,
   * and for MySQL what the databases take besides.
   * @default Size.gibibytes(5)
   */
  readonly workspace?: Size;

  /**
   * The image that moves backups, in place of this package's own, of the same contract.
   * @default - the image 'backup', from where `Images` says
   */
  readonly image?: string;

  /**
   * What each step that dumps, tries or restores asks for and may use.
   * @default - the service's own
   */
  readonly resources?: Resources;
}

/**
 * Backups of services, each taken by a CronJob '<backup>-<service>' and brought back by '<backup>-<service>-restore',
 * which never starts by itself: `kubectl create job --from=cronjob/backup-mysql-restore back`.
 */
export class Backup extends Construct {
  /** The CronJobs that make backups, in the order of `of`. */
  public readonly backups: ApiObject[];
  /** The suspended CronJobs from which restores are started, in the order of `of`. */
  public readonly restores: ApiObject[];

  /**
   * @param scope A chart, or a construct in one: of the namespace in which the services are.
   * @param id The backup's name.
   * @param props What, where to and when.
   */
  public constructor(scope: Construct, id: string, props: BackupProps) {
    super(scope, id);
    props ??= {} as BackupProps;
    const instance = instanceOf(this, 'backup', 'backup');
    const of = required(this, 'of', props.of, 'name what to back up, such as of: [mysql]', () => []);
    const remedy = 'use BackupTarget.volume(…) or BackupTarget.s3(…)';
    const target = required(this, 'to', props.to, remedy, () => BackupTarget.volume(Storage.claim()));
    const schedule = props.schedule ?? '0 3 * * *';
    const timeZone = props.timeZone ?? 'Etc/UTC';
    const keep = { last: 7, days: 30, ...props.keep };
    const deadline = props.deadline ?? Duration.hours(1);
    const workspace = props.workspace ?? Size.gibibytes(5);
    if (props.of?.length === 0) {
      problem(this, "'of' is empty; name what to back up, such as of: [mysql]");
    }
    this.check({ schedule, timeZone, keep, deadline, workspace });

    const bound = target._bind(this, instance);
    const seen = new Set<string>();
    const jobs: BackupJobs[] = [];
    for (const data of of.map((service) => service.backup()._props)) {
      const { name, namespace } = data.instance;
      if (seen.has(name)) {
        problem(this, `'of' names '${name}' twice; leave one of them out`);
        continue;
      }
      seen.add(name);
      if (namespace !== instance.namespace) {
        problem(
          this,
          `'of' has '${name}' of namespace '${namespace}', but a volume and a Secret are mounted in their own ` +
            'namespace only; put the backup into the chart of the service',
        );
      }
      jobs.push(
        new BackupJobs(this, name, {
          data,
          target: bound,
          image: imageOf(this, 'backup', props.image),
          schedule,
          timeZone,
          keep,
          deadline,
          workspace,
          resources: props.resources,
        }),
      );
    }
    this.backups = jobs.map(({ backup }) => backup);
    this.restores = jobs.map(({ restore }) => restore);
  }

  private check(props: Checked): void {
    const mistake = mistakeInSchedule(new Where('schedule'), props.schedule);
    if (mistake) {
      problem(this, mistake);
    }
    if (!isTimeZone(props.timeZone)) {
      problem(this, `'timeZone' is '${props.timeZone}', which is none; use an IANA name such as 'Europe/Berlin'`);
    }
    if (!Number.isInteger(props.keep.last) || props.keep.last < 1) {
      problem(this, `'keep' has last ${props.keep.last}; use a whole number, 1 or more`);
    }
    if (!Number.isInteger(props.keep.days) || props.keep.days < 0) {
      problem(this, `'keep' has days ${props.keep.days}; use a whole number, 0 or more`);
    }
    if (props.deadline.toMilliseconds() < 60_000) {
      problem(this, `'deadline' is ${props.deadline.toMilliseconds() / 1000} s; use a minute or more`);
    }
    const mebibytes = props.workspace.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR });
    if (mebibytes < 64) {
      problem(this, `'workspace' is ${mebibytes} MiB; use 64 MiB or more`);
    }
  }
}

interface Checked {
  readonly schedule: string;
  readonly timeZone: string;
  readonly keep: Required<KeepProps>;
  readonly deadline: Duration;
  readonly workspace: Size;
}
