import { type Chart, Duration, Size } from 'cdk8s';
import {
  Backup,
  type BackupProps,
  BackupTarget,
  Credentials,
  InfluxDb,
  MySql,
  RestrictedNamespace,
  type S3Props,
  Storage,
  WordPress,
} from '../constructs';
import { find, type Manifest, problems, synth, testChart } from './support/app';
import { laws } from './support/laws';
import { chartBeside, DNS, pods, policy, tcp } from './support/network';
import { secretData, secrets } from './support/secrets';
import { yamlOf } from './support/snapshots';

const volume = () => BackupTarget.volume(Storage.claim());
const S3: S3Props = {
  endpoint: 'https://s3.example.org',
  bucket: 'backups',
  credentials: Credentials.fromSecret('bucket', { username: 'id', password: 'key' }),
};

/** The three services, with a backup of all. */
function addAll(chart: Chart, props: Partial<BackupProps> = {}, storage?: Storage): Backup {
  const mysql = new MySql(chart, 'mysql');
  const wordpress = new WordPress(chart, 'blog', { database: mysql.addDatabase('blog'), storage });
  const influxdb = new InfluxDb(chart, 'influxdb');
  influxdb.addDatabase('metrics');
  return new Backup(chart, 'backup', { of: [mysql, wordpress, influxdb], to: volume(), ...props });
}

function written(props?: Partial<BackupProps>, storage?: Storage): Manifest[] {
  const chart = testChart();
  addAll(chart, props, storage);
  return synth(chart);
}

function backupProblems(props: Partial<BackupProps>): string[] {
  const chart = testChart();
  new Backup(chart, 'backup', { of: [new MySql(chart, 'mysql')], to: volume(), ...props });
  return problems(chart).map((problem) => problem.replace('[shop/backup] ', ''));
}

const podOf = (manifests: Manifest[], cronJob: string) =>
  find(manifests, 'CronJob', cronJob).spec.jobTemplate.spec.template.spec;
const stepsOf = (manifests: Manifest[], cronJob: string) => {
  const { initContainers, containers } = podOf(manifests, cronJob);
  return [...initContainers, ...containers];
};
const secretsMountedBy = (manifests: Manifest[], cronJob: string, step: string): string[] => {
  const { volumes } = podOf(manifests, cronJob);
  const container = stepsOf(manifests, cronJob).find(({ name }) => name === step);
  return volumes
    .filter(({ name, secret }: any) => secret && container.volumeMounts.some((mount: any) => mount.name === name))
    .map(({ secret }: any) => secret.secretName);
};

