import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import {
  certificate,
  EVERYWHERE,
  fetched,
  serve,
  serveSecurely,
  sourcesFor,
  urlOf,
} from '../../support/sources.ts'

const forbidden = (why: string) => ({ code: 'URL_FORBIDDEN', message: why })

/** Sends on to `location`, with a body that nobody should read. */
const sendingTo = (location: () => string, status = 302) =>
  serve((_request, response) => {
    response.writeHead(status, { location: location() })
    response.write('x'.repeat(1000))
  })

describe('A redirect', () => {
  test.each([301, 302, 303, 307, 308])('of status %i is followed', async (status) => {
    const target = await serve((_request, response) => response.end('bytes'))
    const listener = await sendingTo(() => urlOf(target), status)
    expect(String(await fetched(sourcesFor([listener, target]), urlOf(listener)))).toBe('bytes')
  })

  test('may be relative', async () => {
    const paths: (string | undefined)[] = []
    const listener = await serve(({ url }, response) => {
      paths.push(url)
      if (url === '/a/b?c') response.writeHead(302, { location: '../d?e#f' }).end()
      else response.end('bytes')
    })
    expect(String(await fetched(sourcesFor([listener]), urlOf(listener, '/a/b?c')))).toBe('bytes')
    expect(paths).toStrictEqual(['/a/b?c', '/d?e'])
  })

  test('is left at once, however long its body', async () => {
    const listener = await sendingTo(() => urlOf(target))
    const target = await serve(async (_request, response) => {
      await eventually('the redirect is left', () => listener.open === 0)
      response.end('bytes')
    })
    expect(String(await fetched(sourcesFor([listener, target]), urlOf(listener)))).toBe('bytes')
  })

  test.each([
    '127.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[::127.0.0.1]',
    '127.0.0.3',
  ])('to %s is refused, and nobody connects', async (host) => {
    const trap = await serve((_request, response) => response.end('secret'), EVERYWHERE)
    const listener = await sendingTo(() => `http://${host}:${trap.port}/`)
    await expect(fetched(sourcesFor([listener, trap]), urlOf(listener))).rejects.toMatchObject(
      forbidden('The source redirects to a URL that leads to an address that is not public.'),
    )
    expect([listener.connections, trap.connections]).toStrictEqual([1, 0])
  })

  test('to a name that leads to loopback is refused, and nobody connects', async () => {
    const trap = await serve((_request, response) => response.end('secret'), EVERYWHERE)
    const listener = await sendingTo(() => `http://inside.example:${trap.port}/`)
    const sources = sourcesFor([listener, trap], { resolve: async () => ['127.0.0.1'] })
    await expect(fetched(sources, urlOf(listener))).rejects.toMatchObject(
      forbidden('The host of the source leads to an address that is not public.'),
    )
    expect([listener.connections, trap.connections]).toStrictEqual([1, 0])
  })

  test.each([
    ['file:///etc/passwd', 'is neither http nor https'],
    ['http://me:secret@127.0.0.2/', 'holds a user name or a password'],
    ['http://127.0.0.2:1/', 'names a port that is not allowed'],
    [`http://127.0.0.2/${'a'.repeat(2048)}`, 'is longer than 2048 characters'],
  ])('to %s is refused', async (location, fault) => {
    const listener = await sendingTo(() => location)
    await expect(fetched(sourcesFor([listener]), urlOf(listener))).rejects.toMatchObject(
      forbidden(`The source redirects to a URL that ${fault}.`),
    )
  })

  test('from https to http is refused, and nobody connects', async () => {
    const plain = await serve((_request, response) => response.end('secret'))
    const listener = await serveSecurely((_request, response) =>
      response.writeHead(302, { location: urlOf(plain) }).end(),
    )
    const sources = sourcesFor([listener, plain], { ca: certificate.cert })
    for (const scheme of ['https', 'HTTPS'])
      await expect(fetched(sources, `${scheme}://127.0.0.2:${listener.port}/`)).rejects.toMatchObject(
        forbidden('The source redirects from https to http.'),
      )
    expect(plain.connections).toBe(0)
  })

  test('from http to https is followed', async () => {
    const secure = await serveSecurely((_request, response) => response.end('bytes'))
    const listener = await sendingTo(() => `https://127.0.0.2:${secure.port}/`)
    const sources = sourcesFor([listener, secure], { ca: certificate.cert })
    expect(String(await fetched(sources, urlOf(listener)))).toBe('bytes')
  })

  test.each([
    [undefined, 'The source redirects without saying where to.'],
    ['http://[::1', 'The source redirects to what is no URL.'],
  ])('to %j is refused', async (location, message) => {
    const listener = await serve((_request, response) =>
      response.writeHead(302, location === undefined ? {} : { location }).end(),
    )
    await expect(fetched(sourcesFor([listener]), urlOf(listener))).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message,
    })
  })
})

describe('Redirects in a row', () => {
  /** Sends on from /5 to /4 and so on until /0. */
  const chain = () =>
    serve(({ url = '' }, response) => {
      const left = Number(url.slice(1))
      if (left === 0) response.end('bytes')
      else response.writeHead(302, { location: `/${left - 1}` }).end()
    })

  test('may be five', async () => {
    const listener = await chain()
    expect(String(await fetched(sourcesFor([listener]), urlOf(listener, '/5')))).toBe('bytes')
  })

  test('may not be six', async () => {
    const listener = await chain()
    await expect(fetched(sourcesFor([listener]), urlOf(listener, '/6'))).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: 'The source redirects more than 5 times.',
    })
  })

  test('in a circle come to an end', async () => {
    let requests = 0
    const listener = await serve((_request, response) => {
      requests += 1
      response.writeHead(302, { location: '/' }).end()
    })
    await expect(fetched(sourcesFor([listener]), urlOf(listener))).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    })
    expect(requests).toBe(6)
  })
})
