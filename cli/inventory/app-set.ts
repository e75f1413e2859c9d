import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { version } from '../../package.json';
import { Failure } from '../failure';
import { groupKindOf, type KubernetesObject, keyOf, type List } from '../kubernetes';
import type { Project } from '../project';
import { isForbidden, kubectl, kubectlJson, type Session } from '../session';
import { applied, listOf } from '../steps/apply';
import { isNamespaced, isOfCluster } from '../steps/kinds';

// The labels and annotations of the ApplySet specification: https://kubernetes.io/docs/reference/labels-annotations-taints
export const SET_ID = 'applyset.kubernetes.io/id';
export const PART_OF_SET = 'applyset.kubernetes.io/part-of';
const TOOLING = 'applyset.kubernetes.io/tooling';
const KINDS = 'applyset.kubernetes.io/contains-group-kinds';
const NAMESPACES = 'applyset.kubernetes.io/additional-namespaces';
const TOOL = 'cdk8s-services';

/** From so many namespaces on, one list of all namespaces costs less than one list for each. */
const FEW_NAMESPACES = 4;

/** An app in the cluster: what `up` applied for it, whichever namespaces that is in. */
export interface AppSet {
  readonly name: string;
  /** Where its parent is. */
  readonly namespace: string;
  /** The value of the label that its members carry. */
  readonly id: string;
  /** The name of the ConfigMap that stands for it. */
  readonly parent: string;
  /** Where an object of it goes that names no namespace. */
  readonly fallback: string;
}

export interface Parent extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & { readonly annotations: { readonly [name: string]: string } };
}

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

/**
 * The set of a project's app. Its namespace is that of the first Namespace object, else that of the first object,
 * else the context's.
 */
export async function appSetOf(
  session: Session,
  project: Project,
  objects: readonly KubernetesObject[],
): Promise<AppSet> {
  const bare = objects.some((object) => object.metadata.namespace === undefined && !isOfCluster(object));
  const first =
    objects.find(({ kind }) => kind === 'Namespace')?.metadata.name ??
    objects.find(({ metadata }) => metadata.namespace !== undefined)?.metadata.namespace;
  const context = bare || first === undefined ? await contextNamespace(session) : first;
  return setNamed(nameOf(project), first ?? context, context);
}

/** The sets that the cluster has of a project, in one namespace or in all: for an app that does not synthesize. */
export async function findSets(session: Session, project: Project, namespace?: string): Promise<AppSet[]> {
  const name = nameOf(project);
  const context = await contextNamespace(session);
  const find = async (...where: readonly string[]) => {
    const { items } = await kubectlJson<List<Parent>>(session, 'get', 'configmaps', ...where, '-l', SET_ID);
    return items.filter(({ metadata }) => metadata.name === parentOf(name));
  };
  const found = await (namespace === undefined ? find('--all-namespaces') : find('-n', namespace)).catch(
    async (error) => {
      // who may not look everywhere may look where he works
      const own = namespace === undefined && isForbidden(error) ? await find('-n', context) : [];
      if (own.length === 0) {
        throw error;
      }
      return own;
    },
  );
  return found.map(({ metadata }) => setNamed(name, metadata.namespace ?? '', context));
}

function setNamed(name: string, namespace: string, fallback: string): AppSet {
  const parent = parentOf(name);
  // an empty API group ends it: a ConfigMap is of the core's
  const hash = createHash('sha256').update(`${parent}.${namespace}.ConfigMap.`).digest('base64url');
  return { name, namespace, id: `applyset-${hash}-v1`, parent, fallback };
}

/** The name of the parent of a project's set. */
export function parentNameOf(project: Project): string {
  return parentOf(nameOf(project));
}

function parentOf(name: string): string {
  return `cdk8s-services.${name}`;
}

/** The package's name without its scope, or the folder's, as a name that Kubernetes accepts. */
function nameOf({ folder }: Project): string {
  const path = join(folder, 'package.json');
  const { name = '' } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const last = basename(typeof name === 'string' && name !== '' ? name : folder);
  const clean = last.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
  return clean.slice(0, 40).replace(/^-+|-+$/g, '') || 'app';
}

