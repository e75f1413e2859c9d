import type { Argument, Option } from 'commander';
import type { List, Pod } from '../cluster/object';
import { findSet } from '../inventory/find';
import { listRevisions } from '../inventory/revisions';
import { kubectl, kubectlJson, type Session } from '../machine/session';
import { findBackups } from '../services/backups';
import { isPodOf, knownServices, synthesized } from '../services/services';
import { type Candidate, FILES, type Typed } from './candidates';

/** Options whose values are files or folders. */
const PATHS = ['database', 'uploads', 'digests', 'file'];

type Lookup = (session: Session, typed: Typed) => Promise<readonly Candidate[]>;

/** What is asked of the machine or of the cluster, by the name of an argument or an option. */
const LOOKUPS: { readonly [name: string]: Lookup | undefined } = {
  profile: async (session) => named(await linesOf(session, 'config', 'get-contexts', '-o', 'name')),
  namespace: async (session) => {
    const names = await linesOf(session, 'get', 'namespaces', '-o', 'name');
    return named(names.map((name) => name.replace(/^namespace\//, '')));
  },
  service: servicesOf,
  site: servicesOf,
  without: servicesOf,
  container: containersOf,
  secret: async ({ folder }) => named(['all', ...synthesized(folder, ['Secret']).map(({ metadata }) => metadata.name)]),
  check: async () => {
    const { GROUPS } = await import('../doctor/checks');
    const names = GROUPS.flatMap(({ name, checks }) => [name, ...checks.map((check) => check.name)]);
    return named(names.filter((name) => !name.includes(' ')));
  },
  revision: async (session, { options }) => {
    const revisions = await listRevisions(session, await findSet(session, options.get('namespace')));
    return revisions.map(({ number, when, command }) => ({ value: `${number}`, description: `${command}, ${when}` }));
  },
};

/** What is known here or in the cluster. Where that cannot be had, it is nothing. */
export async function valuesOf(
  session: Session,
  of: Argument | Option,
  typed: Typed,
): Promise<readonly Candidate[] | typeof FILES> {
  const name = 'attributeName' in of ? of.attributeName() : of.name();
  if (of.argChoices) {
    return named(of.argChoices);
  }
  if (PATHS.includes(name)) {
    return FILES;
  }
  const chosen = { ...session, profile: typed.options.get('profile') ?? session.profile };
  try {
    const found = (await LOOKUPS[name]?.(chosen, typed)) ?? [];
    return found.filter(({ value }) => !typed.operands.includes(value));
  } catch {
    return [];
  }
}

async function servicesOf(session: Session, { command, options }: Typed): Promise<readonly Candidate[]> {
  const namespace = options.get('namespace');
  if (command.name() === 'backups' || command.name() === 'restore') {
    return named((await findBackups(session, { namespace })).map(({ service }) => service));
  }
  return named((await knownServices(session, namespace)).map(({ service }) => service));
}

async function containersOf(session: Session, { operands, options }: Typed): Promise<readonly Candidate[]> {
  const known = await knownServices(session, options.get('namespace'));
  const places = known.filter(({ service }) => operands.length === 0 || operands.includes(service));
  const namespaces = [...new Set(places.map(({ namespace }) => namespace))];
  const lists = await Promise.all(
    namespaces.map((namespace) => kubectlJson<List<Pod>>(session, '-n', namespace, 'get', 'pods')),
  );
  const pods = lists.flatMap(({ items }) => items).filter((pod) => isPodOf(pod, places));
  return named(pods.flatMap(({ spec }) => spec?.containers.map(({ name }) => name) ?? []));
}

async function linesOf(session: Session, ...args: readonly string[]): Promise<string[]> {
  return (await session.shell.output(...kubectl(session, ...args), '')).split('\n').filter((line) => line !== '');
}

function named(names: readonly string[]): Candidate[] {
  return [...new Set(names)].sort().map((value) => ({ value }));
}
