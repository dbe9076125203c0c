import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { fetched, MANY_BYTES, serve, sourcesFor, urlOf } from '../../support/sources.ts'

const left = (listener: { readonly open: number }) =>
  eventually('the socket is free', () => listener.open === 0)

/** Sends without an end, as fast as it is taken. */
const endless = async (response: ServerResponse): Promise<void> => {
  const chunk = Buffer.alloc(64 * 1024)
  while (!response.destroyed)
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')])
}

/** A byte every few milliseconds. */
const dripping = async (response: ServerResponse, pauseMs: number): Promise<void> => {
  while (!response.destroyed) {
    response.write('x')
    await sleep(pauseMs)
  }
}

const consumed = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
  for await (const chunk of body) expect(chunk.byteLength).toBeGreaterThan(0)
}

describe('The size', () => {
  test('of an endless body is counted', async () => {
    const listener = await serve((_request, response) => void endless(response))
    await expect(fetched(sourcesFor([listener]), urlOf(listener), 1_000_000n)).rejects.toMatchObject({
      code: 'SIZE_LIMIT',
      message: 'The source sends more than 1000000 bytes, the most that is taken.',
    })
    await left(listener)
  })

  test.each([
    [9n, 'refused'],
    [10n, 'taken'],
  ])('may be the limit: of 10 bytes where it is %i they are %s', async (maxBytes, outcome) => {
    const listener = await serve((_request, response) => response.end('ten bytes!'))
    const came = await fetched(sourcesFor([listener]), urlOf(listener), maxBytes).then(
      () => 'taken',
      () => 'refused',
    )
    expect(came).toBe(outcome)
  })
})

describe('A source that is slow', () => {
  test('is given up', async () => {
    const listener = await serve((_request, response) => void dripping(response, 10))
    const sources = sourcesFor([listener], { minBytesPerSecond: 100_000, timing: { windowMs: 100 } })
    await expect(fetched(sources, urlOf(listener))).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: 'The source sends fewer than 100000 bytes a second.',
    })
    await left(listener)
  })

  test('is given up where nothing comes at all after the headers', async () => {
    const listener = await serve((_request, response) => response.flushHeaders())
    const sources = sourcesFor([listener], { timing: { windowMs: 50 } })
    await expect(fetched(sources, urlOf(listener))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    await left(listener)
  })

  test('is given up though it was fast before', async () => {
    const listener = await serve((_request, response) => {
      response.write(Buffer.alloc(100_000))
      void dripping(response, 10)
    })
    const sources = sourcesFor([listener], { minBytesPerSecond: 100_000, timing: { windowMs: 100 } })
    await expect(fetched(sources, urlOf(listener), 200_000n)).rejects.toMatchObject({
      message: 'The source sends fewer than 100000 bytes a second.',
    })
  })

  test('is not given up while it is fast enough in every window', async () => {
    const listener = await serve(async (_request, response) => {
      for (let chunks = 0; chunks < 15; chunks += 1) {
        response.write('x'.repeat(1000))
        await sleep(100)
      }
      response.end()
    })
    const sources = sourcesFor([listener], { timing: { windowMs: 1000 } })
    expect(await fetched(sources, urlOf(listener))).toHaveLength(15_000)
  })

  test('is another than a reader who is slow', async () => {
    const listener = await serve((_request, response) => response.end('x'.repeat(500_000)))
    const sources = sourcesFor([listener], { minBytesPerSecond: 100_000, timing: { windowMs: 1000 } })
    const { body } = await sources.open(urlOf(listener), {
      signal: new AbortController().signal,
      maxBytes: MANY_BYTES,
    })
    let bytes = 0
    for await (const chunk of body) {
      if (bytes === 0) await sleep(1500)
      bytes += chunk.byteLength
    }
    expect(bytes).toBe(500_000)
  })
})

