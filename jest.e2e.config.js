const { transform, moduleNameMapper, modulePathIgnorePatterns } = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/__tests__/e2e/**/*.e2e.ts'],
  modulePathIgnorePatterns,
  moduleNameMapper,
  transform,
  globalSetup: '<rootDir>/__tests__/e2e/support/setup.ts',
  globalTeardown: '<rootDir>/__tests__/e2e/support/teardown.ts',
  reporters: ['<rootDir>/__tests__/e2e/support/reporter.js'],
  testSequencer: '<rootDir>/__tests__/e2e/support/sequencer.js',
  maxWorkers: 1,
  testTimeout: 240_000,
};
