import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { certificate, fetched, serveSecurely, serveWords, sourcesFor } from '../../support/sources.ts'

const resolve = async () => ['127.0.0.2']
const ca = certificate.cert

const INVALID = { code: 'SOURCE_UNAVAILABLE', message: 'The certificate of the source is not valid.' }

describe('Over https', () => {
  test.each(['images.example', '127.0.0.2'])('a source shows that it is %s', async (host) => {
    const listener = await serveSecurely((_request, response) => response.end('bytes'))
    const sources = sourcesFor([listener], { ca, resolve })
    expect(String(await fetched(sources, `https://${host}:${listener.port}/`))).toBe('bytes')
  })

  test('another name is refused', async () => {
    const listener = await serveSecurely((_request, response) => response.end('bytes'))
    const sources = sourcesFor([listener], { ca, resolve })
    await expect(fetched(sources, `https://other.example:${listener.port}/`)).rejects.toMatchObject(INVALID)
  })

  test('another address is refused', async () => {
    const listener = await serveSecurely((_request, response) => response.end('bytes'), '127.0.0.3')
    const sources = sourcesFor([listener], { ca, allowCidrs: ['127.0.0.3/32'] })
    await expect(fetched(sources, `https://127.0.0.3:${listener.port}/`)).rejects.toMatchObject(INVALID)
  })

  test('a certificate that nobody vouches for is refused, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    let requests = 0
    const listener = await serveSecurely((_request, response) => {
      requests += 1
      response.end('bytes')
    })
    const sources = sourcesFor([listener], { resolve })
    await expect(fetched(sources, `https://images.example:${listener.port}/`)).rejects.toMatchObject(INVALID)
    expect(requests).toBe(0)
  })

  test('a source that speaks no TLS is refused', async () => {
    const listener = await serveWords('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    const sources = sourcesFor([listener], { ca, resolve })
    await expect(fetched(sources, `https://images.example:${listener.port}/`)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: 'No secure connection to the source came about.',
    })
  })

  test.each(['127.0.0.1', '127.0.0.3'])('addresses are looked at alike: %s', async (address) => {
    const listener = await serveSecurely((_request, response) => response.end('bytes'), '0.0.0.0')
    const sources = sourcesFor([listener], { ca, resolve: async () => [address] })
    await expect(fetched(sources, `https://images.example:${listener.port}/`)).rejects.toMatchObject({
      code: 'URL_FORBIDDEN',
    })
    expect(listener.connections).toBe(0)
  })
})