describe('Backup', () => {
  it('needs to know what and where to', () => {
    const chart = testChart();
    const backup = new Backup(chart, 'backup', { of: [new MySql(chart, 'mysql')], to: volume() });
    expect(yamlOf(backup)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    const props: Required<BackupProps> = {
      of: [
        mysql,
        new WordPress(chart, 'blog', { database: mysql.addDatabase('blog') }),
        new InfluxDb(chart, 'influxdb'),
      ],
      to: BackupTarget.s3({ ...S3, region: 'eu-central-1', prefix: 'shop/nightly' }),
      schedule: '30 2 * * mon-fri',
      timeZone: 'Europe/Berlin',
      keep: { last: 3, days: 90 },
      deadline: Duration.hours(3),
      workspace: Size.gibibytes(40),
      image: 'registry.example.org/other/backup:1',
      resources: { cpu: 0.5, memory: Size.mebibytes(512) },
    };
    expect(yamlOf(new Backup(chart, 'backup', props))).toMatchSnapshot();
  });

  it.each(Object.keys(laws))('%s', (law) => {
    const chart = testChart();
    const namespace = chartBeside(chart, 'namespace');
    new RestrictedNamespace(namespace, 'shop');
    addAll(chart);
    const services = synth(chart);
    expect(laws[law]?.([...namespace.toJson(), ...services, ...secrets(chart)])).toEqual([]);
  });

  it('takes, stores, tries and only then keeps; fetches, tries and only then restores', () => {
    const manifests = written();
    for (const service of ['mysql', 'blog', 'influxdb']) {
      const names = (cronJob: string) => stepsOf(manifests, cronJob).map(({ name }) => name);
      expect(names(`backup-${service}`)).toEqual(['dump', 'store', 'verify', 'keep']);
      expect(names(`backup-${service}-restore`)).toEqual(['fetch', 'verify', 'restore']);
    }
  });

  it('restores only when it is told to', () => {
    const { spec } = find(written(), 'CronJob', 'backup-mysql-restore');
    expect(spec).toMatchObject({ suspend: true, schedule: '0 0 31 2 *' });
  });

  it('runs one at a time, within a deadline, and is tried again unless that is of no use', () => {
    const { spec } = find(written({ deadline: Duration.minutes(5) }), 'CronJob', 'backup-mysql');
    expect(spec).toMatchObject({ schedule: '0 3 * * *', timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid' });
    expect(spec.jobTemplate.spec).toMatchObject({ activeDeadlineSeconds: 300, backoffLimit: 2 });
    expect(spec.jobTemplate.spec.podFailurePolicy.rules).toContainEqual({
      action: 'FailJob',
      onExitCodes: { operator: 'In', values: [64, 65] },
      onPodConditions: [],
    });
    expect(spec.jobTemplate.spec.template.spec.restartPolicy).toBe('Never');
  });

  it('hands each step the secrets that it needs and no others', () => {
    const manifests = written({ to: BackupTarget.s3(S3) });
    const mounted = (service: string, steps: string[], suffix = '') =>
      steps.map((step) => secretsMountedBy(manifests, `backup-${service}${suffix}`, step));
    const steps = ['dump', 'store', 'verify', 'keep'];
    expect(mounted('mysql', steps)).toEqual([['mysql-backup'], ['bucket'], [], ['bucket']]);
    expect(mounted('blog', steps)).toEqual([[], ['bucket'], [], ['bucket']]);
    expect(mounted('influxdb', steps)).toEqual([['influxdb-metrics-reader'], ['bucket'], [], ['bucket']]);
    const back = ['fetch', 'verify', 'restore'];
    expect(mounted('mysql', back, '-restore')).toEqual([['bucket'], [], ['mysql-blog', 'mysql-restore']]);
    expect(mounted('influxdb', back, '-restore')).toEqual([['bucket'], [], ['influxdb-metrics-writer']]);
  });

  it('opens the network to its service and its bucket, on both sides, and to nothing else', () => {
    const manifests = written({ to: BackupTarget.s3({ ...S3, endpoint: 'http://minio.store:9000' }) });
    const bucket = { ports: tcp(9000) };
    const ofMySql = { to: [pods('mysql', 'mysql')], ports: tcp(3306) };
    const ofInfluxDb = { to: [pods('influxdb', 'influxdb')], ports: tcp(8086) };
    expect(policy(manifests, 'backup-mysql')).toMatchObject({ ingress: [], egress: [...DNS, ofMySql, bucket] });
    expect(policy(manifests, 'backup-influxdb')).toMatchObject({ ingress: [], egress: [...DNS, ofInfluxDb, bucket] });
    expect(policy(manifests, 'backup-blog')).toMatchObject({ ingress: [], egress: [...DNS, bucket] });
    const fromBackup = { from: [pods('backup', 'backup-mysql')], ports: tcp(3306) };
    expect(policy(manifests, 'mysql').ingress).toContainEqual(fromBackup);
    expect(policy(manifests, 'blog').ingress).not.toContainEqual(
      expect.objectContaining(pods('backup', 'backup-blog')),
    );
  });

  it('on a volume opens the network to its service alone', () => {
    expect(policy(written(), 'backup-blog')).toMatchObject({ ingress: [], egress: [] });
  });

  it('reads uploads on the node that has them, and never writes them but to restore', () => {
    const manifests = written();
    const { podAffinity } = podOf(manifests, 'backup-blog').affinity;
    expect(podAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      { labelSelector: pods('wordpress', 'blog').podSelector, topologyKey: 'kubernetes.io/hostname' },
    ]);
    const readOnly = (cronJob: string) =>
      stepsOf(manifests, cronJob).flatMap(({ name, volumeMounts }) =>
        volumeMounts
          .filter((mount: any) => mount.mountPath === '/var/lib/wp-content')
          .map((mount: any) => [name, mount.readOnly]),
      );
    expect(readOnly('backup-blog')).toEqual([['dump', true]]);
    expect(readOnly('backup-blog-restore')).toEqual([['restore', undefined]]);
  });

  it('goes wherever there is room when many nodes mount the uploads', () => {
    expect(podOf(written({}, Storage.shared()), 'backup-blog').affinity).toBeUndefined();
    expect(podOf(written(), 'backup-mysql').affinity).toBeUndefined();
  });

  it('lets a user read, and one exchange tables, of each database of MySQL, whenever it was added', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    mysql.addDatabase('blog');
    const of = [mysql];
    new Backup(chart, 'near', { of, to: volume() });
    new Backup(chart, 'far', { of, to: BackupTarget.s3(S3) });
    mysql.addDatabase('shop');
    const read = 'SELECT, SHOW VIEW, EVENT, TRIGGER, SHOW CREATE ROUTINE, EXECUTE';
    const exchange = 'SELECT, INSERT, CREATE, ALTER, DROP';
    expect(find(synth(chart), 'ConfigMap', 'mysql').data.accounts.trimEnd().split('\n')).toEqual([
      `backup\tblog\t${read}`,
      `backup\tshop\t${read}`,
      'blog\tblog\tALL PRIVILEGES',
      `restore\tblog\t${exchange}`,
      'restore\trestore-%\tALL PRIVILEGES',
      `restore\tshop\t${exchange}`,
      'shop\tshop\tALL PRIVILEGES',
    ]);
    const names = ['backup', 'restore'];
    const users = names.map((user) => secretData(find(secrets(chart), 'Secret', `mysql-${user}`)).username);
    expect(users).toEqual(names);
  });

  it('takes a claim that is there', () => {
    const manifests = written({ to: BackupTarget.volume(Storage.existingShared('nfs')) });
    expect(podOf(manifests, 'backup-mysql').volumes).toContainEqual({
      name: 'backups',
      persistentVolumeClaim: { claimName: 'nfs' },
    });
    expect(
      manifests.filter(({ kind, metadata }) => `${kind}/${metadata.name}` === 'PersistentVolumeClaim/backup'),
    ).toEqual([]);
  });

  it('shows what it made', () => {
    const { backups, restores } = addAll(testChart());
    expect(backups.map(({ name }) => name)).toEqual(['backup-mysql', 'backup-blog', 'backup-influxdb']);
    expect(restores.map(({ name }) => name)).toEqual(backups.map(({ name }) => `${name}-restore`));
  });

  it.each(['@daily', '*/15 0-6,22 1,15 jan-mar mon', '0 3 * * *', '0 0 ? * 6'])('takes the schedule %j', (schedule) => {
    expect(backupProblems({ schedule })).toEqual([]);
  });

  it.each([
    ['0 3 * *', "has 4 fields; use minute, hour, day of the month, month and day of the week, as in '0 3 * * *'"],
    ['60 3 * * *', "has the minute '60'; use numbers from 0 to 59, or '*'"],
    ['0 24 * * *', "has the hour '24'; use numbers from 0 to 23, or '*'"],
    ['0 3 0 * *', "has the day of the month '0'; use numbers from 1 to 31, or '*'"],
    ['0 3 * 5-4 *', "has the month '5-4'; use numbers from 1 to 12, or '*'"],
    ['0 3 * * 7', "has the day of the week '7'; use numbers from 0 to 6, or '*'"],
    ['*/0 3 * * *', "has the minute '*/0'; use numbers from 0 to 59, or '*'"],
    ['0 3 * * mon-tue-wed', "has the day of the week 'mon-tue-wed'; use numbers from 0 to 6, or '*'"],
    ['0, 3 * * *', "has the minute '0,'; use numbers from 0 to 59, or '*'"],
  ])('refuses the schedule %j', (schedule, reason) => {
    expect(backupProblems({ schedule })).toEqual([`'schedule' is '${schedule}', which ${reason}`]);
  });

  it.each<[Partial<BackupProps>, string]>([
    [{ of: [] }, "'of' is empty; name what to back up, such as of: [mysql]"],
    [{ timeZone: 'Berlin' }, "'timeZone' is 'Berlin', which is none; use an IANA name such as 'Europe/Berlin'"],
    [{ keep: { last: 0 } }, "'keep' has last 0; use a whole number, 1 or more"],
    [{ keep: { days: 0.5 } }, "'keep' has days 0.5; use a whole number, 0 or more"],
    [{ deadline: Duration.seconds(59) }, "'deadline' is 59 s; use a minute or more"],
    [{ workspace: Size.kibibytes(65535) }, "'workspace' is 63 MiB; use 64 MiB or more"],
    [{ image: 'backup' }, "'image' is 'backup', which names no version; add a tag that is not 'latest', or a digest"],
    [{ of: undefined }, "'of' is missing; name what to back up, such as of: [mysql]"],
    [{ to: undefined }, "'to' is missing; use BackupTarget.volume(…) or BackupTarget.s3(…)"],
  ])('refuses %j', (props, problem) => {
    expect(backupProblems(props)).toEqual([problem]);
  });

  it('refuses a service twice', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    new Backup(chart, 'backup', { of: [mysql, mysql], to: volume() });
    expect(problems(chart)).toEqual(["[shop/backup] 'of' names 'mysql' twice; leave one of them out"]);
  });

  it('refuses a service of another namespace', () => {
    const chart = testChart();
    const of = [new MySql(chartBeside(chart, 'office'), 'mysql')];
    new Backup(chart, 'backup', { of, to: volume() });
    expect(problems(chart)).toEqual([
      "[shop/backup] 'of' has 'mysql' of namespace 'office', but a volume and a Secret are mounted in their own " +
        'namespace only; put the backup into the chart of the service',
    ]);
  });

  it('refuses a name with which its jobs would have none', () => {
    const chart = testChart();
    new Backup(chart, 'b'.repeat(40), { of: [new MySql(chart, 'mysql')], to: volume() });
    const name = `${'b'.repeat(40)}-mysql-restore`;
    expect(problems(chart)).toEqual([
      `[shop/${'b'.repeat(40)}/mysql] 'id' is '${name}', ${name.length} characters long, but at most 52 fit; use shorter ids`,
    ]);
  });
});

