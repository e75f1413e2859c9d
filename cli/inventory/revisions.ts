import type { AppSet } from '../app/app-set';
import { apiOf } from '../cluster/api';
import { ApiError } from '../cluster/api-error';
import { type KubernetesObject, keyOf } from '../cluster/object';
import { inParallel } from '../cluster/parallel';
import { referencesIn } from '../images/images';
import { AT_ONCE } from '../machine/proxy';
import { commandOf, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import { type Changes, changesOf } from './changes';
import { isOutline, pack, recorded, unpack } from './record';
import { user } from './user';

/** How many are kept. */
const KEPT = 10;

/** Labels of the ConfigMaps: whose they are, and of those that hold a revision's objects, which revision's. */
const REVISION_OF = 'cdk8s-services/revision-of';
const PIECE_OF = 'cdk8s-services/piece-of';

/** The key of a piece. */
const PIECE = 'objects.json.gz';

/** What the annotations of a revision's ConfigMap begin with. */
const ABOUT = 'cdk8s-services/';

/** What was applied once. */
export interface Revision {
  readonly number: number;
  /** When it was applied first, by whom, and by which command. */
  readonly when: string;
  readonly who: string;
  readonly command: string;
  /** When all of it was ready for the first time, if ever. */
  readonly ready?: string;
  /** How many objects it has. */
  readonly objects: number;
  /** Against the revision before. */
  readonly changes: Changes;
  readonly images: readonly string[];
  readonly digest: string;
}

export interface Applied {
  readonly objects: readonly KubernetesObject[];
  /** These and those that were left out, and are as they were before. */
  readonly all: readonly KubernetesObject[];
  /** Whether what this does not have is left in the cluster all the same; nothing is unless given. */
  stays?(object: KubernetesObject): boolean;
}

interface ConfigMap extends KubernetesObject {
  readonly immutable?: boolean;
  readonly data?: { readonly [key: string]: string };
  readonly binaryData?: { readonly [key: string]: string };
}

/**
 * Keeps what is about to be applied, unless the newest of the revisions has it. The objects go first, in pieces; the ConfigMap
 * that makes a revision of them is written when they are all there.
 */
export async function saveRevision(
  session: Session,
  set: AppSet,
  { objects, all, stays = () => false }: Applied,
  command: string,
  revisions: readonly Revision[],
): Promise<Revision> {
  const [last] = revisions;
  const kept = await keptOf(session, set, { objects, all }, last);
  const { digest, pieces } = pack(kept);
  if (last?.digest === digest) {
    return last;
  }
  const [names, before] = await Promise.all([namesOf(session, set), objectsOf(session, set, last)]);
  const number = Math.max(0, ...names.map((name) => placeOf(name).number)) + 1;
  const revision: Revision = {
    number,
    when: new Date().toISOString(),
    who: user(),
    command,
    objects: kept.length,
    changes: changesOf(before, kept, { set, stays }),
    images: referencesIn(kept).sort(),
    digest,
  };
  const api = apiOf(session);
  const written = pieces.map((bytes, index) => pieceOf(set, number, bytes, index));
  await inParallel(written, AT_ONCE, (piece) => api.create(piece));
  await api.create(headOf(set, revision));
  await forget(session, set, [revision, ...revisions], names);
  return revision;
}

/** Whether the newest revision is this one, and was ready. */
export async function isNewest(session: Session, set: AppSet, applied: Applied): Promise<boolean> {
  const [last] = await listRevisions(session, set);
  return last?.ready !== undefined && pack(await keptOf(session, set, applied, last)).digest === last.digest;
}

/** Notes that all of a revision is ready. */
export async function finishRevision(session: Session, set: AppSet, revision: Revision): Promise<void> {
  if (revision.ready === undefined) {
    const annotations = { [`${ABOUT}ready`]: new Date().toISOString() };
    await apiOf(session).merge(headOf(set, revision), { metadata: { annotations } });
  }
}

/** What is kept, newest first. The first one is the current one. */
export async function listRevisions(session: Session, set: AppSet): Promise<Revision[]> {
  const items = await read(session, set, `${REVISION_OF}=${set.name},!${PIECE_OF}`);
  return items.map(revisionOf).sort((a, b) => b.number - a.number);
}

/**
 * Where one goes back to: the newest before the current one that was ready. One that never was is meant only where the
 * current one is no better.
 */
export function revisionBefore([current, ...older]: readonly Revision[]): Revision | undefined {
  const others = older.filter(({ digest }) => digest !== current?.digest);
  const good = others.find(({ ready }) => ready !== undefined);
  return good ?? (current?.ready === undefined ? others[0] : undefined);
}

/** The objects of a revision; of Secrets the outlines. */
export async function readRevision(
  session: Session,
  set: AppSet,
  { number, digest }: Revision,
): Promise<KubernetesObject[]> {
  const items = await read(session, set, `${REVISION_OF}=${set.name},${PIECE_OF}=${number}`);
  const pieces = [...items]
    .sort((a, b) => placeOf(a.metadata.name).piece - placeOf(b.metadata.name).piece)
    .map(({ binaryData }) => Buffer.from(binaryData?.[PIECE] ?? '', 'base64'));
  const objects = unpack({ digest, pieces });
  if (!objects) {
    throw new Failure({
      cause: `revision ${number} is damaged: its ConfigMaps '${nameOf(set, number)}.*' are not what was written`,
      next: `choose another one: ${commandOf(session, 'history')}`,
    });
  }
  return objects;
}

function read(session: Session, { namespace }: AppSet, labels: string): Promise<ConfigMap[]> {
  return apiOf(session).list<ConfigMap>('v1/configmaps', { namespace, labels });
}

/** Deletes all of them. */
export async function removeRevisions(session: Session, set: AppSet): Promise<void> {
  await remove(session, set, await namesOf(session, set));
}

/** What a revision has of what is applied after the last one. */
async function keptOf(
  session: Session,
  set: AppSet,
  { objects, all }: Applied,
  last: Revision | undefined,
): Promise<KubernetesObject[]> {
  const whole = objects.length === all.length;
  return recorded(whole ? all : withLeftOut({ objects, all }, await objectsOf(session, set, last), set));
}

/** What is applied, and of what is left out, what was applied before. Of Secrets that a revision brings back, its outlines. */
function withLeftOut({ objects, all }: Applied, before: readonly KubernetesObject[], set: AppSet): KubernetesObject[] {
  const key = (object: KubernetesObject) => keyOf(object, set.fallback);
  const applied = new Set(objects.map(key));
  const known = new Map(before.map((object) => [key(object), object]));
  return all.flatMap((object) =>
    applied.has(key(object)) || isOutline(object) ? object : (known.get(key(object)) ?? []),
  );
}

/** The objects of the revision before, if there is one that can be read. */
async function objectsOf(session: Session, set: AppSet, revision: Revision | undefined): Promise<KubernetesObject[]> {
  if (!revision) {
    return [];
  }
  try {
    return await readRevision(session, set, revision);
  } catch (error) {
    // one that is damaged
    if (error instanceof Failure && !(error instanceof ApiError)) {
      return [];
    }
    throw error;
  }
}

/** Deletes all but the last ones. The newest that was ready is among those, however many failures came after it. */
async function forget(
  session: Session,
  set: AppSet,
  revisions: readonly Revision[],
  names: readonly string[],
): Promise<void> {
  const good = revisions.filter(({ ready }) => ready !== undefined).slice(0, 1);
  const kept = [...new Set([...good, ...revisions])].slice(0, KEPT).map(({ number }) => number);
  const old = names.filter((name) => !kept.includes(placeOf(name).number));
  await remove(session, set, old);
}

/** A revision goes before its pieces, so that it never looks whole without them. */
async function remove(session: Session, { namespace }: AppSet, names: readonly string[]): Promise<void> {
  const api = apiOf(session);
  const isHead = (name: string) => placeOf(name).piece === 0;
  for (const part of [names.filter(isHead), names.filter((name) => !isHead(name))]) {
    await inParallel(part, AT_ONCE, (name) =>
      api.delete({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } }),
    );
  }
}

