import { ErrorType, type WrongExpectedVersionError } from '@eventstore/db-client'
import { status } from '@grpc/grpc-js'
import { type ExpectedRevision, StoreUnavailable } from '../../application/ports/event-log.ts'

/** What a failed call means. The client gives some failures a type and leaves others as gRPC had them: both are looked at. */
export type Failure =
  | { readonly kind: 'CONFLICT'; readonly actual: ExpectedRevision }
  | { readonly kind: 'NO_STREAM' }
  | { readonly kind: 'TOO_LARGE' }
  /** Whether it was done is not known, or it was not: the same again is safe and may succeed. */
  | {
      readonly kind: 'OUTAGE'
      readonly reason: string
      /** The client has heard who leads now and turns there by itself; another client would begin at the wrong one again. */
      readonly followsLeader: boolean
      /** Nothing came at all. */
      readonly silent: boolean
    }
  /** Trying again helps nobody: the server refuses, or this program has a bug. */
  | { readonly kind: 'FATAL'; readonly error: Error }

/** A call that was not answered in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

const fatalTypes: readonly unknown[] = [
  ErrorType.INVALID_ARGUMENT,
  ErrorType.INVALID_TRANSACTION,
  ErrorType.STREAM_DELETED,
  ErrorType.MISSING_REQUIRED_METADATA_PROPERTY,
]
const fatalCodes: readonly unknown[] = [status.INVALID_ARGUMENT, status.OUT_OF_RANGE, status.UNIMPLEMENTED]

/** By its type and, where the client knows none, by its code. */
export const failureOf = (thrown: unknown): Failure => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { type, code } = error as Error & { readonly type?: unknown; readonly code?: unknown }
  if (type === ErrorType.WRONG_EXPECTED_VERSION) {
    const { actualVersion } = error as WrongExpectedVersionError
    return {
      kind: 'CONFLICT',
      actual: typeof actualVersion === 'bigint' ? Number(actualVersion) : 'NO_STREAM',
    }
  }
  if (type === ErrorType.STREAM_NOT_FOUND || type === ErrorType.NO_STREAM) return { kind: 'NO_STREAM' }
  if (type === ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED) return { kind: 'TOO_LARGE' }
  // An error of gRPC without a type is not about what was asked: the client asks its own questions before, and remembers.
  if (fatalTypes.includes(type) || (type === ErrorType.UNKNOWN && fatalCodes.includes(code)))
    return { kind: 'FATAL', error }
  if (error instanceof TypeError) return { kind: 'FATAL', error }
  return {
    kind: 'OUTAGE',
    reason: `${String(type ?? error.name)}${error.message === '' ? '' : `: ${error.message}`}`,
    followsLeader: type === ErrorType.NOT_LEADER,
    silent: error instanceof NoAnswer,
  }
}

/** How OpenSSL says that the other side does not know what it is talking about. */
const noTls = /wrong version number/

/** What callers hear of a failure that may pass. */
export const unavailable = (failure: Failure): StoreUnavailable =>
  new StoreUnavailable(
    failure.kind === 'OUTAGE'
      ? `The event store does not answer (${noTls.test(failure.reason) ? 'it does not speak TLS: perhaps tls=false is missing' : failure.reason}).`
      : 'The event store refused.',
  )
