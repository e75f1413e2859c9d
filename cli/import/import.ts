// cli/import/: the command `import`: a WordPress site's SQL dump and uploads, streamed into a pod.

import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { instanceOf, type List, type Pod, type Service, type Workload } from '../cluster/object';
import { rollouts } from '../deploy/rollout';
import { failureOf } from '../machine/causes';
import { kubectl, kubectlJson, type Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { addressesOf } from '../services/addresses';
import { EXIT_USAGE, Failure } from '../terminal/failure';
import { lastLine } from '../terminal/lines';
import type { Line, Progress } from '../terminal/progress';
import { checkSource, feed } from './sources';

const WORDPRESS = 'app.kubernetes.io/name=wordpress';
/** How a line of the image's program begins that is no fact for the user. */
const LOG = /^\S+ (?:info|error) wordpress-import: /;
/** How the line begins with what its user does about it. */
const NEXT = /^\S+ info wordpress-import: next: /;
/** What the image's program ends with where the site is in use already. */
const NOT_EMPTY = 3;

export interface ImportOptions {
  /** The site's name. */
  readonly site: string;
  readonly namespace?: string;
  /** A dump of its database. */
  readonly database: string;
  /** Its wp-content or its uploads, as a folder or an archive. */
  readonly uploads?: string;
  readonly oldUrl: readonly string[];
  readonly newUrl?: string;
  readonly prefix?: string;
  /** Which of the databases in the dump. */
  readonly oldDatabase?: string;
  /** Take the tables of a newer WordPress as those of the one that is here. */
  readonly takeNewer: boolean;
  /** Replace a site that has content. */
  readonly replace: boolean;
  readonly timeout: number;
}

interface Place {
  readonly deployment: Workload;
  readonly namespace: string;
  readonly pod: string;
}

/**
 * Brings another WordPress, as a dump and its files, in place of a site that runs. All is put beside what there is,
 * which is exchanged at the end, so that an interrupted run changes nothing that readers see.
 */
export async function importSite(session: Session, progress: Progress, options: ImportOptions): Promise<void> {
  const { database, uploads, site } = options;
  const place = await progress.run('find site', async (line) => {
    checkTools(session.again, ['kubectl']);
    checkSource('--database', database, false);
    if (uploads !== undefined) {
      checkSource('--uploads', uploads, true);
    }
    const found = await placeOf(session, options);
    line.update(`${site} in namespace ${found.namespace}`);
    return found;
  });
  const importer = new Importer(session, place, randomUUID());
  const said: string[] = [];
  await progress.run('check site', async (line) => {
    await importer.run('check', options.replace ? ['--replace'] : [], line);
  });
  if (uploads !== undefined) {
    await progress.run('copy files', async (line) => {
      said.push(...(await importer.run('content', folderOf(uploads), line, uploads)));
      line.update(basename(uploads));
    });
  }
  await progress.run('load database', async (line) => {
    said.push(...(await importer.run('database', wishes(options), line, database)));
    line.update(basename(database));
  });
  await progress.run('exchange', async (line) => {
    said.push(...(await importer.run('finish', uploads === undefined ? [] : ['--content'], line)));
    line.update('readers see the imported site');
  });
  // The start of a pod brings the database to the version of WordPress that is here.
  await progress.run('restart', async () => {
    const restart = ['-n', place.namespace, 'rollout', 'restart', `deployment/${place.deployment.metadata.name}`];
    await session.shell.output(...kubectl(session, ...restart), `kubectl ${restart.join(' ')}`);
  });
  await progress.each('wait for workloads', rollouts(session, [place.deployment], options.timeout), 1);
  process.stdout.write(`\n${summary(said, await foundAt(session, place))}\n`);
}

/** Runs the image's program in a pod of the site. */
class Importer {
  constructor(
    private readonly session: Session,
    private readonly place: Place,
    private readonly id: string,
  ) {}

  /** What a command has to say to the user, a fact a line. */
  async run(command: string, args: readonly string[], line: Line, source?: string): Promise<string[]> {
    const { session, place } = this;
    const exec = ['-n', place.namespace, 'exec', '-i', place.pod, '-c', 'wordpress', '--'];
    const program = ['wordpress-import', `--run=${this.id}`, ...args, command];
    const onBytes = (bytes: number) => {
      if (bytes >> 24 !== (bytes - 1) >> 24) {
        line.update(`${bytes >> 20} MB`);
      }
    };
    const outcome = await session.shell.run(...kubectl(session, ...exec, ...program), {
      onLine: (text) => LOG.test(text) && !NEXT.test(text) && line.update(messageOf(text)),
      ...(source !== undefined && {
        feed: (stdin) => feed(source, stdin, onBytes),
      }),
    });
    if (outcome.ok) {
      return outcome.stdout.split('\n').filter((text) => text !== '');
    }
    const { again } = session;
    const errors = outcome.lines.filter((text) => text.includes(' error wordpress-import: '));
    const cause = messageOf(lastLine(errors.length > 0 ? errors : outcome.lines));
    if (outcome.exitCode === NOT_EMPTY) {
      throw new Failure({
        cause: `${cause}; an import replaces all of it`,
        next: `if you mean it: ${session.invocation.with('--replace')}`,
        exitCode: EXIT_USAGE,
      });
    }
    const remedy = outcome.lines.find((text) => NEXT.test(text))?.replace(NEXT, '');
    const next = remedy === undefined ? again : `${remedy}, then run: ${again}`;
    throw failureOf(outcome.lines, { cause, next }, again);
  }
}

async function placeOf(session: Session, { site, namespace }: ImportOptions): Promise<Place> {
  const where = namespace === undefined ? ['--all-namespaces'] : ['-n', namespace];
  const { items } = await kubectlJson<List<Workload>>(session, ...where, 'get', 'deployments.apps', '-l', WORDPRESS);
  const found = items.filter((item) => instanceOf(item) === site);
  const [deployment] = found;
  if (!deployment) {
    const known = items.map((item) => `${instanceOf(item)} in ${item.metadata.namespace}`);
    throw new Failure({
      cause: `there is no WordPress '${site}'${namespace === undefined ? '' : ` in namespace ${namespace}`}`,
      next: known.length > 0 ? `use one of: ${known.join(', ')}` : "run 'cdk8s-services up' first",
      exitCode: EXIT_USAGE,
    });
  }
  if (found.length > 1) {
    throw new Failure({
      cause: `there are several WordPress '${site}'`,
      next: `say which with --namespace: ${found.map(({ metadata }) => metadata.namespace).join(', ')}`,
      exitCode: EXIT_USAGE,
    });
  }
  const at = deployment.metadata.namespace ?? 'default';
  const selector = Object.entries(deployment.spec.selector.matchLabels ?? {}).map(
    ([name, value]) => `${name}=${value}`,
  );
  const pods = await kubectlJson<List<Pod>>(session, '-n', at, 'get', 'pods', '-l', selector.join(','));
  const ready = pods.items.find(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  if (!ready) {
    throw new Failure({
      cause: `no pod of '${site}' is ready`,
      next: `kubectl --context ${session.profile} -n ${at} get pods, then run: ${session.again}`,
    });
  }
  return { deployment, namespace: at, pod: ready.metadata.name };
}

function wishes({ oldUrl, newUrl, prefix, oldDatabase, takeNewer }: ImportOptions): string[] {
  return [
    ...oldUrl.map((url) => `--old-url=${url}`),
    ...(newUrl === undefined ? [] : [`--new-url=${newUrl}`]),
    ...(prefix === undefined ? [] : [`--prefix=${prefix}`]),
    ...(oldDatabase === undefined ? [] : [`--old-database=${oldDatabase}`]),
    ...(takeNewer ? ['--take-newer'] : []),
  ];
}

/** The name of a folder, which an archive of what is in it does not have. */
function folderOf(path: string): string[] {
  return statSync(path).isDirectory() ? [`--folder=${basename(resolve(path))}`] : [];
}

async function foundAt(session: Session, { namespace, deployment }: Place): Promise<string[]> {
  const label = `app.kubernetes.io/instance=${instanceOf(deployment)}`;
  const { items } = await kubectlJson<List<Service>>(session, '-n', namespace, 'get', 'services', '-l', label);
  return addressesOf(items, '<node>').flatMap(({ url }) => url ?? []);
}

function summary(said: readonly string[], urls: readonly string[]): string {
  return [...said, ...(urls.length > 0 ? [`the site is at ${urls.join(' and ')}`] : [])].join('\n');
}

/** A line of the program's log without time, level and name. */
function messageOf(line: string): string {
  return line.replace(LOG, '');
}
