// cli/services/: an app's services, by their instance label: their URLs, whether these answer, and the CronJobs that
// back them up.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKind, type Kind, kindOf } from '../../constructs/manifest/kinds';
import { contextNamespace } from '../app/app-set';
import { opened, parseManifest } from '../app/manifest';
import { readProject } from '../app/project';
import { isApplied } from '../cluster/managed-fields';
import { instanceOf, type KubernetesObject, type List, type Pod } from '../cluster/object';
import { commandOf, kubectlJson, type Session } from '../machine/session';
import { EXIT_USAGE, Failure } from '../terminal/failure';

/** What makes pods. */
const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'] as const;
const LISTED = 'deployments.apps,statefulsets.apps,daemonsets.apps,cronjobs.batch';

/** A service in its namespace. */
export interface Place {
  readonly service: string;
  readonly namespace: string;
}

export interface Wanted {
  /** All of them unless given. */
  readonly services?: readonly string[];
  readonly namespace?: string;
}

/** The service that an object belongs to: in an app without our labels that is the workload. */
export function serviceOf(object: KubernetesObject): string {
  return instanceOf(object) ?? workloadOf(object);
}

/** The services that are meant. */
export async function findServices(session: Session, { services = [], namespace }: Wanted): Promise<Place[]> {
  const all = await knownServices(session, namespace);
  const unknown = services.find((name) => all.every(({ service }) => service !== name));
  if (unknown === undefined && all.length > 0) {
    return all.filter(({ service }) => services.length === 0 || services.includes(service));
  }
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const names = [...new Set(all.map(({ service }) => service))].sort();
  throw new Failure({
    cause: unknown === undefined ? `there is no service${where}` : `'${unknown}' is no service${where}`,
    next: names.length > 0 ? `use one of: ${names.join(', ')}` : commandOf(session, 'up'),
    exitCode: EXIT_USAGE,
  });
}

/** Those of the namespace that is named, else of what the app has synthesized, else of all that `up` has applied. */
export async function knownServices(session: Session, namespace: string | undefined): Promise<Place[]> {
  if (namespace !== undefined) {
    const args = ['-n', namespace, 'get', `${LISTED},pods`];
    return placesOf((await kubectlJson<List<KubernetesObject>>(session, ...args)).items, namespace);
  }
  const written = synthesized(session.folder, KINDS);
  if (written.length > 0) {
    const bare = written.some(({ metadata }) => metadata.namespace === undefined);
    return placesOf(written, bare ? await contextNamespace(session) : '');
  }
  const args = ['get', LISTED, '--all-namespaces', '--show-managed-fields'];
  const { items } = await kubectlJson<List<KubernetesObject>>(session, ...args);
  return placesOf(items.filter(isApplied), '');
}

/** The objects of some kinds in an app's output folder, as its last synthesis left it. */
export function synthesized(folder: string, kinds: readonly Kind[]): KubernetesObject[] {
  if (!existsSync(join(folder, 'cdk8s.yaml'))) {
    return [];
  }
  const { output } = readProject(folder);
  const files = existsSync(output) ? readdirSync(output).filter((file) => /\.ya?ml$/.test(file)) : [];
  return files.flatMap((file) => objectsIn(readFileSync(join(output, file), 'utf8'), kinds));
}

/** Documents of other kinds are not parsed: that would take most of a second. */
function objectsIn(text: string, kinds: readonly Kind[]): KubernetesObject[] {
  const documents = text.split(/^---$/m).filter((document) => {
    const [, kind] = /^kind: *["']?(\w+)/m.exec(document) ?? [];
    return kind === undefined || kind.endsWith('List') || kinds.some((one) => one === kind);
  });
  return documents
    .flatMap(parseManifest)
    .flatMap(opened)
    .filter((object) => isTyped(object) && isKind(object, ...kinds));
}

/** Whatever else may lie in that folder. */
function isTyped({ apiVersion, kind }: Partial<KubernetesObject>): boolean {
  return typeof apiVersion === 'string' && typeof kind === 'string';
}

function placesOf(objects: readonly KubernetesObject[], fallback: string): Place[] {
  const places = objects.map((object) => ({
    service: serviceOf(object),
    namespace: object.metadata.namespace ?? fallback,
  }));
  return [...new Map(places.map((place) => [`${place.namespace}/${place.service}`, place])).values()];
}

/** The workload that made a pod, by the names that Kubernetes gives: `<name>-<hash>` and `<name>-<time>`. */
function workloadOf({ metadata }: KubernetesObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const hash = metadata.labels?.['pod-template-hash'];
  if (!owner) {
    return metadata.name;
  }
  switch (kindOf(owner)) {
    case 'ReplicaSet':
      return hash === undefined ? owner.name : owner.name.replace(new RegExp(`-${hash}$`), '');
    case 'Job':
      return owner.name.replace(/-\d{8,}$/, '');
    default:
      return owner.name;
  }
}

export function isPodOf(pod: Pod, places: readonly Place[]): boolean {
  const service = serviceOf(pod);
  return places.some((place) => place.service === service && place.namespace === pod.metadata.namespace);
}
