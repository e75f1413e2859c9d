import type { Changes } from '../inventory/changes';
import { findSet } from '../inventory/find';
import { listRevisions, type Revision, revisionBefore } from '../inventory/revisions';
import { commandOf, inNamespace, type Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { table } from '../terminal/table';
import { ago } from '../terminal/words';

/** So many names are shown; of more, their number. */
const NAMED = 3;

export interface HistoryOptions {
  readonly namespace?: string;
  readonly output?: 'json';
}

/** Says what was applied, newest first. */
export async function history(session: Session, { namespace, output }: HistoryOptions): Promise<void> {
  checkTools(session.again, ['kubectl']);
  const set = await findSet(session, namespace);
  const revisions = await listRevisions(session, set);
  if (output === 'json') {
    const shown = revisions.map(({ digest: _, ...revision }, index) => ({ ...revision, current: index === 0 }));
    process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
    return;
  }
  if (revisions.length === 0) {
    process.stdout.write(`nothing is kept of what was applied; '${commandOf(session, 'up')}' begins with it\n`);
    return;
  }
  process.stdout.write(`${[historyTable(revisions), ...hint(session, revisions, namespace)].join('\n\n')}\n`);
}

function historyTable(revisions: readonly Revision[]): string {
  const rows = revisions.map((revision, index) => [
    `${revision.number}`,
    ago(new Date(revision.when)),
    revision.who,
    revision.command,
    changesIn(revision.changes),
    newImages(revision, revisions[index + 1]),
    [...(index === 0 ? ['current'] : []), ...(revision.ready === undefined ? ['never ready'] : [])].join(', '),
  ]);
  return table([['revision', 'applied', 'by', 'with', 'changes', 'new images', ''], ...rows]);
}

function changesIn(changes: Changes): string {
  return (['created', 'changed', 'deleted'] as const)
    .filter((word) => changes[word].length > 0)
    .map((word) => `${word} ${changes[word].length > NAMED ? changes[word].length : changes[word].join(', ')}`)
    .join('; ');
}

/** Without the part of their names that says where they come from. */
function newImages({ images }: Revision, before: Revision | undefined): string {
  const known = before?.images ?? images;
  const added = images.filter((image) => !known.includes(image)).map((image) => image.replace(/^.*\/|@.*$/g, ''));
  return added.length > NAMED ? `${added.length}` : added.join(', ');
}

function hint(session: Session, revisions: readonly Revision[], namespace: string | undefined): string[] {
  const before = revisionBefore(revisions);
  return before ? [`to go back: ${commandOf(session, 'rollback', `${before.number}`, ...inNamespace(namespace))}`] : [];
}
