/** Tests run on what ships: the compiled output. Only packages that exist as ES modules alone are transformed. */
/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: { 'node_modules/uuid/.+\\.js$': '@swc/jest' },
  transformIgnorePatterns: ['/node_modules/(?!uuid/)'],
  testTimeout: 60000,
};
