import { isKind } from '../../constructs/manifest/kinds';
import type { AppSet } from '../app/app-set';
import type { Service } from '../cluster/object';
import { findSet } from '../inventory/find';
import type { Live } from '../inventory/live';
import { listRevisions, type Revision, readRevision } from '../inventory/revisions';
import type { Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { type Address, addressesOf } from '../services/addresses';
import { probe } from '../services/probe';
import { serviceOf } from '../services/services';
import type { Probed } from '../services/summary';
import { EXIT_FAILURE, EXIT_USAGE, Failure } from '../terminal/failure';
import { type Drift, findDrift } from './drift';
import { healthOf } from './health';
import { readApp, type Seen } from './read';
import { isHealthy, jsonOf, type Row, reportOf, type Status } from './report';
import { restartsOf } from './restarts';
import { volumesOf } from './volumes';
import { podsOf, type Runner, runnersIn, templateOf, versionOf } from './workloads';

export interface StatusOptions {
  /** All of them unless given. */
  readonly service?: string;
  readonly namespace?: string;
  /** Ask the addresses whether they answer. */
  readonly probe: boolean;
  readonly output?: 'json';
}

/** Says how what was deployed from this folder is. The exit code is 1 where a workload is not as it should be. */
export async function status(session: Session, options: StatusOptions): Promise<number> {
  checkTools(session.again, ['kubectl']);
  const set = await findSet(session, options.namespace);
  const found = await statusOf(session, set, options);
  const report = options.output === 'json' ? JSON.stringify(jsonOf(found), undefined, 2) : reportOf(session, found);
  process.stdout.write(`${report}\n`);
  return isHealthy(found) ? 0 : EXIT_FAILURE;
}

async function statusOf(session: Session, set: AppSet, options: StatusOptions): Promise<Status> {
  const { service } = options;
  const [app, [revision]] = await Promise.all([readApp(session, set), listRevisions(session, set)]);
  const seen = service === undefined ? app : only(app, service);
  const [rows, drift] = await Promise.all([
    rowsOf(session, seen, options.probe),
    revision ? driftFrom(session, set, revision, app.live) : [],
  ]);
  return {
    ...set,
    revision,
    rows,
    drift: drift instanceof Failure ? drift : drift.filter((one) => service === undefined || one.service === service),
    volumes: volumesOf(seen.claims, seen.members),
  };
}

/** The same, of one service. */
function only(seen: Seen, service: string): Seen {
  const members = seen.members.filter((object) => serviceOf(object) === service);
  if (runnersIn(members).length === 0) {
    const names = new Set(runnersIn(seen.members).map(serviceOf));
    throw new Failure({
      cause: `'${service}' is no service of this app`,
      next: `use one of: ${[...names].sort().join(', ')}`,
      exitCode: EXIT_USAGE,
    });
  }
  return { ...seen, members };
}

/** In the order of the services' names. */
async function rowsOf(session: Session, { members, node, ...around }: Seen, asked: boolean): Promise<Row[]> {
  const runners = runnersIn(members);
  const services = members.filter((object) => isKind(object, 'Service')) as Service[];
  const [addresses, healths] = await Promise.all([
    addressesFor(session, services, node, asked),
    Promise.all(runners.map((runner) => healthOf(session, runner, around))),
  ]);
  return runners
    .flatMap((runner, index): Row[] => {
      const health = healths[index];
      const { name, namespace = 'default', creationTimestamp = '' } = runner.metadata;
      return health
        ? [
            {
              service: serviceOf(runner),
              kind: runner.kind,
              name,
              namespace,
              health,
              created: creationTimestamp,
              version: versionOf(runner),
              restarts: restartsOf(podsOf(runner, around.pods)),
              addresses: services.flatMap((service, index) =>
                servedBy(service, runners) === runner ? (addresses[index] ?? []) : [],
              ),
            },
          ]
        : [];
    })
    .sort((a, b) => placeOf(a).localeCompare(placeOf(b)));
}

/** The workload whose pods a Service leads to; of several, the first. */
function servedBy({ metadata, spec }: Service, runners: readonly Runner[]): Runner | undefined {
  const selector = Object.entries(spec?.selector ?? {});
  return runners.find((runner) => {
    const labels = templateOf(runner).metadata?.labels ?? {};
    return (
      runner.metadata.namespace === metadata.namespace &&
      selector.length > 0 &&
      selector.every(([label, value]) => labels[label] === value)
    );
  });
}

function placeOf({ namespace, service }: Row): string {
  return `${namespace}/${service}`;
}

/** The addresses of each Service, and what they answer. */
async function addressesFor(
  session: Session,
  services: readonly Service[],
  node: string,
  asked: boolean,
): Promise<Probed[][]> {
  const ask = async (address: Address): Promise<Probed> =>
    address.url && asked && !address.url.includes('<')
      ? { ...address, answer: await probe(address.url, node, 0) }
      : address;
  return session.shell.until(
    Promise.all(services.map((service) => Promise.all(addressesOf([service], node).map(ask)))),
  );
}

/** Why the drift is not known is told, and keeps nobody from reading the rest. */
async function driftFrom(
  session: Session,
  set: AppSet,
  revision: Revision,
  live: Live,
): Promise<readonly Drift[] | Failure> {
  try {
    return await findDrift(session, set, await readRevision(session, set, revision), live);
  } catch (error) {
    if (error instanceof Failure) {
      return error;
    }
    throw error;
  }
}
