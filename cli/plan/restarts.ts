import { isKind } from '../../constructs/manifest/kinds';
import { ROLLING } from '../../constructs/manifest/pods';
import { isFields } from '../cluster/difference';
import type { KubernetesObject } from '../cluster/object';
import type { Change, FieldChange } from './change';

const TEMPLATE = 'spec.template.';
/** The annotation by which our workloads follow what they mount; one for all of it. */
const HASH = `${TEMPLATE}metadata.annotations[cdk8s-services/content-hash]`;

/** So many reasons are told by name. */
const FEW = 3;

/** The change of something that pods may mount. */
export interface Mounted {
  readonly change: Change;
  /** Whether programs notice it by themselves, as ours do with certificates. */
  readonly noticed: boolean;
}

/** What of a plan concerns the restarts of a workload's pods. */
export interface Restarts {
  readonly restarts?: readonly string[];
  readonly warnings: readonly string[];
}

/** A workload, as it would be. */
interface Workload extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly updateStrategy?: { readonly type?: string };
    readonly template?: unknown;
  };
}

export function isRolling(object: KubernetesObject): boolean {
  return isKind(object, ...ROLLING);
}

/**
 * Why a workload's pods are replaced, and what they go on without if they are not.
 *
 * @param after The workload as it would be.
 * @param fields What changes in it.
 * @param mounted Changes of what it may mount, by their `sourceKey`.
 */
export function restartsOf(
  after: KubernetesObject,
  fields: readonly FieldChange[],
  mounted: ReadonlyMap<string, Mounted>,
): Restarts {
  const { spec = {} } = after as Workload;
  if (spec.replicas === 0) {
    return { warnings: [] };
  }
  const inTemplate = fields.filter(({ path }) => path.startsWith(TEMPLATE));
  const sources = sourcesIn(spec.template)
    .map(({ kind, name }) => mounted.get(sourceKey(kind, after.metadata.namespace, name)))
    .filter((source) => source !== undefined);
  if (inTemplate.length === 0) {
    const unnoticed = sources.filter(({ change, noticed }) => change.action === 'change' && !noticed);
    return { warnings: unnoticed.map(({ change }) => stale(after, change)) };
  }
  const held = holdBack(spec);
  return held === undefined
    ? { restarts: reasonsOf(inTemplate, sources), warnings: [] }
    : { warnings: [`its pods are as they are until ${held}`] };
}

export function sourceKey(kind: string, namespace: string | undefined, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

function holdBack({ paused, updateStrategy }: NonNullable<Workload['spec']>): string | undefined {
  if (paused) {
    return 'its roll-out is resumed, as it is paused';
  }
  if (updateStrategy?.type === 'OnDelete') {
    return 'they are deleted, as its updateStrategy is OnDelete';
  }
  return undefined;
}

function stale({ kind, metadata }: KubernetesObject, change: Change): string {
  const target = `${kind.toLowerCase()}/${metadata.name}`;
  return (
    `its pods do not restart for ${change.kind} ${change.name}: ` +
    `kubectl -n ${metadata.namespace} rollout restart ${target}, if they read it only at their start`
  );
}

function reasonsOf(fields: readonly FieldChange[], sources: readonly Mounted[]): string[] {
  const images = fields.filter(({ path }) => path.endsWith('.image'));
  const hash = fields.some(({ path }) => path === HASH);
  const rest = fields.filter((field) => !images.includes(field) && field.path !== HASH);
  const named = rest.slice(0, FEW).map(({ path }) => path.slice(TEMPLATE.length).replace(/^spec\./, ''));
  const reasons = [
    ...new Set(images.map(imageReason)),
    ...(hash ? sources.map(sourceReason) : []),
    ...named,
    ...(rest.length > FEW ? [`${rest.length - FEW} fields more`] : []),
  ];
  // what it mounts is in the cluster already, and the pods have not followed yet
  return reasons.length > 0 ? reasons : ['what it mounts'];
}

function imageReason({ before, after }: FieldChange): string {
  return `image ${before ?? 'none'} → ${after ?? 'none'}`;
}

function sourceReason({ change: { kind, name, fields } }: Mounted): string {
  const what = kind === 'Secret' ? 'secret' : 'config';
  const keys = [
    ...new Set(fields.flatMap(({ path }) => /^(?:data|binaryData|stringData)(?:\.|\[)([^\]]+)/.exec(path)?.[1] ?? [])),
  ];
  return keys.length > 0 && keys.length <= FEW ? `${what} ${name} (${keys.join(', ')})` : `${what} ${name}`;
}

interface Source {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/** The ConfigMaps and Secrets that a pod template names, wherever that is. */
function sourcesIn(template: unknown): Source[] {
  const found = new Map<string, Source>();
  const add = (kind: Source['kind'], name: unknown) => {
    if (typeof name === 'string') {
      found.set(`${kind} ${name}`, { kind, name });
    }
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
      return;
    }
    if (!isFields(value)) {
      return;
    }
    for (const [field, inner] of Object.entries(value)) {
      const name = isFields(inner) ? inner.name : undefined;
      if (field === 'configMap' || field === 'configMapKeyRef' || field === 'configMapRef') {
        add('ConfigMap', name);
      } else if (field === 'secret' || field === 'secretKeyRef' || field === 'secretRef') {
        add('Secret', isFields(inner) ? (inner.secretName ?? name) : undefined);
      }
      visit(inner);
    }
  };
  visit(template);
  return [...found.values()];
}
