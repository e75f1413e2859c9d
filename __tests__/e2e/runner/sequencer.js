const { basename } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** It looks at what all others have left. */
const LAST = 'leaks';
/** What only reads comes first, then what has a namespace of its own, then what disturbs the running system. */
const ORDER = [
  'apply',
  'cluster',
  'entry',
  'wordpress',
  'phpmyadmin',
  'ftps',
  'ssh',
  'containers',
  'network',
  'monitoring',
  'grafana',
  'team',
  'helm',
  'gateway',
  'extra-containers',
  'loop-plan',
  'loop-doctor',
  'loop-terminal',
  'loop-status',
  'loop-history',
  'loop-watch',
  'loop-up',
  'loop-kill',
  'first-start',
  // by now there are means of five minutes
  'dashboards',
  'logs',
  'figures',
  'attack-mysql',
  'attack-wordpress',
  'attack-ftps',
  'attack-ssh',
  'rollout',
  'tls',
  'rotate',
  'backup',
  'upgrade',
  'growth',
  'replication',
  'blue-green',
  'import',
  'kill',
  'delete',
  'node-restart',
];

class OneAfterAnother extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const name = basename(path, '.e2e.ts');
      const place = ORDER.indexOf(name);
      return name === LAST ? ORDER.length + 1 : place === -1 ? ORDER.length : place;
    };
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
}

module.exports = OneAfterAnother;
