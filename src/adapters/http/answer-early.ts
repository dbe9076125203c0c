import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyReply } from 'fastify'

const LINGER_MS = 5_000

/**
 * Sends a text to a client that may not be through with its request. All of it goes out at once, but the answer ends only
 * when what still comes was thrown away, or after a while: with its end the line may be closed, and a line that is closed on
 * a client which still sends can take the answer with it (RFC 9112, 9.6).
 */
export const answerEarly = (reply: FastifyReply, text: string): FastifyReply => {
  const { raw } = reply.request
  if (raw.complete || !hasBody(raw)) return reply.send(text)
  return reply.header('content-length', Buffer.byteLength(text)).send(Readable.from(lingering(text, raw)))
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

async function* lingering(text: string, raw: IncomingMessage): AsyncGenerator<string> {
  yield text
  raw.resume()
  const rest = { writable: false, signal: AbortSignal.timeout(LINGER_MS) }
  await finished(raw, rest).catch(() => raw.destroy())
}
