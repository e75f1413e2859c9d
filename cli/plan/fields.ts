import { structuredPatch } from 'diff';
import type { Kind } from '../../constructs/manifest/kinds';
import { type Difference, differencesOf, isFields, type Path, textOf } from '../cluster/difference';
import { HIDDEN, isHidden, masked, withoutSecrets } from '../cluster/mask';
import type { KubernetesObject } from '../cluster/object';
import type { FieldChange } from './change';

/** Of a text that is JSON, so many fields are told; of more, only where they are. */
const FEW = 12;

/** How many lines of a text are shown around those that differ. */
const CONTEXT = 2;

/** More lines that differ say nothing to a reader, and take long to find. */
const MANY = 400;

/** What of an object is not in any program: the server's own. */
const OF_SERVER = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink'];
const ANNOTATIONS_OF_SERVER = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
];

/** Where two states of an object differ, but for what the server adds. */
export function objectDifferences(before: KubernetesObject, after: KubernetesObject): Difference[] {
  return differencesOf(bare(before), bare(after));
}

function bare(object: KubernetesObject): object {
  const { annotations, ...metadata } = object.metadata;
  return {
    ...object,
    status: undefined,
    metadata: { ...omit(metadata, OF_SERVER), annotations: annotations && omit(annotations, ANNOTATIONS_OF_SERVER) },
  };
}

function omit(fields: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** A difference as it may be shown. One of a text that is JSON is one for each of its fields. */
export function fieldChanges(kind: Kind | undefined, difference: Difference): FieldChange[] {
  const { path, before, after } = difference;
  const [first, second] = path;
  const text = textOf(path);
  if (kind === 'Secret' && !(first === 'type' || first === 'immutable' || second === 'labels')) {
    return secretChanges(difference);
  }
  if (first === 'binaryData') {
    return [{ path: text, note: 'bytes' }];
  }
  if (isHidden(nameOf(path), before) || isHidden(nameOf(path), after)) {
    return [hidden(difference)];
  }
  if (typeof before === 'string' && typeof after === 'string') {
    return inJson(path, before, after) ?? [inText(text, before, after)];
  }
  return [
    {
      path: text,
      ...('before' in difference && { before: masked(before) }),
      ...('after' in difference && { after: masked(after) }),
    },
  ];
}

/** A change of which only is told that it is one, for each key of a Secret. */
function secretChanges({ path, before, after }: Difference): FieldChange[] {
  if (!isFields(before ?? after) || path.length > 1) {
    return [hidden({ path, before, after })];
  }
  return differencesOf(before ?? {}, after ?? {}, path).map(hidden);
}

function hidden({ path, before, after }: Difference): FieldChange {
  const shown = (value: unknown) => (value === undefined ? undefined : HIDDEN);
  return withoutUndefined({ path: textOf(path), before: shown(before), after: shown(after), hidden: true });
}

function withoutUndefined(change: FieldChange): FieldChange {
  return Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== undefined),
  ) as unknown as FieldChange;
}

/** What a value is called: a variable's has the variable's name. */
function nameOf(path: Path): string {
  const last = path.at(-1);
  const owner = path.at(-2);
  if (last === 'value' && typeof owner === 'object') {
    return owner.label;
  }
  return typeof last === 'string' ? last : (last?.label ?? '');
}

function inText(path: string, before: string, after: string): FieldChange {
  if (!before.includes('\n') && !after.includes('\n')) {
    return { path, before: withoutSecrets(before), after: withoutSecrets(after) };
  }
  const patch = structuredPatch('', '', before, after, '', '', { context: CONTEXT, maxEditLength: MANY });
  if (!patch) {
    return { path, note: `more than ${MANY} lines differ` };
  }
  const lines = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
  return { path, lines: withoutSecrets(lines.join('\n')).split('\n') };
}

/** The fields that differ in texts that are JSON, as dashboards are. */
function inJson(path: Path, before: string, after: string): FieldChange[] | undefined {
  const [old, fresh] = [parsed(before), parsed(after)];
  if (!old || !fresh) {
    return undefined;
  }
  const differences = differencesOf(old, fresh, path);
  if (differences.length === 0) {
    return [{ path: textOf(path), note: 'only its white space' }];
  }
  if (differences.length > FEW) {
    const places = new Set(differences.map(({ path: inside }) => textOf(inside.slice(path.length, path.length + 1))));
    return [{ path: textOf(path), note: `${differences.length} fields, in ${[...places].join(', ')}` }];
  }
  return differences.flatMap((difference) => fieldChanges(undefined, difference));
}

function parsed(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
