const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { default: TestRunner } = require('jest-runner');
const { headOf } = require('./head');
const { measured, placesOf } = require('./places');
const { Queue } = require('./queue');

/** A suite keeps to its limit itself; what does not answer any more is ended after this much longer. */
const GRACE_MINUTES = 1;

/** Runs each suite in a process of its own, as many beside each other as the machine and the cluster have room for. */
class Lanes extends TestRunner {
  async runTests(tests, watcher) {
    const { places, reason } = process.env.E2E_PLACES
      ? { places: Number(process.env.E2E_PLACES), reason: 'E2E_PLACES' }
      : placesOf(measured());
    if (!(places >= 1)) {
      throw new Error(`E2E_PLACES is '${process.env.E2E_PLACES}'; use a number from 1 on`);
    }
    process.stdout.write(`${tests.length} suites, ${places} at a time (${reason})\n`);
    const queue = new Queue(
      tests.map((test) => ({ test, head: headOf(test.path) })),
      places,
    );
    await queue.run(async ({ test, head }) => {
      const limit = setTimeout(() => end(head), (head.minutes + GRACE_MINUTES) * 60_000);
      try {
        await super.runTests([test], watcher, { serial: false });
      } finally {
        clearTimeout(limit);
      }
    });
  }
}

/** Ends the process of a suite, which has noted its number. */
function end({ name, minutes }) {
  process.stdout.write(`${name} is ended: it has not kept to its ${minutes} minutes by itself\n`);
  try {
    const { record } = JSON.parse(process.env.E2E_FACTS);
    process.kill(Number(readFileSync(join(record, `${name}.pid`), 'utf8')), 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

module.exports = Lanes;
