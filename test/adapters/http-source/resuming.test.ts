import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../support/random.ts'
import { testSize } from '../../support/size.ts'
import { fetched, type Listener, serve, sourcesFor, startOf, urlOf } from '../../support/sources.ts'

const bytesOf = (seed: number, length: number): Buffer => {
  const random = seeded(seed)
  return Buffer.from(Array.from({ length }, () => random(256)))
}

const image = bytesOf(1, 300_000)
const ETAG = '"the first"'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

type Handler = (request: IncomingMessage, response: ServerResponse) => void

interface Serving {
  readonly bytes?: Buffer
  readonly etag?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers with all from `start` on, as HTTP wants it, and cuts the line before the byte `cut`. */
const answer = (
  response: ServerResponse,
  start: number | null,
  cut = Number.POSITIVE_INFINITY,
  { bytes = image, etag = ETAG, headers = {} }: Serving = {},
): void => {
  response.writeHead(start === null ? 200 : 206, {
    'content-length': bytes.length - (start ?? 0),
    ...(etag === null ? {} : { etag }),
    ...(start === null ? {} : { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    ...headers,
  })
  const rest = bytes.subarray(start ?? 0)
  if (cut >= bytes.length) response.end(rest)
  else response.write(bytes.subarray(start ?? 0, cut), () => response.destroy())
}

/** Answers the first request with a line that breaks after 100,000 bytes, and later ones by `later`. */
const breaking = async (later: Handler, serving: Serving = {}) => {
  const requests: IncomingMessage[] = []
  const listener = await serve((request, response) => {
    requests.push(request)
    if (requests.length === 1) answer(response, null, 100_000, serving)
    else later(request, response)
  })
  return { listener, requests, url: urlOf(listener) }
}

const from = (listener: Listener, resumptions = 50) => sourcesFor([listener], { timing: { resumptions } })

const CHANGED = { name: 'SourceChanged', code: 'SOURCE_UNAVAILABLE' }

describe('A line that breaks', () => {
  test('is taken up where it broke, at 20 places that nobody chose', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: image.length - 1 }), { minLength: 20, maxLength: 20 }),
        async (places) => {
          const cuts = places.toSorted((a, b) => a - b)
          const listener = await serve((request, response) => {
            const start = startOf(request)
            answer(
              response,
              start,
              cuts.find((cut) => cut > (start ?? 0)),
            )
          })
          // One byte in a window is enough.
          const sources = sourcesFor([listener], { minBytesPerSecond: 0.01 })
          const bytes = await fetched(sources, urlOf(listener))
          expect(sha256(bytes)).toBe(sha256(image))
          expect(listener.connections).toBeGreaterThan(1)
        },
      ),
      { numRuns: testSize(3, 50) },
    )
  })

  test('is taken up by Range and If-Range, on the version that was begun', async () => {
    const { listener, requests, url } = await breaking((request, response) =>
      answer(response, startOf(request)),
    )
    expect(sha256(await fetched(from(listener), url))).toBe(sha256(image))
    expect(requests.map(({ headers }) => [headers.range, headers['if-range']])).toStrictEqual([
      [undefined, undefined],
      [expect.stringMatching(/^bytes=\d+-$/), ETAG],
    ])
  })

  test('is taken up behind redirects anew, for what they give out may expire', async () => {
    const paths: (string | undefined)[] = []
    const listener = await serve((request, response) => {
      paths.push(request.url)
      if (request.url === '/') response.writeHead(302, { location: `/${paths.length}` }).end()
      else answer(response, startOf(request), paths.length === 2 ? 100_000 : undefined)
    })
    expect(sha256(await fetched(from(listener), urlOf(listener, '/')))).toBe(sha256(image))
    expect(paths).toStrictEqual(['/', '/1', '/', '/3'])
  })

  test('is tried again while the source is out of order', async () => {
    let failures = 0
    const { listener, url } = await breaking((request, response) => {
      failures += 1
      if (failures === 1) response.destroy()
      else if (failures <= 4) response.writeHead([429, 500, 503][failures - 2] ?? 0).end()
      else answer(response, startOf(request))
    })
    expect(sha256(await fetched(from(listener), url))).toBe(sha256(image))
    expect(failures).toBe(5)
  })

  test('is taken up again where what follows ends too early, properly or not', async () => {
    let attempts = 0
    const { listener, url } = await breaking((request, response) => {
      attempts += 1
      const start = startOf(request) ?? 0
      if (attempts > 1) return answer(response, start)
      response.writeHead(206, { etag: ETAG, 'content-range': `bytes ${start}-299999/300000` })
      response.end(image.subarray(start, start + 1000))
    })
    expect(sha256(await fetched(from(listener), url))).toBe(sha256(image))
    expect(attempts).toBe(2)
  })

  test('is given up after so many attempts in a row that lead nowhere', async () => {
    const { listener, requests, url } = await breaking((_request, response) => response.destroy())
    await expect(fetched(from(listener, 3), url)).rejects.toMatchObject({
      name: 'SourceRefused',
      code: 'SOURCE_UNAVAILABLE',
      message: 'The connection to the source broke, and 3 attempts to go on failed.',
    })
    expect(requests).toHaveLength(4)
  })

  test('is given up where each attempt brings but a few bytes', async () => {
    const { listener, requests, url } = await breaking((request, response) => {
      const start = startOf(request)
      answer(response, start, (start ?? 0) + 1)
    })
    // 30 bytes a second over a window of a second are the least.
    const sources = sourcesFor([listener], {
      minBytesPerSecond: 30,
      timing: { windowMs: 1000, resumptions: 5 },
    })
    await expect(fetched(sources, url)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    expect(requests).toHaveLength(6)
  })

  test('is given up at once where the source withdraws the bytes', async () => {
    const { listener, requests, url } = await breaking((_request, response) => response.writeHead(404).end())
    await expect(fetched(from(listener), url)).rejects.toMatchObject({
      name: 'SourceRefused',
      message: 'The source answered with HTTP status 404.',
    })
    expect(requests).toHaveLength(2)
  })

  test('of chunks is taken up too', async () => {
    let requests = 0
    const listener = await serve((request, response) => {
      requests += 1
      if (requests === 2) return answer(response, startOf(request))
      response.writeHead(200, { etag: ETAG })
      response.write(image.subarray(0, 100_000), () => response.destroy())
    })
    expect(sha256(await fetched(from(listener), urlOf(listener)))).toBe(sha256(image))
  })
})