describe('BackupTarget.s3', () => {
  it.each<[Partial<S3Props>, string]>([
    [
      { endpoint: 's3.example.org' },
      "'endpoint' is 's3.example.org'; use a URL without a path, such as 'https://s3.example.org'",
    ],
    [
      { endpoint: 'https://s3.example.org/bucket' },
      "'endpoint' is 'https://s3.example.org/bucket'; use a URL without a path, such as 'https://s3.example.org'",
    ],
    [{ bucket: 'a/b' }, "'bucket' is 'a/b'; use the name of a bucket alone, without a path"],
    [{ prefix: '/shop' }, "'prefix' is '/shop'; use folders such as 'shop/weekly'"],
    [
      { credentials: 's3cret' as unknown as Credentials },
      "'credentials' is a string, not credentials; put it into a Secret and pass Credentials.fromSecret('…')",
    ],
  ])('refuses %j', (props, reason) => {
    expect(() => BackupTarget.s3({ ...S3, ...props })).toThrow(new Error(`BackupTarget.s3: ${reason}`));
  });

  it('knows the store of Amazon, and asks others in the common way', () => {
    const provider = (endpoint: string) =>
      stepsOf(written({ to: BackupTarget.s3({ ...S3, endpoint }) }), 'backup-mysql')[1].env.find(
        ({ name }: any) => name === 'S3_PROVIDER',
      ).value;
    expect(provider('https://s3.eu-central-1.amazonaws.com')).toBe('AWS');
    expect(provider('https://s3.example.org')).toBe('Other');
  });
});
