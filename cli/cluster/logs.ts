import { stripVTControlCharacters } from 'node:util';
import type { Session } from '../machine/session';
import { apiOf } from './api';
import { ApiError } from './api-error';

/** How many lines are read: the last one may be empty. */
const LINES = '5';

export interface Source {
  readonly pod: string;
  readonly container: string;
  /** Of its life before this one. */
  readonly previous: boolean;
}

/** The last lines that a container has said; none where it has no log. */
export async function logOf(
  session: Session,
  namespace: string,
  { pod, container, previous }: Source,
): Promise<string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
  const lines: string[] = [];
  try {
    for await (const line of apiOf(session).lines(path, { container, tailLines: LINES, previous: `${previous}` })) {
      lines.push(stripVTControlCharacters(line).trimEnd());
    }
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
  }
  return lines.filter((line) => line !== '');
}
