import type { Answer } from './ask.ts'
import { unavailable } from './failures.ts'

/** What an answer says of the bytes behind it. */
export interface Version {
  /** Null where the source does not say. */
  readonly totalBytes: bigint | null
  /** A strong ETag: the same means the same bytes. Null where there is none: weak ones and dates do not promise it. */
  readonly etag: string | null
}

/** Of the whole. Throws SourceRefused for an answer whose bytes are of no use. */
export const versionOf = (answer: Answer): Version => {
  if (answer.status !== 200) throw refusedStatus(answer)
  refuseEncoded(answer)
  const length = answer.header('content-length')
  // Such a body ends when the connection does, and one that broke looks like one that ended.
  if (length === null && answer.header('transfer-encoding') === null)
    throw unavailable('The source does not say where its answer ends.')
  const etag = answer.header('etag')
  return {
    totalBytes: length === null ? null : BigInt(length),
    etag: etag !== null && /^"[^"]*"$/.test(etag) ? etag : null,
  }
}

/**
 * The size of the whole where `answer` is all that is left of `version` from the byte `from` on; null where it is not, or
 * does not prove it.
 */
export const restOf = (answer: Answer, { etag, totalBytes }: Version, from: bigint): bigint | null => {
  refuseEncoded(answer)
  const range = /^bytes (\d{1,18})-(\d{1,18})\/(\d{1,18})$/.exec(answer.header('content-range') ?? '')
  if (answer.status !== 206 || range === null || etag === null || answer.header('etag') !== etag) return null
  const [start, end, total] = range.slice(1).map(BigInt) as [bigint, bigint, bigint]
  if (start !== from || end !== total - 1n) return null
  return totalBytes === null || totalBytes === total ? total : null
}

/** Says that something is in the way now and may not be later. */
export const isPassing = ({ status }: Answer): boolean => status === 408 || status === 429 || status >= 500

export const refusedStatus = ({ status }: Answer): Error =>
  unavailable(`The source answered with HTTP status ${status}.`)

const refuseEncoded = (answer: Answer): void => {
  const content = answer.header('content-encoding') ?? 'identity'
  const transfer = answer.header('transfer-encoding') ?? 'chunked'
  if (content.toLowerCase() !== 'identity' || transfer.toLowerCase() !== 'chunked')
    throw unavailable('The source sends its bytes in an encoding, though none was asked for.')
}
