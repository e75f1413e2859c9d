import { isKind, shownKind } from '../../constructs/manifest/kinds';
import type { AppSet } from '../app/app-set';
import { additionsTo, type Writer, writerOf } from '../cluster/managed-fields';
import { instanceOf, type KubernetesObject, keyOf } from '../cluster/object';
import type { Live } from '../inventory/live';
import { isOutline, type SecretOutline } from '../inventory/record';
import type { Session } from '../machine/session';
import type { Change, FieldChange } from '../plan/change';
import { planOf } from '../plan/plan';
import { shownFields } from '../plan/summary';
import { Failure } from '../terminal/failure';
import { ago } from '../terminal/words';

/** So much of a value is shown, and so many lines of a text. */
const SHOWN = 60;
const LINES = 12;

/** An object that is not as it was applied last. */
export interface Drift {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly service?: string;
  /** `ending` is what is being deleted, `added` what belongs to the app and was not applied last. */
  readonly state: 'changed' | 'gone' | 'ending' | 'added';
  readonly fields: readonly DriftedField[];
}

/** A field that is not as it was applied; without a value it is not there. */
export interface DriftedField extends Partial<Writer> {
  readonly path: string;
  readonly applied?: unknown;
  readonly live?: unknown;
  /** It was not among what was applied, and an apply leaves it there. */
  readonly added?: boolean;
  /** What is to be said in place of the values. */
  readonly note?: string;
  /** Of texts, the lines that differ. */
  readonly lines?: readonly string[];
}

/** What is not as the objects of a revision say, in the order in which they are applied. */
export async function findDrift(
  session: Session,
  set: AppSet,
  revision: readonly KubernetesObject[],
  live: Live,
): Promise<Drift[]> {
  const objects = revision.filter((object) => !isOutline(object));
  const { changes } = await planOf(session, set, { objects, all: revision }, Promise.resolve(live));
  const forbidden = changes.find(({ refused }) => /cannot patch resource/.test(refused?.message ?? ''));
  if (forbidden?.refused) {
    throw new Failure({ cause: 'you may not ask what an apply would change', next: forbidden.refused.remedy });
  }
  return [
    ...secretDrift(revision.filter(isOutline), live, set),
    ...changes.flatMap((change): Drift[] => {
      const { apiVersion, kind, name, namespace, service } = change;
      const drift = { apiVersion, kind, name, namespace, service, fields: [] };
      switch (change.action) {
        case 'create':
          return [{ ...drift, state: liveOf(change, live) ? 'ending' : 'gone' }];
        case 'delete':
          // those that came after a revision stay when one goes back to it
          return isKind(change, 'Secret') ? [] : [{ ...drift, state: 'added' }];
        default: {
          const fields = fieldsOf(change, live);
          return fields.length === 0 ? [] : [{ ...drift, state: 'changed', fields }];
        }
      }
    }),
  ];
}

/** The fields of an object that are not as they were applied, and those that were added since. */
function fieldsOf(change: Change, live: Live): DriftedField[] {
  const object = liveOf(change, live);
  const changed = change.action === 'change' ? shownFields(change).map((field) => fieldOf(field, object)) : [];
  const paths = changed.map(({ path }) => path);
  const added = object ? additionsTo(object, paths) : [];
  return [...changed, ...added.map((addition) => ({ ...addition, added: true, note: 'was added' }))];
}

function liveOf({ name, namespace, ...change }: Change, { members }: Live): KubernetesObject | undefined {
  return members.get(keyOf({ ...change, metadata: { name, namespace } }, ''));
}

/** A line for an object that is gone or was added, and one for each field that was changed. */
export function driftLines(drift: Drift, home: string): string[] {
  const { name, namespace, state, fields } = drift;
  const title = `  ${shownKind(drift)} ${name}${namespace === undefined || namespace === home ? '' : ` in ${namespace}`}`;
  if (state === 'gone') {
    return [`${title} is gone`];
  }
  if (state === 'ending') {
    return [`${title} is being deleted`];
  }
  if (state === 'added') {
    return [`${title} is there, and was not applied last`];
  }
  return fields.flatMap((field) => [
    `${title}: ${field.path} ${wordsOf(field)}${writer(field)}`,
    ...(field.lines && field.lines.length <= LINES ? field.lines.map((line) => `    ${line}`) : []),
  ]);
}

function wordsOf({ applied, live, note }: DriftedField): string {
  if (note !== undefined) {
    return note;
  }
  if (live === undefined) {
    return `is gone, ${shown(applied)} was applied`;
  }
  return applied === undefined
    ? `is ${shown(live)}, and was not applied`
    : `is ${shown(live)}, applied was ${shown(applied)}`;
}

function writer({ by, when }: DriftedField): string {
  return by === undefined ? '' : ` (by ${by}${when === undefined ? '' : `, ${ago(new Date(when))}`})`;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function fieldOf(field: FieldChange, object: KubernetesObject | undefined): DriftedField {
  const { path, before: live, after: applied, note } = field;
  const isHidden = field.hidden && live !== undefined && applied !== undefined;
  const words = isHidden ? 'is another value' : field.lines ? 'is another text' : note;
  const lines = field.lines && turned(field.lines);
  return { path, live, applied, note: words, lines, ...writerOf(object, path) };
}

/** A plan says how to come back to what was applied; here it is told what came of that. */
function turned(lines: readonly string[]): string[] {
  const result: string[] = [];
  let live: string[] = [];
  for (const line of lines) {
    if (line.startsWith('-')) {
      live.push(`+${line.slice(1)}`);
    } else if (line.startsWith('+')) {
      result.push(`-${line.slice(1)}`);
    } else {
      result.push(...live, line);
      live = [];
    }
  }
  return [...result, ...live];
}

/** Of Secrets only their keys are known. */
function secretDrift(outlines: readonly SecretOutline[], { members }: Live, set: AppSet): Drift[] {
  return outlines.flatMap((outline): Drift[] => {
    const { apiVersion, kind, metadata, keys } = outline;
    const { name, namespace = set.fallback } = metadata;
    const secret = members.get(keyOf(outline, set.fallback)) as (KubernetesObject & { data?: object }) | undefined;
    if (!secret) {
      return [{ apiVersion, kind, name, namespace, state: 'gone', fields: [] }];
    }
    const missing = keys.filter((key) => !(key in (secret.data ?? {})));
    const fields = missing.map((key) => ({ path: `data[${key}]`, note: 'is gone' }));
    return fields.length > 0
      ? [{ apiVersion, kind, name, namespace, service: instanceOf(outline), state: 'changed', fields }]
      : [];
  });
}
