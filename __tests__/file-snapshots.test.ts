import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './support/app';
import { checkFile, checkNoOther, type SnapshotState } from './support/file-snapshots';

describe('a snapshot in a file of its own', () => {
  const state = (update: SnapshotState['_updateSnapshot']) => ({
    _updateSnapshot: update,
    added: 0,
    matched: 0,
    unmatched: 0,
    updated: 0,
  });

  it.each([
    ['all', 'added'],
    ['new', 'added'],
    ['none', 'unmatched'],
  ] as const)('that is missing, where jest writes %s, is %s', (update, outcome) => {
    const [path, told] = [join(temporaryFolder(), 'stack', 'a.yaml'), state(update)];
    const check = () => checkFile(path, 'a: 1\n', told);
    if (outcome === 'added') {
      check();
    } else {
      expect(check).toThrow(`${path} is missing, and jest writes no snapshot with --ci`);
    }
    expect([told[outcome], existsSync(path)]).toEqual([1, outcome === 'added']);
  });

  it.each([
    ['all', 'updated'],
    ['new', 'unmatched'],
    ['none', 'unmatched'],
  ] as const)('that says something else, where jest writes %s, is %s', (update, outcome) => {
    const [path, told] = [join(temporaryFolder(), 'a.yaml'), state(update)];
    writeFileSync(path, 'a: 2\n');
    const check = () => checkFile(path, 'a: 1\n', told);
    if (outcome === 'updated') {
      check();
    } else {
      expect(check).toThrow('a: 2');
    }
    expect([told[outcome], readFileSync(path, 'utf8')]).toEqual([1, outcome === 'updated' ? 'a: 1\n' : 'a: 2\n']);
  });

  it('of nothing is removed where jest updates, and a mistake elsewhere', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.yaml'), '');
    writeFileSync(join(folder, 'old.yaml'), '');
    for (const update of ['new', 'none'] as const) {
      expect(() => checkNoOther(folder, ['a.yaml'], state(update))).toThrow('old.yaml');
    }
    checkNoOther(folder, ['a.yaml'], state('all'));
    expect(readdirSync(folder)).toEqual(['a.yaml']);
    checkNoOther(folder, ['a.yaml'], state('none'));
  });
});
