import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import parseRange from 'range-parser'
import type { Caller } from '../../application/command.ts'
import type { ByteRange } from '../../application/ports/blob-store.ts'
import { type Download, imageDownload } from '../../application/use-cases/image-download.ts'
import { imageDownloadByLink, type LinkEnded } from '../../application/use-cases/image-download-by-link.ts'
import { imageUpload } from '../../application/use-cases/image-upload.ts'
import type { ImageContent } from '../../domain/image/events.ts'
import type { Either } from '../../domain/kernel/fp.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import type { Api } from '../../graphql/context.ts'
import { atLeast, type Pace } from '../at-least.ts'
import { problemOf, sendProblem, unauthenticatedProblem } from './problem.ts'

interface ContentRoute {
  Params: { readonly id: string }
  Querystring: { readonly link?: unknown }
}

/** PUT, GET and HEAD of /images/{id}/content: DESIGN, HTTP beside GraphQL. */
export const contentRoutes = (
  app: FastifyInstance,
  { services, settled }: Api,
  callerOf: (request: FastifyRequest) => Caller | null,
  /** How slowly bytes may be uploaded. */
  pace: Pace,
): void => {
  const url = '/images/:id/content'
  // The caller is known, or the reply is sent.
  const withCaller =
    (
      handle: (
        request: FastifyRequest<ContentRoute>,
        reply: FastifyReply,
        caller: Caller,
      ) => Promise<FastifyReply>,
    ) =>
    async (request: FastifyRequest<ContentRoute>, reply: FastifyReply) => {
      const caller = callerOf(request)
      if (caller !== null) return handle(request, reply, caller)
      reply.header('www-authenticate', 'Bearer')
      return sendProblem(reply, unauthenticatedProblem)
    }
  app.put<ContentRoute>(
    url,
    withCaller((request, reply, caller) => putContent({ services, settled, pace }, request, reply, caller)),
  )
  const getAsCaller = withCaller(async (request, reply, caller) =>
    sendDownload(await imageDownload(services)(caller, request.params.id)(), request, reply),
  )
  app.route<ContentRoute>({
    method: ['GET', 'HEAD'],
    url,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const { link } = request.query
      if (link === undefined) return getAsCaller(request, reply)
      // A link says for whom it is: a token beside it adds nothing, and takes nothing away.
      const found = await imageDownloadByLink(services)(request.id, request.params.id, String(link))()
      return sendDownload(found, request, reply)
    },
  })
}

const putContent = async (
  { services, settled, pace }: Pick<Api, 'services' | 'settled'> & { readonly pace: Pace },
  request: FastifyRequest<ContentRoute>,
  reply: FastifyReply,
  caller: Caller,
): Promise<FastifyReply> => {
  const { headers, raw } = request
  const refuse = (status: number, detail: string) =>
    sendProblem(reply, { status, code: 'INVALID_INPUT', detail })
  if (headers['content-range'] !== undefined)
    return refuse(400, 'Content-Range: the bytes come whole, in one request.')
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity')
    return refuse(415, `Content-Encoding: send the bytes as they are, not ${encoding}.`)
  const length = headers['content-length']
  const uploaded = await imageUpload(services)(caller, request.params.id, {
    // Leaving the loop early must not take the connection down before the answer is sent.
    body: letGo(atLeast(raw.iterator({ destroyOnReturn: false }), pace)),
    contentLength: length === undefined ? null : BigInt(length),
  })()
  if (uploaded._tag === 'Left') return sendProblem(reply, problemOf(uploaded.left))
  const { id, content, position } = uploaded.right
  // The bytes are in, whether the catalog shows them yet or not.
  await settled(position).catch(() => undefined)
  return reply
    .code(201)
    .headers({ etag: etagOf(content), 'repr-digest': reprDigest(content) })
    .send({
      id,
      status: 'AVAILABLE',
      format: content.format,
      sizeBytes: content.sizeBytes.toString(),
      virtualSizeBytes: content.virtualSizeBytes.toString(),
      digests: content.digests,
    })
}

