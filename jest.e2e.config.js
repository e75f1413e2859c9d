const { transform, moduleNameMapper, modulePathIgnorePatterns } = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/__tests__/e2e/**/*.e2e.ts'],
  modulePathIgnorePatterns,
  moduleNameMapper,
  transform,
  globalSetup: '<rootDir>/__tests__/e2e/runner/setup.ts',
  globalTeardown: '<rootDir>/__tests__/e2e/runner/teardown.ts',
  reporters: ['<rootDir>/__tests__/e2e/runner/reporter.js'],
  testSequencer: '<rootDir>/__tests__/e2e/runner/sequencer.js',
  maxWorkers: 1,
  testTimeout: 240_000,
};
