/** The arrows of docs/ARCHITECTURE.md, enforced. */
const between = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to })

module.exports = {
  forbidden: [
    between('no-cycles', {}, { circular: true }, 'A cycle has no layers.'),
    between(
      'domain-is-pure',
      { path: '^src/domain/' },
      { pathNot: ['^src/domain/', '^node_modules/(fp-ts|zod|immutable|currency-codes)/'] },
      'No I/O, no clock, no randomness: nothing but fp-ts, zod, persistent maps and the list of currencies.',
    ),
    between(
      'kernel-stands-alone',
      { path: '^src/domain/kernel/' },
      { path: '^src/domain/(?!kernel/)' },
      'The kernel knows no aggregate.',
    ),
    between(
      'aggregates-are-strangers',
      { path: '^src/domain/(image|account|project|location|pricing|billing)/' },
      {
        path: '^src/domain/(image|account|project|location|pricing|billing|access)/',
        pathNot: '^src/domain/$1/',
      },
      'Aggregates do not import each other.',
    ),
    between(
      'application-knows-the-domain-only',
      { path: '^src/application/' },
      { path: '^src/(projections|graphql|adapters|main|migrate|stores|readings)' },
      'Use cases reach the world through their ports.',
    ),
    between(
      'projections-know-the-domain-only',
      { path: '^src/projections/' },
      { path: '^src/(application/(?!ports/)|graphql|adapters|main|migrate|stores|readings)' },
      'A read model is a function of events.',
    ),
    between(
      'graphql-knows-no-adapter',
      { path: '^src/graphql/' },
      { path: '^src/(adapters|main|migrate|stores|readings)' },
      'main.ts wires.',
    ),
    between(
      'adapters-implement-ports',
      { path: '^src/adapters/(?!http/)' },
      { path: '^src/(graphql|main|migrate|stores|readings|application/(?!ports/))' },
      'An adapter knows ports and domain values.',
    ),
    between(
      'only-main-knows-adapters',
      { path: '^src/(?!adapters/|main\\.ts|migrate\\.ts|stores\\.ts)' },
      { path: '^src/adapters/' },
      'Parts meet in the service and in the migration, and nowhere else.',
    ),
    between(
      'loaded-where-it-is-asked-for',
      { path: ['^src/(main|stores)\\.ts', '^src/adapters/http-source/sources\\.ts'] },
      {
        path: ['^src/adapters/(eventstoredb|minio)/', '^src/adapters/http-source/open\\.ts'],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
      'Clients of other servers take tens of megabytes that the embedded service has no use for.',
    ),
    between(
      'watched-from-outside',
      { path: '^src/(?!adapters/telemetry/)' },
      { path: '^node_modules/(prom-client|@opentelemetry)/' },
      'What is measured knows nothing of how: decorators and observers do it.',
    ),
    between(
      'no-test-code-in-src',
      { path: '^src/' },
      { path: '^(test|bench)/' },
      'The product does not know its tests.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
