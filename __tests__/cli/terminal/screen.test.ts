import { hasColours, isLive } from '../../../cli/terminal/screen';

const SCREEN = { isTTY: true, columns: 80, hasColors: () => true };

describe('colours', () => {
  it.each([
    ['a terminal', SCREEN, {}, true],
    ['a file', {}, {}, false],
    ['a terminal with NO_COLOR', SCREEN, { NO_COLOR: '1' }, false],
    ['a terminal with an empty NO_COLOR', SCREEN, { NO_COLOR: '' }, true],
    ['a dumb terminal', SCREEN, { TERM: 'dumb' }, false],
    ['a file with FORCE_COLOR', {}, { FORCE_COLOR: '1' }, true],
    ['a terminal with FORCE_COLOR=0', SCREEN, { FORCE_COLOR: '0' }, false],
  ])('on %s', (_, screen, env, expected) => {
    expect(hasColours(screen, env)).toBe(expected);
  });
});

describe('lines that are written over', () => {
  it.each([
    ['a terminal', SCREEN, {}, true],
    ['a file', {}, {}, false],
    ['a dumb terminal', SCREEN, { TERM: 'dumb' }, false],
    ['a terminal of CI', SCREEN, { CI: 'true' }, false],
    ['a terminal without a width', { ...SCREEN, columns: 0 }, {}, false],
  ])('on %s', (_, screen, env, expected) => {
    expect(isLive(screen, env)).toBe(expected);
  });
});