describe('The time for one fetch', () => {
  const tooLong = {
    name: 'SourceRefused',
    code: 'SOURCE_UNAVAILABLE',
    message: 'Fetching the source took longer than 0.2 seconds.',
  }

  test('ends before the answer', async () => {
    const listener = await serve(() => undefined)
    await expect(
      fetched(sourcesFor([listener], { timeoutSeconds: 0.2 }), urlOf(listener)),
    ).rejects.toMatchObject(tooLong)
    await left(listener)
  })

  test('ends while the bytes come', async () => {
    const listener = await serve((_request, response) => void dripping(response, 5))
    await expect(
      fetched(sourcesFor([listener], { timeoutSeconds: 0.2 }), urlOf(listener)),
    ).rejects.toMatchObject(tooLong)
    await left(listener)
  })

  test('ends between two attempts to go on', async () => {
    let requests = 0
    const listener = await serve((_request, response) => {
      requests += 1
      if (requests > 1) return response.destroy()
      response.writeHead(200, { etag: '"1"', 'content-length': 10 })
      return response.write('hello', () => response.destroy())
    })
    await expect(
      fetched(sourcesFor([listener], { timeoutSeconds: 0.2 }), urlOf(listener)),
    ).rejects.toMatchObject(tooLong)
  })

  test('ends while a name is looked up', async () => {
    const sources = sourcesFor([], { timeoutSeconds: 0.2, resolve: () => new Promise(() => undefined) })
    await expect(fetched(sources, 'http://images.example/')).rejects.toMatchObject(tooLong)
  })
})

describe('Whoever fetches may end it', () => {
  const opening = () => {
    const controller = new AbortController()
    return { controller, given: { signal: controller.signal, maxBytes: MANY_BYTES } }
  }
  const enough = new Error('enough')

  test('before it begins: nobody connects', async () => {
    const listener = await serve((_request, response) => response.end())
    const { controller, given } = opening()
    controller.abort(enough)
    await expect(sourcesFor([listener]).open(urlOf(listener), given)).rejects.toBe(enough)
    expect(listener.connections).toBe(0)
  })

  test('before the answer', async () => {
    const { controller, given } = opening()
    const listener = await serve(() => controller.abort(enough))
    await expect(sourcesFor([listener]).open(urlOf(listener), given)).rejects.toBe(enough)
    await left(listener)
  })

  test('before the body is read, which then says so', async () => {
    const listener = await serve((_request, response) => void endless(response))
    const { controller, given } = opening()
    const { body } = await sourcesFor([listener]).open(urlOf(listener), given)
    controller.abort(enough)
    await left(listener)
    await expect(body[Symbol.asyncIterator]().next()).rejects.toBe(enough)
  })

  test('while the body is waited for', async () => {
    const listener = await serve((_request, response) => void response.write('x'))
    const { controller, given } = opening()
    const { body } = await sourcesFor([listener]).open(urlOf(listener), given)
    const bytes = body[Symbol.asyncIterator]()
    await bytes.next()
    const next = bytes.next()
    controller.abort(enough)
    await expect(next).rejects.toBe(enough)
    await left(listener)
  })

  test('between two attempts to go on', async () => {
    const { controller, given } = opening()
    let requests = 0
    const listener = await serve((_request, response) => {
      requests += 1
      if (requests > 3) controller.abort(enough)
      if (requests > 1) return response.destroy()
      response.writeHead(200, { etag: '"1"', 'content-length': 10 })
      return response.write('hello', () => response.destroy())
    })
    const { body } = await sourcesFor([listener]).open(urlOf(listener), given)
    await expect(consumed(body)).rejects.toBe(enough)
    expect(requests).toBe(4)
  })

  test('by reading no further', async () => {
    const listener = await serve((_request, response) => void endless(response))
    const { given } = opening()
    const { body } = await sourcesFor([listener]).open(urlOf(listener), given)
    for await (const chunk of body) {
      expect(chunk.byteLength).toBeGreaterThan(0)
      break
    }
    await left(listener)
  })

  test('and frees the socket by reading all', async () => {
    const listener = await serve((_request, response) => response.end('bytes'))
    await fetched(sourcesFor([listener]), urlOf(listener))
    await left(listener)
  })
})
