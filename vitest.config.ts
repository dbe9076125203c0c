import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Node runs the sources itself: one module graph, so that `graphql` exists once.
    experimental: { viteModuleRunner: false },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // All cores, for nobody else works here meanwhile: vitest leaves one alone.
    maxWorkers: '100%',
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      // All tests, over the embedded log and the file system where they do not say otherwise.
      {
        extends: true,
        test: { name: 'embedded', env: { STORES: 'embedded' }, include: ['test/**/*.test.ts'] },
      },
      // What the service promises once more as several nodes have it, over EventStoreDB and S3: test/support/stores.ts.
      {
        extends: true,
        test: {
          name: 'nodes',
          env: { STORES: 'nodes' },
          // What is loaded once serves all files of a worker: that is a third of the time.
          isolate: false,
          setupFiles: ['test/support/stop-stores.ts'],
          include: ['test/{application,graphql,journeys}/**/*.test.ts'],
          exclude: [
            // These keep nothing in a store.
            'test/application/command.test.ts',
            'test/application/reactions/run.test.ts',
            'test/graphql/{access-rules,schema}.test.ts',
            'test/journeys/{key-set,tokens}.test.ts',
            // What moves to them comes from the embedded stores.
            'test/application/migration/**',
            'test/journeys/migration.test.ts',
            // Dev mode is for the embedded store alone.
            'test/journeys/dev-mode.test.ts',
            // How a process ends does not depend on its stores.
            'test/journeys/stop.test.ts',
            // The disk is that of the embedded stores.
            'test/journeys/full-disk.test.ts',
            // Run over EventStoreDB and S3 in any case.
            'test/journeys/{several-nodes,read-your-writes,read-model-copies,resumable-uploads-on-nodes}.test.ts',
          ],
        },
      },
    ],
  },
})
