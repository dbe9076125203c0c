import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { onTestFinished } from 'vitest'
import { defaultSourceTiming } from '../../src/adapters/http-source/line.ts'
import type { HttpSourcesOptions } from '../../src/adapters/http-source/open.ts'
import { httpSources } from '../../src/adapters/http-source/sources.ts'
import type { ImageSources } from '../../src/application/ports/source.ts'

/** Where sources listen that may be reached: of the loopback network, but not what everybody calls loopback. */
export const ALLOWED_HOST = '127.0.0.2'

const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])

/** Some machines are without. */
export const hasIPv6 = addresses.some(({ address }) => address === '::1')

/** Reached by every loopback address there is, IPv4-mapped ones included. */
export const EVERYWHERE = hasIPv6 ? '::' : '0.0.0.0'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8')

/** Valid for images.example and for ALLOWED_HOST, and signed by itself. */
export const certificate = {
  key: fixture('images.example.key.pem'),
  cert: fixture('images.example.cert.pem'),
}

/** A server that counts who comes. */
export interface Listener {
  readonly port: number
  /** All connections that were ever made. */
  readonly connections: number
  /** Those that are open now. */
  readonly open: number
}

const listening = async (server: Server, host: string): Promise<Listener> => {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
  }
}

/** Answers as the handler says, for the test that runs. */
export const serve = (handler: RequestListener, host = ALLOWED_HOST): Promise<Listener> =>
  // Left open by the server for longer than any test looks: who frees it is the client.
  listening(createServer({ keepAliveTimeout: 300_000 }, handler), host)

export const serveSecurely = (handler: RequestListener, host = ALLOWED_HOST): Promise<Listener> =>
  listening(createSecureServer(certificate, handler), host)

/** Sends these words to whoever asks, whatever HTTP says, and then what `after` does. */
export const serveWords = (words: string, after: (socket: Socket) => void = () => undefined) =>
  listening(
    createPlainServer((socket) => {
      socket.once('data', () => socket.write(words, () => after(socket)))
    }),
    ALLOWED_HOST,
  )

/** Sources that may reach ALLOWED_HOST at the ports of these listeners; short of patience where a test says so. */
export const sourcesFor = (
  listeners: readonly Pick<Listener, 'port'>[],
  {
    timing,
    ...options
  }: Partial<Omit<HttpSourcesOptions, 'timing'>> & {
    readonly timing?: Partial<NonNullable<HttpSourcesOptions['timing']>>
  } = {},
): ImageSources =>
  httpSources({
    allowCidrs: [`${ALLOWED_HOST}/32`],
    allowPorts: listeners.map(({ port }) => port),
    timeoutSeconds: 60,
    minBytesPerSecond: 1,
    timing: { ...defaultSourceTiming, ...timing },
    ...options,
  })

export const urlOf = ({ port }: Pick<Listener, 'port'>, path = '/image.raw'): string =>
  `http://${ALLOWED_HOST}:${port}${path}`

export const MANY_BYTES = 2n ** 40n

/** All the bytes of a URL. */
export const fetched = async (sources: ImageSources, url: string, maxBytes = MANY_BYTES): Promise<Buffer> => {
  const { body } = await sources.open(url, { signal: new AbortController().signal, maxBytes })
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The first byte that a request asks for; null where it asks for all. */
export const startOf = ({ headers }: IncomingMessage): number | null => {
  const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? []
  return start === undefined ? null : Number(start)
}