describe('Bytes are never spliced: it begins anew', () => {
  const other = bytesOf(2, image.length)

  test.each<[string, Handler]>([
    [
      'where the ETag changed, and the source heeds If-Range',
      (_request, response) => answer(response, null, undefined, { bytes: other, etag: '"the second"' }),
    ],
    [
      'where the ETag changed, and the source does not',
      (request, response) =>
        answer(response, startOf(request), undefined, { bytes: other, etag: '"the second"' }),
    ],
    [
      'where the ETag has become weak',
      (request, response) => answer(response, startOf(request), undefined, { etag: `W/${ETAG}` }),
    ],
    [
      'where the ETag is missing',
      (request, response) => {
        const start = startOf(request) ?? 0
        response.writeHead(206, { 'content-range': `bytes ${start}-299999/300000` })
        response.end(image.subarray(start))
      },
    ],
    [
      'where the source says that it is all',
      (request, response) => {
        const start = startOf(request) ?? 0
        response.writeHead(200, {
          etag: ETAG,
          'content-length': image.length - start,
          'content-range': `bytes ${start}-299999/300000`,
        })
        response.end(other.subarray(start))
      },
    ],
    ['where the source knows no Range', (_request, response) => answer(response, null)],
    [
      'where the source sends a 206 without Content-Range',
      (request, response) =>
        response.writeHead(206, { etag: ETAG }).end(image.subarray(startOf(request) ?? 0)),
    ],
    ...(
      [
        ['another start', (start) => `bytes ${start + 1}-299999/300000`],
        ['the beginning', () => 'bytes 0-299999/300000'],
        ['an earlier end', (start) => `bytes ${start}-299998/300000`],
        ['a later end', (start) => `bytes ${start}-300000/300000`],
        ['another size', (start) => `bytes ${start}-300000/300001`],
        ['an unknown size', (start) => `bytes ${start}-299999/*`],
        ['another unit', (start) => `lines ${start}-299999/300000`],
      ] satisfies [string, (start: number) => string][]
    ).map(([what, range]): [string, Handler] => [
      `where the Content-Range names ${what}`,
      (request, response) =>
        answer(response, startOf(request), undefined, {
          headers: { 'content-range': range(startOf(request) ?? 0) },
        }),
    ]),
    ['where there is nothing behind', (_request, response) => response.writeHead(416).end()],
    [
      'where more comes than is left',
      (request, response) => {
        const start = startOf(request) ?? 0
        response.writeHead(206, { etag: ETAG, 'content-range': `bytes ${start}-299999/300000` })
        response.end(Buffer.concat([image.subarray(start), other]))
      },
    ],
  ])('%s', async (_what, later) => {
    const { listener, requests, url } = await breaking(later)
    await expect(fetched(from(listener), url)).rejects.toMatchObject(CHANGED)
    expect(requests).toHaveLength(2)
  })

  test.each([
    ['no ETag', null],
    ['a weak ETag', `W/${ETAG}`],
    ['what is no ETag', 'the first'],
  ])('where there is %s to begin with', async (_what, etag) => {
    const { listener, requests, url } = await breaking((_request, response) => response.end(), { etag })
    await expect(fetched(from(listener), url)).rejects.toMatchObject(CHANGED)
    expect(requests).toHaveLength(1)
  })

  test('and the next time all of the new version comes', async () => {
    const { listener, url } = await breaking((_request, response) =>
      answer(response, null, undefined, { bytes: other, etag: '"the second"' }),
    )
    const sources = from(listener)
    await expect(fetched(sources, url)).rejects.toMatchObject(CHANGED)
    expect(sha256(await fetched(sources, url))).toBe(sha256(other))
  })
})
