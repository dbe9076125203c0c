import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../application/command.ts'
import type { Resumable } from '../../application/resumable.ts'
import { uploadBegin } from '../../application/use-cases/upload-begin.ts'
import { uploadCancel } from '../../application/use-cases/upload-cancel.ts'
import { uploadFind } from '../../application/use-cases/upload-find.ts'
import type { IncomingPiece } from '../../application/use-cases/upload-receive.ts'
import { uploadReceive } from '../../application/use-cases/upload-receive.ts'
import { millisOf } from '../../domain/kernel/instant.ts'
import type { Api } from '../../graphql/context.ts'
import { atLeast, type Pace } from '../at-least.ts'
import { problemOf, sendProblem, unauthenticatedProblem } from './problem.ts'

// Resumable uploads by tus 1.0.0 (https://tus.io/protocols/resumable-upload): docs/adr/0021-resumable-uploads.md.

const VERSION = '1.0.0'
const EXTENSIONS = 'creation,creation-with-upload,expiration,termination'
const BYTES = 'application/offset+octet-stream'

interface UploadRoute {
  Params: { readonly upload: string }
}
type Request = FastifyRequest<UploadRoute>
/** `pace`: how slowly bytes may come. */
type Uploading = Pick<Api, 'services' | 'settled'> & { readonly pace: Pace }
type Handle = (api: Uploading, request: Request, reply: FastifyReply, caller: Caller) => Promise<FastifyReply>

/** POST and OPTIONS of /uploads; HEAD, PATCH, DELETE and OPTIONS of what POST answers with. */
export const uploadRoutes = (
  app: FastifyInstance,
  api: Api,
  callerOf: (request: FastifyRequest) => Caller | null,
  pace: Pace,
): void => {
  const { services, settled } = api
  const onSend = async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.header('tus-resumable', VERSION)
  }
  const route = (method: string, url: string, handle: Handle) =>
    app.route<UploadRoute>({
      method,
      url,
      onSend,
      handler: async (request, reply) => {
        const caller = callerOf(request)
        if (caller === null)
          return sendProblem(reply.header('www-authenticate', 'Bearer'), unauthenticatedProblem)
        if (request.headers['tus-resumable'] === VERSION)
          return handle({ services, settled, pace }, request, reply, caller)
        const detail = `Tus-Resumable: must be ${VERSION}, the version of the protocol that is spoken here.`
        return sendProblem(reply.header('tus-version', VERSION), {
          status: 412,
          code: 'INVALID_INPUT',
          detail,
        })
      },
    })
  route('POST', '/uploads', beginUpload)
  const one = '/uploads/:upload'
  route('HEAD', one, findUpload)
  route('PATCH', one, receivePiece)
  route('DELETE', one, cancelUpload)
  route('POST', one, overridden)
  for (const url of ['/uploads', one])
    app.options(url, { onSend }, (_request, reply) => sendOffer(api, reply))
}

/** What a client may know before it has a token. */
const sendOffer = ({ services }: Api, reply: FastifyReply): FastifyReply =>
  reply
    .code(204)
    .headers({
      'tus-version': VERSION,
      'tus-extension': EXTENSIONS,
      'tus-max-size': services.limits.maxImageBytes.toString(),
    })
    .send()

const beginUpload: Handle = async (api, request, reply, caller) => {
  const { headers } = request
  if (headers['upload-defer-length'] !== undefined)
    return refuse(reply, 'Upload-Defer-Length: is not offered: say Upload-Length.')
  if (headers['upload-concat'] !== undefined)
    return refuse(reply, 'Upload-Concat: is not offered: send the bytes in one upload.')
  const sizeBytes = bytesIn(headers['upload-length'])
  if (sizeBytes === null) return refuse(reply, 'Upload-Length: must say how many bytes will come in all.')
  const image = imageIn(headers['upload-metadata'])
  if (image === null)
    return refuse(reply, "Upload-Metadata: must hold `image` and the image's id in base64, once.")
  const { 'content-type': type } = headers
  const brings = hasBytes(request)
  if (brings && type !== BYTES) return refuseType(reply)
  const begun = await uploadBegin(api.services)(caller, { image, sizeBytes })()
  if (begun._tag === 'Left') return sendProblem(reply, problemOf(begun.left))
  const { id } = begun.right
  reply.header('location', `/uploads/${id}`)
  // Of nothing at all everything has come.
  if (!brings && sizeBytes > 0n) return reply.code(201).headers(headersOf(begun.right)).send()
  return sendReceived(api, request, reply.code(201), caller, { id, offset: 0n })
}

