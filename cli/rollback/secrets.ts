import { isKind } from '../../constructs/manifest/kinds';
import { apiOf } from '../cluster/api';
import type { KubernetesObject } from '../cluster/object';
import { isOutline } from '../inventory/record';
import { commandOf, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';

interface Secret extends KubernetesObject {
  readonly data?: { readonly [key: string]: string };
}

/** The kinds whose references to Secrets are known. */
const RUN = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod', 'Job', 'CronJob'] as const;

/** A Secret that something cannot do without. */
interface Need {
  readonly name: string;
  readonly namespace: string;
  readonly keys: readonly string[];
}

/** Refuses objects whose Secrets are gone: nobody knows their values any more. */
export async function checkSecrets(
  session: Session,
  objects: readonly KubernetesObject[],
  fallback: string,
): Promise<void> {
  const needs = objects.flatMap((object) => needsOf(object, object.metadata.namespace ?? fallback));
  const namespaces = [...new Set(needs.map(({ namespace }) => namespace))];
  const api = apiOf(session);
  const lists = await Promise.all(namespaces.map((namespace) => api.list<Secret>('v1/secrets', { namespace })));
  const live = lists.flat();
  const missing = needs.filter((need) => !isMade(need, objects) && !isMet(need, live));
  const [first] = missing;
  if (first) {
    const { name, namespace, keys } = first;
    const from = keys.map((key) => ` --from-file=${key}`).join('');
    const create = `kubectl --context ${session.profile} -n ${namespace} create secret generic ${name}${from}`;
    throw new Failure({
      cause: `this revision needs Secret ${name}, which is gone or lacks a key; values of Secrets are not kept`,
      details: [
        ...new Map(missing.reverse().map((need) => [`${need.namespace}/${need.name}`, titleOf(need)])).values(),
      ],
      next:
        `bring it back: ${commandOf(session, 'up')}, if the app still has it, or ${create}, ` +
        `then run: ${session.again}`,
    });
  }
}

/** What an object says that it needs: the Secrets that it is, and those that its pods mount. */
function needsOf(object: KubernetesObject, namespace: string): Need[] {
  if (isOutline(object)) {
    return [{ name: object.metadata.name, namespace, keys: object.keys }];
  }
  const { spec } = object as { readonly spec?: unknown };
  return isKind(object, ...RUN) ? referencesIn(spec).map((need) => ({ ...need, namespace })) : [];
}

interface Fields {
  readonly [field: string]: unknown;
}

/** The references of pods to Secrets: of volumes, variables and registries. */
function referencesIn(value: unknown): Omit<Need, 'namespace'>[] {
  if (Array.isArray(value)) {
    return value.flatMap(referencesIn);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value as Fields).flatMap(([field, content]) => [
    ...(/^(secret|secretRef|secretKeyRef)$/.test(field) ? needOf(content as Fields) : []),
    ...referencesIn(content),
  ]);
}

function needOf({ secretName, name = secretName, optional, key, items = [] }: Fields): Omit<Need, 'namespace'>[] {
  if (typeof name !== 'string' || optional === true) {
    return [];
  }
  const keys = [...(key === undefined ? [] : [key]), ...(items as readonly Fields[]).map((item) => item.key)];
  return [{ name, keys: keys as string[] }];
}

function isMet({ name, namespace, keys }: Need, live: readonly Secret[]): boolean {
  const secret = live.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  return secret !== undefined && keys.every((key) => key in (secret.data ?? {}));
}

/** What a controller makes Secrets from: cert-manager's, External Secrets' and Sealed Secrets'. */
interface Source extends KubernetesObject {
  readonly spec?: { readonly secretName?: string; readonly target?: { readonly name?: string } };
}

function isMade({ name }: Need, objects: readonly KubernetesObject[]): boolean {
  const sources = objects.filter((object) =>
    isKind(object, 'Certificate', 'ExternalSecret', 'SealedSecret'),
  ) as Source[];
  return sources.some(({ metadata, spec }) => (spec?.secretName ?? spec?.target?.name ?? metadata.name) === name);
}

function titleOf({ name, namespace, keys }: Need): string {
  return `Secret ${name} in ${namespace}${keys.length > 0 ? `: ${keys.join(', ')}` : ''}`;
}
