import { GraphQLError } from 'graphql'
import { Busy, StaleRead } from '../application/outages.ts'
import { BlobsUnavailable } from '../application/ports/blob-store.ts'
import { StoreUnavailable } from '../application/ports/event-log.ts'
import type { Logger } from '../application/ports/logger.ts'
import { isOwnCode } from './errors.ts'

/**
 * What clients see of an error: those of the contract as they are; outages and contention by their codes; anything else as
 * an unexpected error with the request id, under which the log has the rest.
 */
export const maskError =
  (logger: Logger) =>
  (error: unknown, requestId: string): GraphQLError => {
    const original = error instanceof GraphQLError ? (error.originalError ?? null) : error
    const locate = (message: string, code: string) =>
      new GraphQLError(message, {
        extensions: { code, requestId },
        ...(error instanceof GraphQLError
          ? { ...(error.nodes ? { nodes: error.nodes } : {}), ...(error.path ? { path: error.path } : {}) }
          : {}),
      })
    if (original instanceof Busy) return locate(original.message, 'BUSY')
    if (original instanceof StaleRead) return locate(original.message, 'STALE_READ')
    if (original instanceof StoreUnavailable) {
      logger.error({ err: original, requestId }, 'The event log is unavailable.')
      return locate('The event log cannot be reached right now: try again later.', 'STORE_UNAVAILABLE')
    }
    if (original instanceof BlobsUnavailable) {
      logger.error({ err: original, requestId }, 'The object store is unavailable.')
      return locate('The bytes of images cannot be reached right now: try again later.', 'STORE_UNAVAILABLE')
    }
    if (error instanceof GraphQLError && (original === null || original instanceof GraphQLError))
      return coded(error, requestId)
    // The engine walks what it is given by recursion, and Node says when that went too deep.
    if (original instanceof RangeError && original.message.includes('call stack'))
      return locate('The request is nested too deeply.', 'BAD_USER_INPUT')
    logger.error({ err: original, requestId }, 'Unexpected error.')
    return locate(`Unexpected error. Ask the operator for request ${requestId}.`, 'INTERNAL_SERVER_ERROR')
  }

/**
 * What the GraphQL engine and its server refuse by themselves (syntax, unknown fields, values of the wrong type, a mutation
 * by GET) is the client's input, whatever they call it. `http` is where they say which status and headers it takes.
 */
const coded = (error: GraphQLError, requestId: string): GraphQLError => {
  const { code, http, requiredRole } = error.extensions
  return new GraphQLError(clipped(error.message), {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    ...(error.source ? { source: error.source } : {}),
    ...(error.positions ? { positions: error.positions } : {}),
    ...(error.path ? { path: error.path } : {}),
    extensions: {
      ...(http === undefined ? {} : { http }),
      code: isOwnCode(code) ? code : 'BAD_USER_INPUT',
      ...(requiredRole === undefined ? {} : { requiredRole }),
      requestId,
    },
  })
}

/** A sentence may quote what it is about, which may be all of the request. */
const clipped = (message: string): string => (message.length > 500 ? `${message.slice(0, 500)}…` : message)
