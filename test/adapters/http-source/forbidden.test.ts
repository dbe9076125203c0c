import { describe, expect, test } from 'vitest'
import { guardedConnector } from '../../../src/adapters/http-source/connector.ts'
import { httpSources } from '../../../src/adapters/http-source/sources.ts'
import { eventually } from '../../support/eventually.ts'
import { EVERYWHERE, fetched, hasIPv6, type Listener, serve, sourcesFor } from '../../support/sources.ts'

const NOT_PUBLIC = { code: 'URL_FORBIDDEN', message: 'The URL leads to an address that is not public.' }
const HOST_NOT_PUBLIC = {
  code: 'URL_FORBIDDEN',
  message: 'The host of the source leads to an address that is not public.',
}

const everywhere = (): Promise<Listener> => serve((_request, response) => response.end('secret'), EVERYWHERE)

const none = { allowCidrs: [] }

/** Names that resolve as told, one list of addresses after the other, and how often they were asked for. */
const resolving = (...answers: readonly (readonly string[])[]) => {
  const asked: string[] = []
  const resolve = async (hostname: string) => {
    asked.push(hostname)
    return answers[Math.min(asked.length, answers.length) - 1] ?? []
  }
  return { asked, resolve }
}

describe('An address in the URL that is not public is refused, and nobody connects', () => {
  test.each([
    '127.0.0.1',
    '127.0.0.2',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '①②⑦.⓪.⓪.①',
    '0',
    '0.0.0.0',
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '169.254.169.254',
  ])('%s', async (host) => {
    const listener = await everywhere()
    const sources = sourcesFor([listener], none)
    const url = `http://${host}:${listener.port}/latest`
    expect(sources.check(url)).toStrictEqual(NOT_PUBLIC)
    await expect(fetched(sources, url)).rejects.toMatchObject({ name: 'SourceRefused', ...NOT_PUBLIC })
    expect(listener.connections).toBe(0)
  })

  test.each([
    '127.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '0.0.0.0',
    ...(hasIPv6 ? ['[::ffff:127.0.0.1]', '[::1]', '[::]'] : []),
  ])('though it would be reached: %s', async (host) => {
    const listener = await everywhere()
    const sources = sourcesFor([listener], { allowCidrs: ['0.0.0.0/0', '::/0'] })
    expect(String(await fetched(sources, `http://${host}:${listener.port}/`))).toBe('secret')
    expect(listener.connections).toBe(1)
  })
})

describe('A name', () => {
  test.each([
    ['loopback', ['127.0.0.1']],
    ['public and loopback', ['8.8.8.8', '127.0.0.1']],
    ['loopback and public', ['127.0.0.1', '8.8.8.8']],
    ['IPv6 loopback', ['::1']],
    ['mapped', ['::ffff:127.0.0.1']],
    ['compatible', ['::127.0.0.1']],
    ['NAT64', ['64:ff9b::7f00:1']],
    ['allowed and loopback', ['127.0.0.2', '127.0.0.1']],
    ['of another interface', ['fe80::1%lo']],
  ])('that resolves to %s is refused, and nobody connects', async (_what, addresses) => {
    const listener = await everywhere()
    const sources = sourcesFor([listener], { resolve: resolving(addresses).resolve })
    const url = `http://images.example:${listener.port}/`
    expect(sources.check(url)).toBeNull()
    await expect(fetched(sources, url)).rejects.toMatchObject(HOST_NOT_PUBLIC)
    expect(listener.connections).toBe(0)
  })

  test.each(['localhost', 'LOCALHOST', 'localhost.'])(
    'is asked of the system where nothing else is said: %s',
    async (name) => {
      const listener = await everywhere()
      const url = `http://${name}:${listener.port}/`
      await expect(fetched(sourcesFor([listener], none), url)).rejects.toMatchObject({
        code: expect.stringMatching(
          name.endsWith('.') ? /^(URL_FORBIDDEN|SOURCE_UNAVAILABLE)$/ : /^URL_FORBIDDEN$/,
        ),
      })
      expect(listener.connections).toBe(0)
    },
  )

  test('is resolved once a connection, so that another answer a moment later changes nothing', async () => {
    const trap = await everywhere()
    const { asked, resolve } = resolving(['127.0.0.2'], ['127.0.0.1'])
    const sources = sourcesFor([trap], { resolve })
    const url = `http://images.example:${trap.port}/`
    expect(String(await fetched(sources, url))).toBe('secret')
    expect(asked).toStrictEqual(['images.example'])
    await expect(fetched(sources, url)).rejects.toMatchObject(HOST_NOT_PUBLIC)
    expect(trap.connections).toBe(1)
  })

  test('that changes to loopback is refused where the line is taken up again', async () => {
    const trap = await everywhere()
    const { resolve } = resolving(['127.0.0.2'], ['127.0.0.1'])
    const listener = await serve((_request, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': 10 })
      response.write('hello', () => response.destroy())
    })
    const sources = sourcesFor([listener, trap], { resolve })
    await expect(fetched(sources, `http://images.example:${listener.port}/`)).rejects.toMatchObject(
      HOST_NOT_PUBLIC,
    )
    expect(listener.connections).toBe(1)
  })

  test('may have several addresses, all of them allowed, of which one answers', async () => {
    const listener = await serve((_request, response) => response.end('bytes'))
    const sources = sourcesFor([listener], {
      allowCidrs: ['127.0.0.2/31'],
      resolve: resolving(['127.0.0.3', '127.0.0.2']).resolve,
    })
    expect(String(await fetched(sources, `http://images.example:${listener.port}/`))).toBe('bytes')
  })
})

