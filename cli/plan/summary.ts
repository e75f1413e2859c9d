import { PART_OF_SET } from '../app/app-set';
import type { Change, FieldChange, Plan } from './change';

/** How many objects what happens to. */
export interface Counts {
  readonly create: number;
  readonly change: number;
  readonly delete: number;
  readonly keep: number;
  readonly restart: number;
  readonly refused: number;
  /** Objects of before that only get the label by which they are found from now on. */
  readonly join: number;
  readonly unchanged: number;
}

const MARK = `metadata.labels[${PART_OF_SET}]`;

export function countsOf({ changes }: Plan): Counts {
  const count = (is: (change: Change) => boolean) => changes.filter(is).length;
  return {
    create: count((change) => change.action === 'create' && !change.refused),
    change: count((change) => change.action === 'change' && !change.refused && !joins(change)),
    delete: count(({ action }) => action === 'delete'),
    keep: count(({ action }) => action === 'keep'),
    restart: count(({ restarts, refused }) => restarts !== undefined && !refused),
    refused: count(({ refused }) => refused !== undefined),
    join: count(joins),
    unchanged: count(({ action, refused }) => action === 'unchanged' && !refused),
  };
}

/** Whether the label of the set's members is all that an object gets. */
export function joins({ action, fields, refused }: Change): boolean {
  return action === 'change' && !refused && fields.every(isMark);
}

/** The fields that are worth showing: the label of the set's members is not. */
export function shownFields({ fields }: Change): readonly FieldChange[] {
  return fields.filter((field) => !isMark(field));
}

/** Objects get all their labels at once where they had none. */
function isMark({ path, before, after }: FieldChange): boolean {
  const labels = path === 'metadata.labels' && before === undefined ? Object.keys(after as object) : [];
  return path === MARK || (labels.length === 1 && labels[0] === PART_OF_SET);
}

/** What a plan comes to, such as `2 to create, 3 to change, 1 to delete; 2 restart`. */
export function summaryOf(plan: Plan): string {
  const { create, change, delete: deleted, keep, restart, refused, join } = countsOf(plan);
  const parts = [
    ...(create > 0 ? [`${create} to create`] : []),
    ...(change > 0 ? [`${change} to change`] : []),
    ...(deleted > 0 ? [`${deleted} to delete`] : []),
    ...(restart > 0 ? [`${restart} ${restart === 1 ? 'restarts' : 'restart'}`] : []),
    ...(keep > 0 ? [`${keep} kept`] : []),
    ...(join > 0 ? [`${join} to mark as the app's`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'nothing to do';
}

/** 0 where `up` has nothing to do, 1 where it cannot, 2 where it would change something. */
export function exitCodeOf(plan: Plan): number {
  const { create, change, delete: deleted, refused, join } = countsOf(plan);
  if (refused > 0) {
    return 1;
  }
  return create + change + deleted + join > 0 ? 2 : 0;
}
