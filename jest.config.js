/** Tests run on what ships: the compiled output. Only packages that exist as ES modules alone are transformed. */
const MODULES = ['uuid', 'iso-3166', 'jose', 'age-encryption', '@noble/[^/]+', '@scure/base'].join('|');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: { [`node_modules/(?:${MODULES})/.+\\.js$`]: '@swc/jest' },
  transformIgnorePatterns: [`/node_modules/(?!(?:${MODULES})/)`],
  testTimeout: 60000,
  // Never all in one process, where what one suite leaves weighs on the next; more than two would want memory for each.
  maxWorkers: 2,
  // A process is replaced between two suites when it has grown: V8 no longer optimises regular expressions where very much
  // code was compiled, and then texts of many million characters overflow their stack.
  workerIdleMemoryLimit: '300MB',
  globalSetup: '<rootDir>/dist/test/support/mongo-server.js',
  globalTeardown: '<rootDir>/dist/test/support/mongo-server-stop.js',
};
