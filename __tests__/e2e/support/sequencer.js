const { basename } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** What only reads comes first, then what has a namespace of its own, then what disturbs the running system. */
const ORDER = [
  'apply',
  'entry',
  'wordpress',
  'phpmyadmin',
  'ftps',
  'ssh',
  'monitoring',
  'grafana',
  'first-start',
  'rollout',
  'kill',
  'delete',
  'node-restart',
];

class OneAfterAnother extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = ORDER.indexOf(basename(path, '.e2e.ts'));
      return place === -1 ? ORDER.length : place;
    };
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
}

module.exports = OneAfterAnother;
