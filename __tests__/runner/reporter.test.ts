import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LineReporter = require('../e2e/runner/reporter');

const TEST = { path: '/somewhere/backup.e2e.ts' };
const PERF = { start: Date.now(), end: Date.now() + 1000 };

interface Check {
  readonly title: string;
  readonly status: string;
  readonly failureMessages?: string[];
}

/** What is printed of a run of one suite. */
function printed(checks: Check[], facts: object = {}): string {
  process.env.E2E_FACTS = JSON.stringify(facts);
  const said: string[] = [];
  const written = jest.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(`${text}`) > 0);
  try {
    const reporter = new LineReporter();
    const testResults = checks.map((one) => ({
      ancestorTitles: ['backup'],
      failureMessages: [],
      duration: 1000,
      ...one,
    }));
    for (const result of testResults.filter(({ status }) => status !== 'pending')) {
      reporter.onTestCaseResult(TEST, result);
    }
    reporter.onTestResult(TEST, { testFilePath: TEST.path, testResults, perfStats: PERF });
    reporter.onRunComplete([], { numTotalTestSuites: 1, numTotalTests: checks.length });
  } finally {
    written.mockRestore();
    delete process.env.E2E_FACTS;
  }
  return said.join('');
}

describe('the reporter of the end-to-end tests', () => {
  it('ends with the sums', () => {
    const said = printed([{ title: 'is made', status: 'passed' }]);
    expect(said).toContain('✓ backup: is made (1.0 s)\n');
    expect(said).toMatch(/\n1 passed, 0 failed, 0 skipped {2}\(0 min 0 s\)\n$/);
  });

  it('says how what failed is repeated alone', () => {
    const said = printed([
      { title: "goes (now) into another's", status: 'failed', failureMessages: ['Error: no room'] },
    ]);
    expect(said).toContain("✗ backup: goes (now) into another's\n    Error: no room\n");
    const command = "npm run e2e:all -- /backup.e2e -t 'backup goes \\(now\\) into another.s'";
    expect(said).toContain(`    to repeat it alone: ${command}\n`);
    expect(said).toContain(`To repeat alone what failed:\n  ${command}\n`);
  });

  it('counts a set-up that failed once, and the checks behind it as not run', () => {
    const failureMessages = ['SetUpFailed: the database did not come\n    at x.ts:1'];
    const said = printed(['one', 'two', 'three'].map((title) => ({ title, status: 'failed', failureMessages })));
    expect(said.match(/the database did not come/g)).toHaveLength(1);
    expect(said).toContain('✗ backup: set-up\n');
    expect(said).toContain('- backup: three: not run\n');
    expect(said).toMatch(/\n0 passed, 1 failed, 0 skipped, 3 not run {2}\(.*\)\n$/);
  });

  it('counts what comes after the limit of its suite as not run', () => {
    const said = printed([
      {
        title: 'one',
        status: 'failed',
        failureMessages: ['Error: the 3 minutes of the suite are over; it waits for x'],
      },
      { title: 'two', status: 'failed', failureMessages: ['Error: not run: the 3 minutes of the suite are over'] },
    ]);
    expect(said).toMatch(/\n0 passed, 1 failed, 0 skipped, 1 not run/);
  });

  it('gives the reasons of what is skipped, and is silent of what was not asked for', () => {
    const said = printed([
      { title: 'into a bucket: skipped: set E2E_S3_IMAGE', status: 'pending' },
      { title: 'left out by -t', status: 'pending' },
      { title: 'is made', status: 'passed' },
    ]);
    expect(said).toContain('skipped:\n  1 × set E2E_S3_IMAGE\n');
    expect(said).not.toContain('left out');
    expect(said).toMatch(/\n1 passed, 0 failed, 1 skipped/);
  });

  it('counts what was done once more, and says what of the cluster had failed', () => {
    const record = mkdtempSync(join(tmpdir(), 'reporter-'));
    writeFileSync(join(record, 'repeated'), '{"check":"backup is made","cause":"node minikube is not ready"}\n');
    const said = printed([{ title: 'is made', status: 'passed' }], { record });
    expect(said).toContain('repeated, as the cluster had failed:\n  backup is made: node minikube is not ready\n');
    expect(said).toMatch(/\n1 passed, 0 failed, 0 skipped, 1 repeated/);
  });
});
