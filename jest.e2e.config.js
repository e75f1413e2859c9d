const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { headOf, LANES } = require('./__tests__/e2e/runner/head');
const { transform, moduleNameMapper, modulePathIgnorePatterns } = require('./jest.config.js');

const FOLDER = join(__dirname, '__tests__/e2e');
const lanes = (process.env.E2E_LANES ?? LANES.join()).split(',');
const suites = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.e2e.ts'))
  .map((name) => join(FOLDER, name))
  .filter((path) => lanes.includes(headOf(path).lane));

/** @type {import('jest').Config} */
module.exports = {
  testMatch: suites.length > 0 ? suites : ['<rootDir>/no-suite'],
  modulePathIgnorePatterns,
  moduleNameMapper,
  transform,
  globalSetup: '<rootDir>/__tests__/e2e/runner/setup.ts',
  globalTeardown: '<rootDir>/__tests__/e2e/runner/teardown.ts',
  reporters: ['<rootDir>/__tests__/e2e/runner/reporter.js'],
  runner: '<rootDir>/__tests__/e2e/runner/lanes.js',
  // of each suite, which has a process of its own
  maxWorkers: 1,
  workerGracefulExitTimeout: 5000,
  testTimeout: 240_000,
  // a lane may have no suite yet; a pattern that matches none is a mistake
  passWithNoTests: suites.length === 0,
};