/** The namespace of the context, where objects go that name none. */
export async function contextNamespace(session: Session): Promise<string> {
  const args = ['config', 'view', '--minify', '-o', 'jsonpath={..namespace}'];
  const said = await session.shell.output(...kubectl(session, ...args), 'kubectl config view');
  return said.trim() || 'default';
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

/** Deletes the parent of a set that has no members any more. */
export async function forgetSet(session: Session, { parent, namespace }: AppSet): Promise<void> {
  const args = kubectl(session, '-n', namespace, 'delete', 'configmap', parent, '--ignore-not-found');
  await session.shell.output(...args, session.again);
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

/** Which kinds the members of a set have, and in which namespaces they are; undefined where that is to be all of them. */
export function placesOf({ metadata: { namespace = '', annotations } }: Parent): {
  readonly kinds: readonly string[];
  readonly namespaces?: readonly string[];
} {
  const namespaces = [...new Set([namespace, ...split(annotations[NAMESPACES])])];
  return { kinds: split(annotations[KINDS]), namespaces: namespaces.length <= FEW_NAMESPACES ? namespaces : undefined };
}

/** Controllers hand the labels of an object on to what they make of it: that is theirs. */
export function isCopy(object: KubernetesObject, members: ReadonlyMap<string, KubernetesObject>): boolean {
  const { kind, metadata } = object;
  const controlled = metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
  return controlled || (kind === 'Endpoints' && members.has(keyOf({ ...object, kind: 'Service' }, '')));
}

/** Whether an object of the cluster belongs to another set than this. */
export function ownerOtherThan({ id }: AppSet, { metadata }: KubernetesObject): string | undefined {
  const owner = metadata.labels?.[PART_OF_SET];
  return owner === id ? undefined : owner;
}

async function readParent(session: Session, set: AppSet): Promise<Parent | undefined> {
  const { parent, namespace } = set;
  const args = ['-n', namespace, 'get', 'configmap', parent, '--ignore-not-found', '-o', 'json'];
  const where = `kubectl --context ${session.profile} -n ${namespace} get configmap ${parent}`;
  const said = await session.shell.output(...kubectl(session, ...args), where);
  if (said.trim() === '') {
    return undefined;
  }
  return checkedParent(session, set, JSON.parse(said));
}

/** The ConfigMap that has the name of a set's parent, if it is that. */
export function checkedParent(session: Session, { parent, namespace, id }: AppSet, found: KubernetesObject): Parent {
  const where = `kubectl --context ${session.profile} -n ${namespace} get configmap ${parent}`;
  const { labels = {}, annotations = {} } = found.metadata;
  if (annotations[TOOLING]?.split('/')[0] !== TOOL || labels[SET_ID] !== id) {
    throw new Failure({
      cause: `ConfigMap ${parent} in namespace ${namespace} is no inventory of ours: ${TOOLING} is '${annotations[TOOLING] ?? ''}'`,
      next: `${where} -o yaml, and where nobody needs it delete it`,
    });
  }
  return { ...found, metadata: { ...found.metadata, annotations } };
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
  const known = kinds.filter((kind) => kind.split('.')[0] !== unknown);
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

/**
 * Writes the parent of a set that has these members. Before they are applied that is done with those of before too, so
 * that whenever a run ends, the next one finds them all.
 */
export async function declare(
  session: Session,
  set: AppSet,
  objects: readonly KubernetesObject[],
  { before, hidden }: { readonly before?: Parent; readonly hidden?: readonly string[] } = {},
): Promise<Parent> {
  const parent = parentWith(set, objects, hidden);
  if (before && isSame(parent, before)) {
    return before;
  }
  await applied(session, [parent]);
  return parent;
}

/** Whether a parent is that of a set which has these members. */
export function isDeclared(set: AppSet, objects: readonly KubernetesObject[], parent: Parent): boolean {
  return isSame(parent, parentWith(set, objects));
}

function isSame(a: Parent, b: Parent): boolean {
  return [TOOLING, KINDS, NAMESPACES].every(
    (name) => (a.metadata.annotations[name] ?? '') === (b.metadata.annotations[name] ?? ''),
  );
}

/** What makes a set of these objects findable. */
export function parentWith(set: AppSet, objects: readonly KubernetesObject[], hidden: readonly string[] = []): Parent {
  const kinds = [...new Set([...hidden, ...objects.map(groupKindOf)])].sort();
  const namespaced = objects.filter((object) => object.metadata.namespace !== undefined || isNamespaced(object));
  const namespaces = [...new Set(namespaced.map(({ metadata }) => metadata.namespace ?? set.fallback))].sort();
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: set.parent,
      namespace: set.namespace,
      labels: { [SET_ID]: set.id },
      annotations: {
        [TOOLING]: `${TOOL}/v${version}`,
        [KINDS]: kinds.join(','),
        [NAMESPACES]: namespaces.filter((name) => name !== set.namespace).join(','),
      },
    },
  };
}

function split(text = ''): string[] {
  return text.split(',').filter((part) => part !== '');
}
