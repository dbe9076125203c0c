import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { SourceRefused } from '../../../src/application/ports/source.ts'
import { eventually } from '../../support/eventually.ts'
import { fetched, MANY_BYTES, serve, serveWords, sourcesFor, urlOf } from '../../support/sources.ts'

const unavailable = (message: string) => ({ name: 'SourceRefused', code: 'SOURCE_UNAVAILABLE', message })

const signal = new AbortController().signal

describe('The request', () => {
  test('says what is asked for and who asks, and nothing else', async () => {
    let sent: IncomingHttpHeaders = {}
    const listener = await serve(({ headers }, response) => {
      sent = headers
      response.end()
    })
    await fetched(sourcesFor([listener]), urlOf(listener))
    expect(sent).toStrictEqual({
      host: `127.0.0.2:${listener.port}`,
      connection: 'keep-alive',
      'user-agent': 'image-ledger',
      accept: '*/*',
      'accept-encoding': 'identity',
    })
  })

  test('sends no cookies back', async () => {
    const cookies: unknown[] = []
    const listener = await serve(({ headers, url }, response) => {
      cookies.push(headers.cookie)
      response.setHeader('set-cookie', 'secret=1')
      if (url === '/') response.writeHead(302, { location: '/there' })
      response.end()
    })
    await fetched(sourcesFor([listener]), urlOf(listener, '/'))
    expect(cookies).toStrictEqual([undefined, undefined])
  })

  test('knows no proxy of the environment', async () => {
    const proxy = await serve((_request, response) => response.end('of the proxy'))
    const listener = await serve((_request, response) => response.end('bytes'))
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])
      vi.stubEnv(name, name === 'NODE_USE_ENV_PROXY' ? '1' : urlOf(proxy))
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(String(await fetched(sourcesFor([listener]), urlOf(listener)))).toBe('bytes')
    expect(proxy.connections).toBe(0)
  })
})

describe('The size', () => {
  test('is known where the source says it', async () => {
    const listener = await serve((_request, response) => response.setHeader('content-length', 5).end('bytes'))
    const source = await sourcesFor([listener]).open(urlOf(listener), { signal, maxBytes: MANY_BYTES })
    expect(source.totalBytes).toBe(5n)
  })

  test('is not known where it comes in chunks', async () => {
    const listener = await serve((_request, response) => {
      response.write('by')
      response.end('tes')
    })
    const sources = sourcesFor([listener])
    const source = await sources.open(urlOf(listener), { signal, maxBytes: MANY_BYTES })
    expect(source.totalBytes).toBeNull()
    expect(String(await fetched(sources, urlOf(listener)))).toBe('bytes')
  })

  test('may be nothing', async () => {
    const listener = await serve((_request, response) => response.setHeader('content-length', 0).end())
    expect(await fetched(sourcesFor([listener]), urlOf(listener))).toHaveLength(0)
  })

  test('that is too small a word cuts what comes behind it', async () => {
    const listener = await serveWords(
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbytes and more',
      (socket) => socket.end(),
    )
    expect(String(await fetched(sourcesFor([listener]), urlOf(listener)))).toBe('bytes')
  })

  test.each([
    ['too large a word', 'content-length: 500\r\n\r\nbytes'],
    [
      'too large a word, and a connection that ends there',
      'connection: close\r\ncontent-length: 500\r\n\r\nbytes',
    ],
    ['a chunk that is cut', 'transfer-encoding: chunked\r\n\r\nff\r\nbytes'],
    ['chunks without an end', 'transfer-encoding: chunked\r\n\r\n5\r\nbytes\r\n'],
    [
      'chunks without an end, and a connection that ends there',
      'connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbytes\r\n',
    ],
  ])('does not pass for an end: %s', async (_what, words) => {
    for (const last of ['end', 'resetAndDestroy'] as const) {
      const listener = await serveWords(`HTTP/1.1 200 OK\r\n${words}`, (socket) => socket[last]())
      await expect(fetched(sourcesFor([listener]), urlOf(listener))).rejects.toMatchObject({
        name: 'SourceChanged',
        code: 'SOURCE_UNAVAILABLE',
      })
    }
  })
})