const findUpload: Handle = async ({ services }, request, reply, caller) => {
  const found = await uploadFind(services)(caller, request.params.upload)()
  reply.header('cache-control', 'no-store')
  if (found._tag === 'Left') return sendProblem(reply, problemOf(found.left))
  const { image, sizeBytes } = found.right
  return reply
    .code(200)
    .headers({
      ...headersOf(found.right),
      'upload-length': sizeBytes.toString(),
      'upload-metadata': `image ${Buffer.from(image).toString('base64')}`,
    })
    .send()
}

const receivePiece: Handle = async (api, request, reply, caller) => {
  const { headers, params } = request
  if (headers['content-type'] !== BYTES) return refuseType(reply)
  const offset = bytesIn(headers['upload-offset'])
  if (offset === null) return refuse(reply, 'Upload-Offset: must say at which byte these begin.')
  return sendReceived(api, request, reply.code(204), caller, { id: params.upload, offset })
}

const cancelUpload: Handle = async ({ services }, request, reply, caller) => {
  const cancelled = await uploadCancel(services)(caller, request.params.upload)()
  return cancelled._tag === 'Left' ? sendProblem(reply, problemOf(cancelled.left)) : reply.code(204).send()
}

/** For clients in places that know neither PATCH nor DELETE. */
const overridden: Handle = async (api, request, reply, caller) => {
  const methods: Readonly<Record<string, Handle>> = { PATCH: receivePiece, DELETE: cancelUpload }
  const handle = methods[String(request.headers['x-http-method-override'])]
  if (handle !== undefined) return handle(api, request, reply, caller)
  return refuse(reply, 'X-HTTP-Method-Override: must be PATCH or DELETE where POST is sent to an upload.')
}

/** Takes in the body of a request. `reply` has the status for what goes well. */
const sendReceived = async (
  { services, settled, pace }: Uploading,
  { raw, headers }: Request,
  reply: FastifyReply,
  caller: Caller,
  { id, offset }: { readonly id: string; readonly offset: bigint },
): Promise<FastifyReply> => {
  const piece: IncomingPiece = {
    offset,
    // Leaving the loop early must not take the connection down before the answer is sent.
    body: atLeast(raw.iterator({ destroyOnReturn: false }), pace),
    contentLength: bytesIn(headers['content-length']),
    cut: () => raw.destroy(),
  }
  const received = await uploadReceive(services)(caller, id, piece)()
  if (received._tag === 'Left') return sendProblem(reply, problemOf(received.left))
  const { upload, position } = received.right
  // The bytes are in, whether the catalog shows them yet or not.
  if (position !== null) await settled(position).catch(() => undefined)
  return reply.headers(headersOf(upload)).send()
}

const headersOf = ({ doneBytes, expiresAt }: Resumable): Record<string, string> => ({
  'upload-offset': doneBytes.toString(),
  ...(expiresAt === null ? {} : { 'upload-expires': new Date(millisOf(expiresAt)).toUTCString() }),
})

const refuse = (reply: FastifyReply, detail: string) =>
  sendProblem(reply, { status: 400, code: 'INVALID_INPUT', detail })

const refuseType = (reply: FastifyReply) =>
  sendProblem(reply, { status: 415, code: 'INVALID_INPUT', detail: `Content-Type: must be ${BYTES}.` })

const hasBytes = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || (bytesIn(headers['content-length']) ?? 0n) > 0n

/** Null where it is no number of bytes. */
const bytesIn = (header: string | string[] | undefined): bigint | null =>
  typeof header === 'string' && /^\d{1,19}$/.test(header) ? BigInt(header) : null

/** The image's id among keys and their values in base64; null where it is not given exactly once. */
const imageIn = (header: string | string[] | undefined): string | null => {
  const pairs = String(header ?? '')
    .split(',')
    .map((pair) => pair.trim().split(' '))
  const [found, ...more] = pairs.filter(([key]) => key === 'image')
  const value = found?.[1]
  return value === undefined || more.length > 0 ? null : Buffer.from(value, 'base64').toString()
}
