const { readFileSync } = require('node:fs');
const { basename } = require('node:path');
const { extract, parse } = require('jest-docblock');

/** `core` is what must never break; `rest` is everything else on one node; `nodes` wants a cluster of several. */
const LANES = ['core', 'rest', 'nodes'];
const NOTHING = 'nothing';
const FIELDS = ['lane', 'needs', 'disturbs', 'minutes', 'last'];

/**
 * What a suite says of itself in the comment at its head:
 *
 * - `@lane`: one of `LANES`;
 * - `@needs`: `system` for the running one, which it shares with others, `nothing`, or tools that not everybody has;
 * - `@disturbs`: the services of the running system that it kills, changes or makes anew, `node` or `nothing`;
 * - `@minutes`: the longest that it may take;
 * - `@last`: it looks at what all others have left.
 */
function headOf(path) {
  const name = basename(path, '.e2e.ts');
  const said = parse(extract(readFileSync(path, 'utf8')));
  const refuse = (problem) => {
    throw new Error(`head of ${name}.e2e.ts: ${problem}`);
  };
  for (const field of Object.keys(said)) {
    if (!FIELDS.includes(field)) {
      refuse(`there is no '@${field}', only ${FIELDS.map((one) => `@${one}`).join(', ')}`);
    }
  }
  const words = (field) => {
    const value = said[field];
    if (typeof value !== 'string' || value.trim() === '') {
      return refuse(`'@${field}' is missing`);
    }
    return value.trim() === NOTHING ? [] : value.trim().split(/[\s,]+/);
  };
  const [lane] = words('lane');
  if (!LANES.includes(lane)) {
    refuse(`'@lane' is '${lane}'; use one of ${LANES.join(', ')}`);
  }
  const minutes = Number(words('minutes')[0]);
  if (!(minutes > 0)) {
    refuse(`'@minutes' is '${said.minutes}'; use a number above 0`);
  }
  const [needs, disturbs] = [words('needs'), words('disturbs')];
  if (disturbs.some((what) => what !== 'node') && !needs.includes('system')) {
    refuse(`it disturbs ${disturbs.join(', ')} and so has '@needs system'`);
  }
  return { name, lane, needs, disturbs, minutes, last: 'last' in said };
}

module.exports = { headOf, LANES };
