import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../../graphql/context.ts'

/** What Yoga is handed with each request. */
export interface ServerContext {
  readonly fastify: FastifyRequest
}

/** What watches the requests, and tells what was measured. */
export interface HttpTelemetry {
  /** Adds its hooks, to be called before any other does. */
  readonly watch: (app: FastifyInstance) => void
  /** Watches GraphQL, to come after whatever changes results. */
  readonly operations: Plugin<Context, ServerContext>
  /** Everything that was measured, and of which media type that is. */
  readonly text: () => Promise<string>
  readonly contentType: string
}
