const { availableParallelism, freemem } = require('node:os');
const { execFileSync } = require('node:child_process');

const GIBIBYTE = 1024 ** 3;
/** What a suite takes here: a worker of jest, and the commands that it starts. */
const HERE = 0.5 * GIBIBYTE;
/** What the pods of a suite ask for on the node at the most: two systems, of which one is brought back from a backup. */
const ON_THE_NODE = 2 * GIBIBYTE;

/**
 * How many suites run beside each other, and what that follows from. They wait more than they work, so there is one more than
 * there are cores.
 */
function placesOf({ cores, memory, room }) {
  const allowed = [
    [cores + 1, `${cores} cores`],
    [Math.floor(memory / HERE), `${inGibibytes(memory)} of memory here`],
    [Math.floor(room / ON_THE_NODE), `${inGibibytes(room)} of memory on the nodes that no pod has asked for`],
  ];
  const [places, reason] = allowed.reduce((least, one) => (one[0] < least[0] ? one : least));
  return { places: Math.max(1, places), reason };
}

/** What this machine and its cluster have. */
function measured() {
  return { cores: availableParallelism(), memory: freemem(), room: roomOf(ask('nodes'), ask('pods')) };
}

/** The memory of the nodes less what the pods on them have asked for, in bytes. */
function roomOf(nodes, pods) {
  const allocatable = nodes.map(({ status }) => bytes(status.allocatable.memory));
  const asked = pods
    .filter(({ spec, status }) => spec.nodeName && !['Succeeded', 'Failed'].includes(status.phase))
    .flatMap(({ spec }) => spec.containers.map(({ resources }) => bytes(resources?.requests?.memory ?? '0')));
  return sum(allocatable) - sum(asked);
}

function ask(kind) {
  const args = ['get', kind, '--all-namespaces', '-o', 'json', '--request-timeout=30s'];
  return JSON.parse(execFileSync('kubectl', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })).items;
}

const UNITS = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 1024, Mi: 1024 ** 2, Gi: GIBIBYTE };

function bytes(quantity) {
  const [, number, unit] = /^([\d.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Number(number) * (UNITS[unit] ?? 1);
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const inGibibytes = (amount) => `${(amount / GIBIBYTE).toFixed(1)} GiB`;

module.exports = { measured, placesOf, roomOf };
