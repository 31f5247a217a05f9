import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** One project a kind of test (house style 7); the slow kinds get a longer leash. */
const kinds = [
  { name: 'unit', include: ['src/**/*.test.ts'], seconds: 30 },
  { name: 'architecture', include: ['test/architecture.test.ts'], seconds: 30 },
  { name: 'models', include: ['test/models/**/*.test.ts'], seconds: 120 },
  { name: 'golden', include: ['test/golden/**/*.test.ts'], seconds: 120 },
  { name: 'property', include: ['test/property/**/*.test.ts'], seconds: 300 },
  { name: 'corpus', include: ['test/corpus/**/*.test.ts'], seconds: 120 },
  { name: 'privacy', include: ['test/privacy/**/*.test.ts'], seconds: 120 },
  { name: 'fault', include: ['test/fault/**/*.test.ts'], seconds: 300 },
  { name: 'data', include: ['test/data/**/*.test.ts'], seconds: 600 },
  { name: 'pack', include: ['test/pack/**/*.test.ts'], seconds: 300 },
];

export default defineConfig({
  test: {
    // DuckDB is native code with threads of its own: a process per file keeps one crash from hiding others.
    pool: 'forks',
    // Not in a copy that has none: nothing is installed or built there.
    globalSetup: existsSync('package-lock.json') ? './scripts/prepare.js' : [],
    passWithNoTests: true,
    projects: kinds.map(({ name, include, seconds }) => ({
      extends: true,
      test: {
        name,
        include,
        environment: 'node',
        testTimeout: seconds * 1000,
        hookTimeout: seconds * 1000,
      },
    })),
  },
});
