/** One line for each check as it happens, and the sums at the end. */
class LineReporter {
  #sums = { passed: 0, failed: 0, skipped: 0 };
  #started = Date.now();
  #setupFailed = false;

  onTestCaseResult(_test, result) {
    this.#check(result);
  }

  /** Skipped checks never start, so they are known with their file. */
  onTestResult(_test, result) {
    for (const skipped of result.testResults.filter(({ status }) => status === 'pending')) {
      this.#sums.skipped++;
      print(`- ${nameOf(skipped)}`);
    }
    if (result.testExecError && result.testResults.length === 0) {
      this.#sums.failed++;
      print(`✗ ${result.testFilePath}\n${indented(result.failureMessage ?? result.testExecError.message)}`);
    }
  }

  onRunComplete(_contexts, results) {
    if (results.numTotalTestSuites === 0 || (results.numTotalTests === 0 && this.#sums.failed === 0)) {
      this.#setupFailed = true;
    }
    const seconds = Math.round((Date.now() - this.#started) / 1000);
    const { passed, failed, skipped } = this.#sums;
    print(
      `\n${passed} passed, ${failed} failed, ${skipped} skipped  (${Math.floor(seconds / 60)} min ${seconds % 60} s)`,
    );
  }

  getLastError() {
    return this.#setupFailed ? new Error('no check ran') : undefined;
  }

  #check(result) {
    const name = nameOf(result);
    if (result.status === 'passed') {
      this.#sums.passed++;
      print(`✓ ${name} (${((result.duration ?? 0) / 1000).toFixed(1)} s)`);
    } else if (result.status === 'failed') {
      this.#sums.failed++;
      print(`✗ ${name} (${((result.duration ?? 0) / 1000).toFixed(1)} s)`);
      for (const message of result.failureMessages) {
        print(indented(message));
      }
    }
  }
}

function nameOf({ ancestorTitles, title }) {
  return [...ancestorTitles, title].join(': ');
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