describe('An answer is refused', () => {
  test.each([201, 203, 204, 206, 300, 304, 400, 401, 403, 404, 416, 500, 503])(
    'of status %i',
    async (status) => {
      const listener = await serve((_request, response) => response.writeHead(status).end())
      await expect(fetched(sourcesFor([listener]), urlOf(listener))).rejects.toMatchObject(
        unavailable(`The source answered with HTTP status ${status}.`),
      )
      await eventually('the socket is free', () => listener.open === 0)
    },
  )

  const encoded = 'The source sends its bytes in an encoding, though none was asked for.'
  const improper = 'The source did not answer in proper HTTP.'

  test.each([
    [
      'of a Content-Encoding',
      'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi',
      encoded,
    ],
    [
      'of another transfer coding',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      encoded,
    ],
    [
      'that does not say where it ends',
      'HTTP/1.1 200 OK\r\n\r\nbytes',
      'The source does not say where its answer ends.',
    ],
    ['of HTTP/1.0 alike', 'HTTP/1.0 200 OK\r\n\r\nbytes', 'The source does not say where its answer ends.'],
    ['in another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n', improper],
    ['of two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi', improper],
    [
      'of a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      improper,
    ],
    ['of too many headers', `HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(1000)}\r\n`.repeat(20)}\r\n`, improper],
  ])('%s', async (_what, words, message) => {
    const listener = await serveWords(words, (socket) => socket.end())
    await expect(fetched(sourcesFor([listener]), urlOf(listener))).rejects.toMatchObject(unavailable(message))
  })

  test('that does not come', async () => {
    const silent = await serve(() => undefined)
    const sources = sourcesFor([silent], { timing: { answerMs: 50 } })
    await expect(fetched(sources, urlOf(silent))).rejects.toMatchObject(
      unavailable('The source did not answer in time.'),
    )
  })

  test('that is cut before it begins', async () => {
    const listener = await serveWords('', (socket) => socket.destroy())
    await expect(fetched(sourcesFor([listener]), urlOf(listener))).rejects.toMatchObject(
      unavailable('The connection to the source broke.'),
    )
  })

  test('where nobody listens', async () => {
    const gone = { port: 1 }
    await expect(fetched(sourcesFor([gone]), urlOf(gone))).rejects.toMatchObject(
      unavailable('The source could not be reached.'),
    )
  })

  test('of a name that is none', async () => {
    const sources = sourcesFor([])
    await expect(fetched(sources, 'http://there-is-no-such-name.invalid/')).rejects.toMatchObject(
      unavailable('The host of the source could not be resolved.'),
    )
  })
})

test('A bug is no refusal', async () => {
  const bug = new TypeError('of ours')
  const sources = sourcesFor([], { resolve: () => Promise.reject(bug) })
  await expect(fetched(sources, 'http://images.example/')).rejects.toBe(bug)
})

describe('What is said of a failure', () => {
  const secrets = ['body-secret', 'header-secret', '127.0.0', '::1', 'images.example', 'path-secret']

  test.each<[string, string]>([
    [
      'a status',
      'HTTP/1.1 403 reason: body-secret\r\nx-token: header-secret\r\ncontent-length: 11\r\n\r\nbody-secret',
    ],
    ['no HTTP', '-ERR header-secret body-secret\r\n'],
    [
      'an encoding',
      'HTTP/1.1 200 OK\r\ncontent-encoding: header-secret\r\ncontent-length: 11\r\n\r\nbody-secret',
    ],
    [
      'a redirect',
      'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/header-secret\r\ncontent-length: 0\r\n\r\n',
    ],
    ['a redirect to what is no URL', 'HTTP/1.1 302 Found\r\nlocation: http://[::1/header-secret\r\n\r\n'],
    [
      'a line that breaks',
      'HTTP/1.1 200 OK\r\netag: "header-secret"\r\ncontent-length: 50\r\n\r\nbody-secret',
    ],
    ['no answer', ''],
  ])('repeats nothing of the source or the network: %s', async (_what, words) => {
    const listener = await serveWords(words, (socket) => socket.end())
    const sources = sourcesFor([listener], { resolve: async () => ['127.0.0.2'], timing: { resumptions: 1 } })
    const url = `http://images.example:${listener.port}/path-secret`
    const refusal: unknown = await fetched(sources, url).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(SourceRefused)
    const said = `${(refusal as SourceRefused).message} ${JSON.stringify(refusal)}`
    for (const secret of [...secrets, String(listener.port)]) expect(said).not.toContain(secret)
    expect(refusal).not.toHaveProperty('cause')
  })

  test('names no host that cannot be resolved or reached', async () => {
    for (const resolve of [
      () =>
        Promise.reject(
          Object.assign(new Error('getaddrinfo ENOTFOUND images.example'), { code: 'ENOTFOUND' }),
        ),
      async () => ['127.0.0.2'],
      async () => ['127.0.0.1'],
      async () => [],
    ]) {
      const sources = sourcesFor([{ port: 1 }], { resolve })
      const refusal = await fetched(sources, 'http://images.example:1/').catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(SourceRefused)
      for (const secret of secrets) expect((refusal as SourceRefused).message).not.toContain(secret)
    }
  })
})
