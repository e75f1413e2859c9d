import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headOf } from '../e2e/runner/head';

const SUITES = join(__dirname, '../e2e');

function suite(...lines: string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'head-')), 'some.e2e.ts');
  writeFileSync(path, `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`);
  return path;
}

describe('the head of an end-to-end suite', () => {
  it.each(readdirSync(SUITES).filter((name) => name.endsWith('.e2e.ts')))('is there: %s', (name) => {
    expect(headOf(join(SUITES, name)).minutes).toBeGreaterThan(0);
  });

  it('says lane, needs, what it disturbs, and its limit', () => {
    const path = suite('@lane core', '@needs system lftp', '@disturbs mysql, wordpress', '@minutes 3');
    expect(headOf(path)).toEqual({
      name: 'some',
      lane: 'core',
      needs: ['system', 'lftp'],
      disturbs: ['mysql', 'wordpress'],
      minutes: 3,
      last: false,
    });
  });

  const good = ['@lane rest', '@needs nothing', '@disturbs nothing', '@minutes 3'];
  it.each([
    ['no lane', good.slice(1), "head of some.e2e.ts: '@lane' is missing"],
    ['a lane that there is not', ['@lane fast', ...good.slice(1)], "'@lane' is 'fast'; use one of core, rest, nodes"],
    ['no limit', good.slice(0, 3), "'@minutes' is missing"],
    ['a limit that is none', [...good.slice(0, 3), '@minutes soon'], "'@minutes' is 'soon'; use a number above 0"],
    ['a field that there is not', [...good, '@speed high'], "there is no '@speed', only @lane, @needs"],
    [
      'what it disturbs and does not need',
      ['@lane rest', '@needs nothing', '@disturbs mysql', '@minutes 3'],
      "it disturbs mysql and so has '@needs system'",
    ],
  ])('is refused with %s', (_, lines, message) => {
    expect(() => headOf(suite(...lines))).toThrow(message);
  });
});
