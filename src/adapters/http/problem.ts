import type { FastifyReply } from 'fastify'
import { Busy, KeysUnavailable, StaleRead } from '../../application/outages.ts'
import { BlobsUnavailable, StorageFull } from '../../application/ports/blob-store.ts'
import { StoreUnavailable } from '../../application/ports/event-log.ts'
import type { LinkEnded } from '../../application/use-cases/image-download-by-link.ts'
import type { UploadRefusal } from '../../application/use-cases/image-upload.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { refusalCode } from '../../domain/kernel/refusal.ts'
import { answerEarly } from './answer-early.ts'

/** An answer of the routes beside GraphQL that is not what was asked for (RFC 9457), with GraphQL's codes. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly detail: string
}

/** For a request without a token. */
export const unauthenticatedProblem: Problem = {
  status: 401,
  code: 'UNAUTHENTICATED',
  detail: 'This needs a token: send it as "Authorization: Bearer <token>".',
}

/** For an upload that is dropped. */
export const tooSlowProblem: Problem = {
  status: 408,
  code: 'UPLOAD_TOO_SLOW',
  detail: 'The bytes came too slowly: nothing of them was kept. Send them again over a faster line.',
}

/** The same of a resumable upload. */
export const tooSlowPieceProblem: Problem = {
  ...tooSlowProblem,
  detail:
    'The bytes came too slowly. What came is kept: ask with HEAD how far that is, and send what follows.',
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}

export const sendProblem = (reply: FastifyReply, { status, code, detail }: Problem): FastifyReply => {
  const requestId = reply.request.id
  const problem = { type: 'about:blank', title: titles[status], status, code, detail, requestId }
  return answerEarly(
    reply.code(status).type('application/problem+json; charset=utf-8'),
    JSON.stringify(problem),
  )
}

const statuses: Record<Refusal['tag'], number> = {
  NotFound: 404,
  Forbidden: 403,
  InvalidInput: 400,
  NameTaken: 409,
  InvalidState: 409,
  RevisionConflict: 409,
  IdempotencyConflict: 409,
  ImageLimitReached: 409,
  FeatureDisabled: 409,
  ImageProtected: 409,
  IntegrityError: 500,
}

export const problemOf = (refusal: UploadRefusal | LinkEnded): Problem => {
  switch (refusal.tag) {
    case 'Conflict':
      return { status: 409, code: 'CONFLICT', detail: refusal.message }
    case 'LinkEnded':
      return { status: 403, code: 'FORBIDDEN', detail: refusal.message }
    case 'PieceRefused':
      return { status: 413, code: refusal.code, detail: refusal.message }
    case 'ContentRefused':
      return {
        status: refusal.code === 'SIZE_LIMIT' ? 413 : 422,
        code: refusal.code,
        detail: refusal.message,
      }
    default:
      return { status: statuses[refusal.tag], code: refusalCode(refusal), detail: refusal.message }
  }
}

/** What the HTTP framework refuses of a request, in its own words, which tell of nothing but the request; else null. */
export const clientError = (error: unknown): { readonly status: number; readonly message: string } | null => {
  if (!(error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')) return null
  return error.statusCode < 500 ? { status: error.statusCode, message: error.message } : null
}

/** Outages as problems; null for what nobody expected. */
export const problemOfError = (error: unknown): Problem | null => {
  if (error instanceof Busy) return { status: 503, code: 'BUSY', detail: error.message }
  if (error instanceof StaleRead) return { status: 503, code: 'STALE_READ', detail: error.message }
  if (error instanceof KeysUnavailable)
    return {
      status: 503,
      code: 'KEYS_UNAVAILABLE',
      detail: 'Tokens cannot be verified right now: try again later.',
    }
  if (error instanceof StoreUnavailable)
    return {
      status: 503,
      code: 'STORE_UNAVAILABLE',
      detail: 'The event log cannot be reached right now: try again later.',
    }
  if (error instanceof BlobsUnavailable)
    return {
      status: 503,
      code: 'STORE_UNAVAILABLE',
      detail: 'The bytes of images cannot be reached right now: try again later.',
    }
  if (error instanceof StorageFull)
    return {
      status: 507,
      code: 'INSUFFICIENT_STORAGE',
      detail: 'There is no room for these bytes: nothing of them was kept. Try again later.',
    }
  return null
}
