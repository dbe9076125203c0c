import { type Figure, medianOf } from './measure.ts'
import { BENCH, imageId } from './seed.ts'
import { ask, type BenchService, load } from './service.ts'

// What a client sees over HTTP, against a trivial query on the same server.

const SECONDS = 5
const trivialQuery = () => ({ query: '{ viewer { subject } }' })

const LIST = `query ($project: ID!, $after: String, $filter: ImageFilter, $orderBy: ImageOrder) {
  images(project: $project, first: 25, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { id name status sizeBytes format os version createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`

/** `service` holds at least 10,000 seeded images. */
export const graphqlFigures = async (service: BenchService): Promise<Figure[]> => {
  const list = (variables: object) => ({ query: LIST, variables: { project: BENCH.project, ...variables } })
  const pages: readonly [string, () => object][] = [
    ['the first page', () => list({})],
    ['pages all over the list', inTurn(await pagesAllOver(service, list))],
    ['a search, first page', () => list({ filter: { search: 'debian hardened' } })],
  ]
  const figures: Figure[] = []
  for (const connections of [1, 16]) {
    const trivial = await load(service, connections, SECONDS, trivialQuery)
    for (const [what, next] of pages) {
      await load(service, connections, 1, next)
      const measured = await load(service, connections, SECONDS, next)
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
    const trivial = await medianOf(
      3,
      async () => (await load(service, connections, 2, trivialQuery)).perSecond,
    )
    const measured = await medianOf(
      3,
      async () => (await load(service, connections, 2, nextUpdate)).perSecond,
    )
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

const inTurn = (bodies: readonly object[]): (() => object) => {
  let sent = 0
  return () => bodies[sent++ % bodies.length] ?? {}
}

let described = 0
/** Each is another change of another of the first 5,000 images: none is a repetition that writes nothing. */
export const nextUpdate = (): object => {
  described += 1
  const input = { image: imageId(described % 5_000), description: `Described over HTTP, ${described}` }
  return {
    query:
      'mutation ($input: ImageUpdateInput!) { imageUpdate(input: $input) { __typename ... on Image { id revision } } }',
    variables: { input },
  }
}