test('An address that turns out to be another is left without a word', async () => {
  let heard = ''
  const listener = await serve(({ url }) => {
    heard += url
  })
  // As if the address had changed between the look and the connection.
  const verdicts = [true, false]
  const connect = guardedConnector({
    isAllowed: () => verdicts.shift() ?? false,
    resolve: async () => [],
    connectMs: 1000,
    ca: undefined,
  })
  const target = { hostname: '127.0.0.2', protocol: 'http:', port: String(listener.port) }
  const error = await new Promise((resolve) => connect(target, (...[refusal]) => resolve(refusal)))
  expect(error).toMatchObject(HOST_NOT_PUBLIC)
  await eventually('the socket is free', () => listener.connections === 1 && listener.open === 0)
  expect(heard).toBe('')
})

describe('A URL', () => {
  const sources = httpSources({
    allowCidrs: [],
    allowPorts: [8080],
    timeoutSeconds: 60,
    minBytesPerSecond: 1,
  })
  const { check } = sources

  test.each([
    'http://images.example/a.raw',
    'https://images.example/a.raw?token=1#part',
    'https://images.example:443/',
    'http://images.example:80/',
    'http://images.example:443/',
    'https://images.example:8080/',
    'HTTPS://IMAGES.EXAMPLE/',
    'http://8.8.8.8/',
    'http://[2606:4700:4700::1111]/',
    `http://images.example/${'a'.repeat(2026)}`,
  ])('may be %s', (url) => {
    expect(check(url)).toBeNull()
  })

  test.each([
    ['', 'cannot be read: it must be an absolute one'],
    ['images.example/a.raw', 'cannot be read: it must be an absolute one'],
    ['//images.example/a.raw', 'cannot be read: it must be an absolute one'],
    ['http://', 'cannot be read: it must be an absolute one'],
    ['http://[::1', 'cannot be read: it must be an absolute one'],
    ['http://[fe80::1%25lo]/', 'cannot be read: it must be an absolute one'],
    ['file:///etc/passwd', 'is neither http nor https'],
    ['ftp://images.example/', 'is neither http nor https'],
    ['gopher://127.0.0.1/', 'is neither http nor https'],
    ['data:text/plain,hello', 'is neither http nor https'],
    ['localhost:80', 'is neither http nor https'],
    ['http://me@images.example/', 'holds a user name or a password'],
    ['http://me:secret@images.example/', 'holds a user name or a password'],
    ['http://:secret@images.example/', 'holds a user name or a password'],
    ['http://images.example@127.0.0.1/', 'holds a user name or a password'],
    ['http://images.example:22/', 'names a port that is not allowed'],
    ['http://images.example:0/', 'names a port that is not allowed'],
    ['http://images.example:8081/', 'names a port that is not allowed'],
    ['http://127.0.0.1/', 'leads to an address that is not public'],
    ['http:\\\\127.0.0.1\\', 'leads to an address that is not public'],
    ['http:127.0.0.1', 'leads to an address that is not public'],
    [' http://127.0.0.1', 'leads to an address that is not public'],
    ['ht\ntp://127.0.0.1', 'leads to an address that is not public'],
    [`http://images.example/${'a'.repeat(2027)}`, 'is longer than 2048 characters'],
  ])('is refused at once: %j', async (url, fault) => {
    const refusal = { code: 'URL_FORBIDDEN', message: `The URL ${fault}.` }
    expect(check(url)).toStrictEqual(refusal)
    await expect(fetched(sources, url)).rejects.toMatchObject(refusal)
  })
})
