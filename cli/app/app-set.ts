import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isKind, isOfCluster } from '../../constructs/manifest/kinds';
import { apiOf } from '../cluster/api';
import { unless } from '../cluster/api-error';
import type { KubernetesObject } from '../cluster/object';
import { kubectl, type Session } from '../machine/session';
import type { Project } from './project';

// Labels of the ApplySet specification: https://kubernetes.io/docs/reference/labels-annotations-taints
export const SET_ID = 'applyset.kubernetes.io/id';
export const PART_OF_SET = 'applyset.kubernetes.io/part-of';

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
    objects.find((object) => isKind(object, 'Namespace'))?.metadata.name ??
    objects.find(({ metadata }) => metadata.namespace !== undefined)?.metadata.namespace;
  const context = bare || first === undefined ? await contextNamespace(session) : first;
  return setNamed(nameOf(project), first ?? context, context);
}

/** The sets that the cluster has of a project, in one namespace or in all: for an app that does not synthesize. */
export async function findSets(session: Session, project: Project, namespace?: string): Promise<AppSet[]> {
  const name = nameOf(project);
  const context = await contextNamespace(session);
  const selection = { labels: SET_ID, fields: `metadata.name=${parentOf(name)}` };
  const find = (namespace?: string) => apiOf(session).list('v1/configmaps', { ...selection, namespace });
  const all = find(namespace);
  // who may not look everywhere may look where he works
  const found = namespace === undefined ? await unless(403, all) : await all;
  const own = found ?? (await find(context));
  if (!found && own.length === 0) {
    await all;
  }
  return own.map(({ metadata }) => setNamed(name, metadata.namespace ?? '', context));
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
