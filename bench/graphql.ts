import { type Figure, medianOf } from './measure.ts'
import { BENCH, imageId } from './seed.ts'
import { ask, type BenchService, load } from './service.ts'

// What a client sees over HTTP, against a trivial query on the same server.

const SECONDS = 5
const TRIVIAL = [{ query: '{ viewer { subject } }' }]

const LIST = `query ($project: ID!, $after: String, $filter: ImageFilter, $orderBy: ImageOrder) {
  images(project: $project, first: 25, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { id name status sizeBytes format os version createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`

/** `service` holds at least 10,000 seeded images. */
export const graphqlFigures = async (service: BenchService): Promise<Figure[]> => {
  const list = (variables: object) => ({ query: LIST, variables: { project: BENCH.project, ...variables } })
  const pages: readonly [string, readonly object[]][] = [
    ['the first page', [list({})]],
    ['pages all over the list', await pagesAllOver(service, list)],
    ['a search, first page', [list({ filter: { search: 'debian hardened' } })]],
  ]
  const figures: Figure[] = []
  for (const connections of [1, 16]) {
    const trivial = await load(service, connections, SECONDS, TRIVIAL)
    for (const [what, bodies] of pages) {
      await load(service, connections, 1, bodies)
      const measured = await load(service, connections, SECONDS, bodies)
      const limit = { what: 'trivial query', value: trivial.perSecond }
      const name = `images, 25 of 100,000, ${what}, ${connections} at once`
      figures.push({
        what: name,
        measured: measured.perSecond,
        unit: 'requests/s',
        limit,
        aim: connections === 16 ? '2,500/s; 60 %' : '60 %',
      })
      figures.push({
        what: `… its p50 (trivial: ${trivial.p50} ms)`,
        measured: measured.p50,
        unit: 'ms',
        limit: null,
        aim: '',
      })
      figures.push({
        what: `… its p99 (trivial: ${trivial.p99} ms)`,
        measured: measured.p99,
        unit: 'ms',
        limit: null,
        aim: connections === 1 ? 'under 10 ms' : '',
      })
    }
  }
  for (const connections of [1, 64]) {
    const trivial = await medianOf(3, async () => (await load(service, connections, 2, TRIVIAL)).perSecond)
    const measured = await medianOf(3, async () => (await load(service, connections, 2, updates())).perSecond)
    figures.push({
      what: `imageUpdate through GraphQL, ${connections} at once`,
      measured,
      unit: 'commands/s',
      limit: { what: 'trivial query', value: trivial },
      aim: '60 %',
    })
  }
  return figures
}

/** Fifty cursors, 100 images apart, so that the pages are read from everywhere. */
const pagesAllOver = async (
  service: BenchService,
  list: (variables: object) => object,
): Promise<object[]> => {
  const walk = `query ($project: ID!, $after: String) {
    images(project: $project, first: 100, after: $after) { pageInfo { endCursor } } }`
  const bodies: object[] = []
  let after: string | undefined
  for (let page = 0; page < 50; page += 1) {
    const { images } = (await ask(service, walk, { project: BENCH.project, after })) as {
      images?: { pageInfo?: { endCursor?: string } }
    }
    after = images?.pageInfo?.endCursor
    bodies.push(list({ after }))
  }
  return bodies
}

let described = 0
const updates = (): object[] =>
  Array.from({ length: 500 }, (_, n) => {
    described += 1
    return {
      query:
        'mutation ($input: ImageUpdateInput!) { imageUpdate(input: $input) { __typename ... on Image { id revision } } }',
      variables: { input: { image: imageId(n), description: `Described over HTTP, ${described}` } },
    }
  })