/**
 * The same chunks. The memory of each goes back when the next one is asked for: who takes the bytes of an image keeps no chunk, and
 * V8 by itself looks so rarely that tens of megabytes would gather.
 */
async function* letGo(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk
    const memory = chunk.buffer as ArrayBuffer
    // Where it holds nothing else, as Node has it for the body of a request.
    if (memory.byteLength === chunk.byteLength) memory.transfer(0)
  }
}

const sendDownload = async (
  found: Either<Refusal | LinkEnded, Download>,
  request: FastifyRequest<ContentRoute>,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  if (found._tag === 'Left') return sendProblem(reply, problemOf(found.left))
  const download = found.right
  const { content } = download
  if (namesEtag(request.headers['if-none-match'], etagOf(content)))
    return reply.code(304).headers(headersOf(content)).send()
  const range = rangeOf(request, content)
  if (range === 'UNSATISFIABLE') {
    reply.header('content-range', `bytes */${content.sizeBytes}`)
    const detail = `Range: the image has ${content.sizeBytes} bytes, counted from 0.`
    return sendProblem(reply, { status: 416, code: 'INVALID_INPUT', detail })
  }
  const link = request.method === 'GET' ? await download.link() : null
  if (link !== null)
    return reply.code(307).headers({ location: link, 'cache-control': 'private, no-store' }).send()
  return sendBytes(request, reply, download, range)
}

const sendBytes = async (
  request: FastifyRequest<ContentRoute>,
  reply: FastifyReply,
  { name, content, open }: Download,
  range: ByteRange | null,
): Promise<FastifyReply> => {
  const { sizeBytes } = content
  const length = range === null ? sizeBytes : range.end - range.start + 1n
  // First the bytes: where they are lost, the answer is none of these.
  const bytes = request.method === 'HEAD' ? null : await (range === null ? open() : open(range))
  reply.code(range === null ? 200 : 206).headers({
    ...headersOf(content),
    'content-type': 'application/octet-stream',
    'content-disposition': contentDisposition(name),
    'content-length': length.toString(),
    ...(range === null ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${sizeBytes}` }),
  })
  return bytes === null ? reply.send() : reply.send(bytes)
}

/** What is said of an image's bytes wherever they are handed out or found unchanged. */
const headersOf = (content: ImageContent): Record<string, string> => ({
  etag: etagOf(content),
  'repr-digest': reprDigest(content),
  'accept-ranges': 'bytes',
  'cache-control': 'private, no-cache, no-transform',
})

/** One range is served; several at once are answered with the whole (RFC 9110, 14.2). */
const rangeOf = (
  { headers, method }: FastifyRequest<ContentRoute>,
  content: ImageContent,
): ByteRange | null | 'UNSATISFIABLE' => {
  const { range, 'if-range': ifRange } = headers
  if (range === undefined || method !== 'GET') return null
  if (ifRange !== undefined && ifRange !== etagOf(content)) return null
  // A suffix longer than the image is all of it (RFC 9110, 14.1.2), which range-parser does not know.
  const suffix = /^bytes=-(\d+)$/.exec(range)?.[1]
  if (suffix !== undefined && BigInt(suffix) > content.sizeBytes)
    return { start: 0n, end: content.sizeBytes - 1n }
  const ranges = parseRange(Number(content.sizeBytes), range)
  if (ranges === -1) return 'UNSATISFIABLE'
  if (ranges === -2 || ranges.type !== 'bytes') return null
  const [only] = ranges
  return ranges.length === 1 && only !== undefined
    ? { start: BigInt(only.start), end: BigInt(only.end) }
    : null
}

const etagOf = ({ digests }: ImageContent): string => `"${digests.sha256}"`

/** RFC 9530. */
const reprDigest = ({ digests }: ImageContent): string => {
  const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')
  return `sha-256=:${base64(digests.sha256)}:, sha-512=:${base64(digests.sha512)}:`
}

const namesEtag = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((given) => ['*', etag, `W/${etag}`].includes(given.trim()))
