/** @type {import('jest').Config} */
module.exports = {
  // most tests wait for programs that they have started, also on a machine of two cores, where jest takes one by itself
  maxWorkers: '100%',
  testMatch: ['**/__tests__/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/__tests__/e2e/'],
  globalSetup: '<rootDir>/__tests__/support/setup.js',
  modulePathIgnorePatterns: ['<rootDir>/.build/', '<rootDir>/lib/'],
  moduleNameMapper: { '^cdk8s-services$': '<rootDir>/constructs', '^execa$': '<rootDir>/.build/jest/execa.js' },
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022', keepClassNames: true } }],
  },
  collectCoverageFrom: ['{chart,cli,constructs,dashboards,environments}/**/*.ts', 'main.ts'],
  coverageDirectory: '.build/coverage',
  coverageReporters: ['text-summary', 'html'],
  // a process that a test starts may have to wait for others on a busy machine
  testTimeout: 30_000,
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
};
