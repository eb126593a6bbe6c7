// Packages that are ES modules but are require()d by CommonJS ones: Jest cannot do that before Node 24.9.
const requiredEsm = '(?:cookie|content-disposition)';
const commonjs = {
  allowJs: true,
  module: 'commonjs',
  target: 'es2022',
  isolatedModules: true,
  ignoreDeprecations: '6.0',
};

export default {
  testEnvironment: 'node',
  // 'source' makes '#lib' imports resolve to TypeScript sources, as in tsconfig's customConditions.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'tsconfig.json' }],
    [`/node_modules/${requiredEsm}/.+\\.js$`]: ['ts-jest', { diagnostics: false, tsconfig: commonjs }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?${requiredEsm}/)`],
  setupFiles: ['<rootDir>/test/setup.ts'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
  // Tests start real processes, on machines that may be busy.
  testTimeout: 60_000,
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  // What one test file loaded stays in memory after it: without fresh workers the last files take five times as long.
  workerIdleMemoryLimit: '700MB',
  maxWorkers: 2,
};
