import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What jest knows of the snapshots of a file of tests, and counts for its summary. */
export interface SnapshotState {
  /** Which are written: `all` with `-u`, `none` with `--ci`. */
  readonly _updateSnapshot: 'all' | 'new' | 'none';
  added: number;
  matched: number;
  unmatched: number;
  updated: number;
}

/**
 * Defines a test for each text, which compares it with the file of that name in the folder, and one for files without a
 * text. The files are written, updated and removed when jest does so with its own snapshots.
 */
export function testFiles(folder: string, texts: { readonly [file: string]: string }): void {
  it.each(Object.entries(texts))('%s', (file, text) => checkFile(join(folder, file), text, snapshotState()));
  it('is all that has a file', () => checkNoOther(folder, Object.keys(texts), snapshotState()));
}

export function checkFile(path: string, text: string, state: SnapshotState): void {
  const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (current === text) {
    state.matched += 1;
  } else if (state._updateSnapshot === 'all' || (state._updateSnapshot === 'new' && current === undefined)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    state[current === undefined ? 'added' : 'updated'] += 1;
  } else {
    state.unmatched += 1;
    if (current === undefined) {
      throw new Error(`${path} is missing, and jest writes no snapshot with --ci: run it without, and commit the file`);
    }
    expect(text).toBe(current);
  }
}

export function checkNoOther(folder: string, files: readonly string[], state: SnapshotState): void {
  const others = existsSync(folder) ? readdirSync(folder).filter((file) => !files.includes(file)) : [];
  if (state._updateSnapshot === 'all') {
    for (const file of others) {
      rmSync(join(folder, file));
    }
  } else {
    expect(others).toEqual([]);
  }
}

function snapshotState(): SnapshotState {
  return (expect.getState() as unknown as { readonly snapshotState: SnapshotState }).snapshotState;
}
