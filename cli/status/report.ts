import type { Revision } from '../inventory/revisions';
import { commandOf, type Session } from '../machine/session';
import type { Probed } from '../services/summary';
import { Failure } from '../terminal/failure';
import { table } from '../terminal/table';
import { ago, lasting } from '../terminal/words';
import { type Drift, driftLines } from './drift';
import type { Health } from './health';
import type { Restarts } from './restarts';
import type { Volume } from './volumes';

/** One workload. */
export interface Row {
  readonly service: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly health: Health;
  /** When it was made. */
  readonly created: string;
  readonly version: string;
  readonly restarts: Restarts;
  /** Of its service, where this is the first one of it. */
  readonly addresses: readonly Probed[];
}

export interface Status {
  readonly name: string;
  readonly namespace: string;
  /** What was applied last, where that is known. */
  readonly revision?: Revision;
  readonly rows: readonly Row[];
  /** Or why it is not known. */
  readonly drift: readonly Drift[] | Failure;
  readonly volumes: readonly Volume[];
}

export function isHealthy({ rows }: Status): boolean {
  return rows.every(({ health }) => health.state === 'ok');
}

/** For people. */
export function reportOf(session: Session, status: Status): string {
  const { rows, volumes } = status;
  const parts = [
    titleOf(status),
    rowTable(rows),
    ...rows.flatMap(reasonOf),
    driftOf(status, session),
    volumeTable(volumes),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** For programs. */
export function jsonOf(status: Status): object {
  const { name, namespace, revision, rows, drift, volumes } = status;
  return {
    name,
    namespace,
    revision: revision?.number,
    healthy: isHealthy(status),
    workloads: rows.map(({ health, ...row }) => ({ ...row, ...health })),
    ...(drift instanceof Failure ? { unknownDrift: drift.message } : { drift }),
    volumes,
  };
}

function titleOf({ name, namespace, revision }: Status): string {
  const applied = revision
    ? `revision ${revision.number}, applied ${ago(new Date(revision.when))} by ${revision.who} with '${revision.command}'`
    : 'nothing is kept of what was applied';
  return `${name} in namespace ${namespace}: ${applied}`;
}

function rowTable(rows: readonly Row[]): string {
  const several = new Set(rows.map(({ namespace }) => namespace)).size > 1;
  const lines = rows.flatMap((row, index) => {
    const { service, kind, name, namespace, health, created, version, restarts, addresses } = row;
    const before = rows[index - 1];
    const isSame = before?.service === service && before.namespace === namespace;
    const cells = [
      ...(several ? [isSame ? '' : namespace] : []),
      isSame ? '' : service,
      `${kind.toLowerCase()}/${name}`,
      health.ready ?? '-',
      health.state,
      lasting(Date.now() - Date.parse(created)),
      version,
      restartsIn(restarts),
    ];
    const [first, ...more] = addresses.map(addressCells);
    return [[...cells, ...(first ?? ['', ''])], ...more.map((address) => [...cells.map(() => ''), ...address])];
  });
  const titles = ['service', 'workload', 'ready', 'health', 'age', 'version', 'restarts', 'url', 'answers'];
  return lines.length === 0
    ? 'it has no workload'
    : table(withoutEmpty([[...(several ? ['namespace'] : []), ...titles], ...lines]));
}

/** Without the columns that have a title and nothing below it. */
function withoutEmpty(rows: readonly (readonly string[])[]): string[][] {
  return rows.map((row) => row.filter((_, column) => rows.slice(1).some((other) => other[column] !== '')));
}

function restartsIn({ count, reason, when }: Restarts): string {
  return reason === undefined || when === undefined ? `${count}` : `${count}: ${reason}, ${ago(new Date(when))}`;
}

function addressCells({ url, pending, answer }: Probed): [string, string] {
  const unasked = url === undefined ? '--  no load balancer yet' : '';
  return [url ?? pending ?? '', answer ? `${answer.ok ? 'ok' : '--'}  ${answer.text}` : unasked];
}

function reasonOf({ kind, name, health: { state, reason, remedy } }: Row): string[] {
  if (state === 'ok') {
    return [];
  }
  return [`${kind.toLowerCase()}/${name} is ${state}: ${reason}${remedy === undefined ? '' : `\n  next: ${remedy}`}`];
}

function driftOf({ drift, revision, namespace }: Status, session: Session): string {
  if (drift instanceof Failure) {
    return `whether it is as it was applied is not known: ${drift.message}`;
  }
  if (drift.length === 0 || !revision) {
    return '';
  }
  const lines = drift.flatMap((one) => driftLines(one, namespace));
  const fields = drift.flatMap(({ fields }) => fields);
  const isMore = drift.some(({ fields }) => fields.length === 0) || fields.some(({ added }) => !added);
  const back = `to have it as it was applied: ${commandOf(session, 'rollback', `${revision.number}`)}`;
  return [
    `not as revision ${revision.number} says:`,
    ...lines,
    ...(isMore ? [back] : []),
    ...(fields.some(({ added }) => added) ? ['what was added stays until somebody removes it'] : []),
  ].join('\n');
}

function volumeTable(volumes: readonly Volume[]): string {
  if (volumes.length === 0) {
    return '';
  }
  const several = new Set(volumes.map(({ namespace }) => namespace)).size > 1;
  const rows = volumes.map(({ claim, namespace, size, state, storageClass = '' }) => [
    `${several ? `${namespace}/` : ''}${claim}`,
    size,
    state.toLowerCase(),
    storageClass,
  ]);
  return table([['volume', 'size', 'state', 'class'], ...rows]);
}
