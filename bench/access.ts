import { join } from 'node:path'
import { openSqliteEventLog } from '../src/adapters/sqlite/event-log.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import type { ProjectId } from '../src/domain/kernel/ids.ts'
import { instantFromMillis } from '../src/domain/kernel/instant.ts'
import type { LedgerEvent } from '../src/domain/ledger-events.ts'
import type { Figure } from './measure.ts'
import { BENCH, history, type Owner, seedImages, seedWorld, T0 } from './seed.ts'
import { ask, type BenchService, latency, startBenchService } from './service.ts'

// What one project lists in a large catalog: its own images, what it accepted, and what is public or community.

const IMAGES = 1_000_000
const OTHERS = 500
/** Of a thousand images: so many are public, so many community, one is its own. */
const PUBLIC = 50
const COMMUNITY = 50
/** One in so many is another's, offered and accepted: 200 in all. */
const ACCEPTED_EACH = 5_000

const others: readonly Owner[] = Array.from({ length: OTHERS }, (_, n) => ({
  account: `other-${n}`,
  project: `other-project-${n}`,
}))

/** The n-th image: whose it is, and whom it is shown to. Every kind is spread over all of the catalog. */
const historyOf = (n: number): LedgerEvent[] => {
  const kind = n % 1_000
  if (kind === 0) return history(n)
  const events = history(n, others[n % OTHERS] ?? BENCH).slice(0, 3)
  const visibility = kind <= PUBLIC ? 'PUBLIC' : kind <= PUBLIC + COMMUNITY ? 'COMMUNITY' : null
  if (visibility !== null)
    return [...events, { type: 'ImageVisibilityChanged', data: { from: 'PRIVATE', visibility } }]
  if (n % ACCEPTED_EACH !== 501) return events
  const project = BENCH.project as ProjectId
  return [
    ...events,
    { type: 'ImageVisibilityChanged', data: { from: 'PRIVATE', visibility: 'SHARED' } },
    { type: 'ImageShared', data: { project, message: null, expiresAt: null } },
    { type: 'ImageShareAccepted', data: { project } },
  ]
}

const LIST = `query ($project: ID!, $after: String, $filter: ImageFilter, $orderBy: ImageOrder) {
  images(project: $project, first: 25, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { id name status sizeBytes format os version createdAt visibility }
    pageInfo { hasNextPage endCursor }
  }
}`
const FAMILY =
  'query ($project: ID!, $family: String!) { imageFamily(project: $project, family: $family) { name version } }'
const COUNT = 'query ($project: ID!) { images(project: $project, first: 1) { totalCount } }'

/** `directory` is empty, and takes some 6 GB. */
export const accessFigures = async (directory: string, port: number): Promise<Figure[]> => {
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: systemClock() })
  await seedWorld(log, [BENCH, ...others])
  await seedImages(log, IMAGES, historyOf)
  await log.close()
  const building = await startBenchService(directory, port)
  const peak = building.memory().peak
  await building.stop()
  const service = await startBenchService(directory, port)
  try {
    return [
      {
        what: 'catalog of 1,000,000 images built from the log',
        measured: building.startSeconds,
        unit: 's',
        limit: null,
        aim: '',
      },
      { what: '… its peak memory', measured: peak, unit: 'MB', limit: null, aim: '' },
      ...(await listFigures(service)),
      {
        what: '… memory of the service then',
        measured: service.memory().now,
        unit: 'MB',
        limit: null,
        aim: 'named',
      },
    ]
  } finally {
    await service.stop()
  }
}

const listFigures = async (service: BenchService): Promise<Figure[]> => {
  const list = (variables: object) => ({
    query: LIST,
    variables: { project: BENCH.project, ...variables } as object,
  })
  const after = await middleOf(service)
  const byName = { orderBy: { field: 'NAME', direction: 'ASC' } }
  const asked: readonly [string, ReturnType<typeof list>][] = [
    ['the first page', list({})],
    ['a page in the middle', list({ after })],
    ['a search, first page', list({ filter: { search: 'debian hardened' } })],
    ['a search, a page in the middle', list({ after, filter: { search: 'debian hardened' } })],
    ['a search that finds one', list({ filter: { search: 'debian-24.04-base-500001' } })],
    ['the first page by name', list(byName)],
    ['the first page of a family', list({ filter: { family: 'rocky-24.04-base' } })],
    ['imageFamily', { query: FAMILY, variables: { project: BENCH.project, family: 'rocky-24.04-base' } }],
    ['totalCount', { query: COUNT, variables: { project: BENCH.project } }],
    ['a search for the beginning of a word', list({ filter: { search: 'deb*' } })],
  ]
  const figures: Figure[] = []
  const trivial = await latency(service, { query: '{ viewer { subject } }' })
  for (const [what, body] of asked) {
    const { p50, p99 } = await latency(service, body)
    const name = `images, 25 of 101,200 seen of 1,000,000: ${what}`
    const aim = asked.findIndex(([other]) => other === what) < 4 ? 'under 15 ms' : ''
    figures.push(
      {
        what: `${name}, p50`,
        measured: p50,
        unit: 'ms',
        limit: { what: 'trivial query', value: trivial.p50 },
        aim: '',
      },
      {
        what: '… its p99',
        measured: p99,
        unit: 'ms',
        limit: { what: 'trivial query', value: trivial.p99 },
        aim,
      },
    )
  }
  return figures
}

/** Where the middle of the list is, by the time of creation. */
const middleOf = async (service: BenchService): Promise<string | undefined> => {
  const query = `query ($project: ID!, $before: DateTime) {
    images(project: $project, first: 1, filter: { createdBefore: $before }) { pageInfo { endCursor } } }`
  const before = instantFromMillis(T0 + (IMAGES / 2) * 1000)
  const { images } = (await ask(service, query, { project: BENCH.project, before })) as {
    images?: { pageInfo?: { endCursor?: string } }
  }
  return images?.pageInfo?.endCursor
}