/** The names of all ConfigMaps, also of those that an interrupted run left; without their content. */
async function namesOf(session: Session, { name, namespace }: AppSet): Promise<string[]> {
  const selection = { namespace, labels: `${REVISION_OF}=${name}`, names: true };
  return (await apiOf(session).list('v1/configmaps', selection)).map(({ metadata }) => metadata.name);
}

function nameOf({ name }: AppSet, number: number): string {
  return `cdk8s-services.${name}.v${number}`;
}

/** The number of a revision, and that of its piece, in the name of a ConfigMap. */
function placeOf(name: string): { readonly number: number; readonly piece: number } {
  const [, number, piece = 0] = /\.v(\d+)(?:\.(\d+))?$/.exec(name) ?? [];
  return { number: Number(number), piece: Number(piece) };
}

function headOf(set: AppSet, { number, when, who, command, objects, changes, images, digest }: Revision): ConfigMap {
  const about = { when, who, command, objects: `${objects}`, digest };
  const annotations = Object.fromEntries(Object.entries(about).map(([key, value]) => [`${ABOUT}${key}`, value]));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: nameOf(set, number),
      namespace: set.namespace,
      labels: { [REVISION_OF]: set.name },
      annotations,
    },
    data: Object.fromEntries(Object.entries({ ...changes, images }).map(([key, lines]) => [key, lines.join('\n')])),
  };
}

function pieceOf(set: AppSet, number: number, bytes: Buffer, index: number): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${nameOf(set, number)}.${index + 1}`,
      namespace: set.namespace,
      labels: { [REVISION_OF]: set.name, [PIECE_OF]: `${number}` },
    },
    immutable: true,
    binaryData: { [PIECE]: bytes.toString('base64') },
  };
}

function revisionOf({ metadata: { name, annotations = {} }, data = {} }: ConfigMap): Revision {
  const about = (key: string) => annotations[`${ABOUT}${key}`] ?? '';
  const lines = (key: string) => (data[key] ?? '').split('\n').filter((line) => line !== '');
  return {
    number: placeOf(name).number,
    when: about('when'),
    who: about('who'),
    command: about('command'),
    ready: annotations[`${ABOUT}ready`],
    objects: Number(about('objects')),
    changes: { created: lines('created'), changed: lines('changed'), deleted: lines('deleted') },
    images: lines('images'),
    digest: about('digest'),
  };
}
