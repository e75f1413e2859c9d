const { existsSync, readFileSync } = require('node:fs');
const { basename, join } = require('node:path');

/** How a check begins to tell that it was not run, and why. */
const NOT_RUN = 'not run: ';
const SLOWEST = 12;

/** One line for each check as it happens; at the end what is to be known of the failures, and the sums. */
class LineReporter {
  #sums = { passed: 0, failed: 0, skipped: 0, notRun: 0 };
  #started = Date.now();
  #setupFailed = false;
  #failures = [];
  #skips = new Map();
  #suites = [];
  /** The message of the set-up that failed, by suite; the checks behind it have the same. */
  #causes = new Map();

  onTestCaseResult(test, result) {
    this.#check(basename(test.path, '.e2e.ts'), result);
  }

  /** Skipped checks never start, so they are known with their file. */
  onTestResult(test, result) {
    const suite = basename(result.testFilePath ?? test.path, '.e2e.ts');
    const skipped = result.testResults.filter(({ status }) => status === 'pending');
    for (const one of skipped) {
      const reason = /: skipped: (.*)$/s.exec(one.title)?.[1];
      // what -t leaves out is none of this run
      if (reason !== undefined) {
        this.#skips.set(reason, (this.#skips.get(reason) ?? 0) + 1);
        this.#sums.skipped++;
        print(`- ${nameOf(one)}`);
      }
    }
    if (result.testExecError && result.testResults.length === 0) {
      this.#failed(suite, suite, result.failureMessage ?? result.testExecError.message);
    }
    const { start, end } = result.perfStats;
    this.#suites.push({ suite, from: (start - this.#started) / 1000, seconds: (end - start) / 1000 });
  }

  onRunComplete(_contexts, results) {
    if (results.numTotalTestSuites === 0 || (results.numTotalTests === 0 && this.#sums.failed === 0)) {
      this.#setupFailed = true;
    }
    this.#printSlowest();
    this.#printSkips();
    const repeated = this.#printRepeated();
    if (this.#failures.length > 0) {
      print(`\nTo repeat alone what failed:\n${this.#failures.map((one) => `  ${one}`).join('\n')}`);
    }
    const seconds = Math.round((Date.now() - this.#started) / 1000);
    const { passed, failed, skipped, notRun } = this.#sums;
    const more = `${repeated ? `, ${repeated} repeated` : ''}${notRun ? `, ${notRun} not run` : ''}`;
    const time = `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    print(`\n${passed} passed, ${failed} failed, ${skipped} skipped${more}  (${time})`);
  }

  getLastError() {
    return this.#setupFailed ? new Error('no check ran') : undefined;
  }

  #check(suite, result) {
    const name = nameOf(result);
    const line = `${name} (${((result.duration ?? 0) / 1000).toFixed(1)} s)`;
    if (result.status === 'passed') {
      this.#sums.passed++;
      print(`✓ ${line}`);
    } else if (result.status === 'failed') {
      const [message = ''] = result.failureMessages;
      if (
        message.startsWith('SetUpFailed: ') ||
        message.startsWith(NOT_RUN) ||
        message.startsWith(`Error: ${NOT_RUN}`)
      ) {
        this.#notRun(suite, name, message);
      } else {
        this.#failed(suite, name, result.failureMessages.join('\n'));
      }
    }
  }

  /** What failed before is one failure, however many checks are behind it. */
  #notRun(suite, name, message) {
    const known = this.#causes.get(suite) ?? new Set();
    this.#causes.set(suite, known);
    const [cause] = message.split('\n');
    if (message.startsWith('SetUpFailed: ') && !known.has(cause)) {
      known.add(cause);
      this.#failed(suite, `${suite}: set-up`, message, '');
    }
    this.#sums.notRun++;
    print(`- ${name}: not run`);
  }

  #failed(suite, name, message, only = name) {
    this.#sums.failed++;
    const again = `npm run e2e:all -- /${suite}.e2e${only && only !== suite ? ` -t '${pattern(only)}'` : ''}`;
    this.#failures.push(again);
    print(`✗ ${name}\n${indented(message)}\n    to repeat it alone: ${again}`);
  }

  #printSlowest() {
    const slowest = this.#suites.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    if (slowest.length > 1) {
      const rows = slowest.map(
        ({ suite, from, seconds }) => `  ${seconds.toFixed(0).padStart(5)}  ${from.toFixed(0).padStart(5)}  ${suite}`,
      );
      print(`\nseconds   from  suite (the ${slowest.length} longest of ${this.#suites.length})\n${rows.join('\n')}`);
    }
  }

  #printSkips() {
    if (this.#skips.size > 0) {
      print(`\nskipped:\n${[...this.#skips].map(([reason, count]) => `  ${count} × ${reason}`).join('\n')}`);
    }
  }

  #printRepeated() {
    const { record = '' } = JSON.parse(process.env.E2E_FACTS ?? '{}');
    const notes = join(record, 'repeated');
    if (!record || !existsSync(notes)) {
      return 0;
    }
    const lines = readFileSync(notes, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    print(
      `\nrepeated, as the cluster had failed:\n${lines.map(({ check, cause }) => `  ${check}: ${cause}`).join('\n')}`,
    );
    return lines.length;
  }
}

function nameOf({ ancestorTitles, title }) {
  return [...ancestorTitles, title].join(': ');
}

/** A pattern for -t, in which any quote of the shell is any character. */
function pattern(name) {
  return name
    .replaceAll(': ', ' ')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll("'", '.');
}

/** Without the frames of libraries, which say nothing about the system. */
function indented(message) {
  return message
    .split('\n')
    .filter((line) => !/^\s+at .*(node_modules|node:internal|\(native\)|<anonymous>)/.test(line))
    .map((line) => `    ${line}`)
    .join('\n');
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

module.exports = LineReporter;
