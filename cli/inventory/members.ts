import { isKind, kindOf, type Typed } from '../../constructs/manifest/kinds';
import { type AppSet, PART_OF_SET } from '../app/app-set';
import { listOf } from '../cluster/apply';
import { type KubernetesObject, keyOf, type List } from '../cluster/object';
import { kubectl, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import { type Parent, placesOf, readParent } from './parent';

export interface Members {
  /** Undefined where the app was never applied, or by a version that kept no inventory. */
  readonly parent?: Parent;
  /** As they are in the cluster. */
  readonly members: readonly KubernetesObject[];
  /** Kinds of which there may be more, as not all of them may be listed. */
  readonly hidden: readonly string[];
}

interface Listed {
  readonly items: readonly KubernetesObject[];
  /** Whether some kinds may not be listed. */
  readonly partial: boolean;
}

/** The objects with the label of the set's members. */
export function asMembers(objects: readonly KubernetesObject[], { id }: AppSet): KubernetesObject[] {
  return objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, [PART_OF_SET]: id } },
  }));
}

/** Makes members of objects that are there. */
export async function keepMembers(
  session: Session,
  { id }: AppSet,
  objects: readonly KubernetesObject[],
): Promise<void> {
  const others = objects.filter(({ metadata }) => metadata.labels?.[PART_OF_SET] !== id);
  if (others.length > 0) {
    const args = kubectl(session, 'label', '--overwrite', '-f', '-', `${PART_OF_SET}=${id}`);
    await session.shell.output(...args, session.again, { input: listOf(others) });
  }
}

/** The parent and all members of a set, as they are in the cluster. */
export async function readMembers(session: Session, set: AppSet): Promise<Members> {
  const parent = await readParent(session, set);
  if (!parent) {
    return { members: [], hidden: [] };
  }
  const { kinds, namespaces } = placesOf(parent);
  const scopes = namespaces ? namespaces.map((name) => ['-n', name]) : [['--all-namespaces']];
  const lists = await Promise.all(scopes.map((scope) => listMembers(session, set, kinds, scope)));
  const members = new Map(lists.flatMap(({ items }) => items).map((object) => [keyOf(object, ''), object]));
  return {
    parent,
    members: [...members.values()].filter((object) => !isCopy(object, members)),
    hidden: lists.some(({ partial }) => partial) ? kinds : [],
  };
}

/** Controllers hand the labels of an object on to what they make of it: that is theirs. */
export function isCopy(object: KubernetesObject, members: ReadonlyMap<string, KubernetesObject>): boolean {
  const { metadata } = object;
  const controlled = metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
  return controlled || (isKind(object, 'Endpoints') && members.has(keyOf({ ...object, kind: 'Service' }, '')));
}

/** Whether an object of the cluster belongs to another set than this. */
export function ownerOtherThan({ id }: AppSet, { metadata }: KubernetesObject): string | undefined {
  const owner = metadata.labels?.[PART_OF_SET];
  return owner === id ? undefined : owner;
}

/** A kind that the cluster does not know any more has no members. Kinds of no namespace are not everybody's to list. */
async function listMembers(
  session: Session,
  set: AppSet,
  kinds: readonly string[],
  scope: readonly string[],
): Promise<Listed> {
  if (kinds.length === 0) {
    return { items: [], partial: false };
  }
  const args = [
    ...scope,
    'get',
    kinds.join(','),
    '-l',
    `${PART_OF_SET}=${set.id}`,
    '--show-managed-fields',
    '-o',
    'json',
  ];
  const { ok, stdout, stderr, lines } = await session.shell.run(...kubectl(session, ...args));
  const errors = stderr.split('\n').filter((text) => /^error|^Error/.test(text));
  const [, unknown] = /doesn't have a resource type "([^"]+)"/.exec(errors.join('\n')) ?? [];
  const known = withoutUnknown(kinds, unknown);
  if (known.length < kinds.length) {
    return listMembers(session, set, known, scope);
  }
  const denied = errors.filter((text) => scope[0] === '-n' && /\(Forbidden\).* at the cluster scope$/.test(text));
  const gone = errors.filter((text) => /\(NotFound\)/.test(text));
  if (!ok && !(stdout !== '' && errors.length > 0 && denied.length + gone.length === errors.length)) {
    throw new Failure({
      cause: `the cluster does not list what '${set.name}' consists of`,
      details: lines.slice(-5),
      next: `kubectl --context ${session.profile} auth can-i --list -n ${set.namespace}`,
    });
  }
  return { items: (JSON.parse(stdout) as List<KubernetesObject>).items, partial: denied.length > 0 };
}

/** kubectl says the name of a kind that the API does not know, and not its group: Kubernetes' own of that name it knows. */
function withoutUnknown(kinds: readonly string[], unknown: string | undefined): readonly string[] {
  const named = kinds.filter((kind) => kind.split('.')[0] === unknown);
  const custom = named.filter((kind) => kindOf(typedOf(kind)) === undefined);
  const gone = custom.length > 0 ? custom : named;
  return kinds.filter((kind) => !gone.includes(kind));
}

/** What `groupKindOf` names, in whatever version. */
function typedOf(groupKind: string): Typed {
  const [kind = '', ...group] = groupKind.split('.');
  return { apiVersion: group.length > 0 ? `${group.join('.')}/v1` : 'v1', kind };
}
