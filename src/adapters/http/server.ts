import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Caller } from '../../application/command.ts'
import type { Logger } from '../../application/ports/logger.ts'
import type { Principal } from '../../domain/access/principal.ts'
import type { Api } from '../../graphql/context.ts'
import type { ProjectionRunner } from '../../projections/runner.ts'
import { type Pace, TooSlow } from '../at-least.ts'
import { isLoopback } from '../system/config.ts'
import type { Authenticate } from './authenticate.ts'
import { billingRoutes } from './billing-routes.ts'
import { contentRoutes } from './content-routes.ts'
import { graphqlRoute } from './graphql-route.ts'
import { metricsRoute, scraperWith } from './metrics-route.ts'
import { positionHeaders } from './positions.ts'
import {
  clientError,
  type Problem,
  problemOfError,
  sendProblem,
  tooSlowPieceProblem,
  tooSlowProblem,
} from './problem.ts'
import type { HttpTelemetry } from './telemetry.ts'
import { uploadRoutes } from './upload-routes.ts'

export interface ServerOptions {
  readonly api: Api
  readonly authenticate: Authenticate
  readonly logger: Logger
  readonly projections: Pick<ProjectionRunner, 'status' | 'lookAtHead'>
  readonly graphiql: boolean
  /** Dev mode: only this machine is answered, and nothing that was forwarded. */
  readonly loopbackOnly: boolean
  readonly telemetry: HttpTelemetry
  /** With what a scraper reads /metrics, besides operators; undefined: these only. */
  readonly metricsToken: string | undefined
  /** Where clients reach the service; undefined: where each says that it does. */
  readonly publicUrl: string | undefined
  /** How slowly bytes may be uploaded. */
  readonly uploadPace: Pace
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null without a token. */
    principal: Principal | null
    /** In milliseconds since 1970; 0 without a token. */
    tokenExpiresAt: number
  }
}

/** No route has a schema of Fastify's: its compilers, which take much memory, are not even loaded. */
const noCompiler = () => () => {
  throw new Error('Routes have no schemas: inputs are parsed by use cases')
}
const withoutSchemas = { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } }

/** The service over HTTP: GraphQL, image bytes, health. It does not listen yet. */
export const createServer = (options: ServerOptions): FastifyInstance => {
  const { api, authenticate, logger, projections, loopbackOnly, telemetry, metricsToken } = options
  const app = Fastify({
    genReqId: () => crypto.randomUUID(),
    // An upload takes as long as it takes: Node's default would cut it after five minutes.
    requestTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // What comes on a line that is open still is answered, and is the last on it.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 300 },
    schemaController: withoutSchemas,
    // A path that is none comes to no hook and no route.
    frameworkErrors: ({ statusCode = 400 }, request, reply) => {
      reply.header('x-request-id', request.id)
      const message = statusCode === 414 ? 'its path is too long.' : 'its path is not well-formed.'
      return sendProblem(reply, unreadable({ status: statusCode, message }))
    },
  })
  // Routes read their bodies themselves: image bytes are streamed, GraphQL has its own limit.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  telemetry.watch(app)
  const isScraper = scraperWith(metricsToken)
  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close')
  })
  app.decorateRequest('principal', null)
  app.decorateRequest('tokenExpiresAt', 0)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    if (loopbackOnly && !fromThisMachine(request))
      return sendProblem(reply, {
        status: 403,
        code: 'FORBIDDEN',
        detail:
          'In dev mode the service answers this machine only: use 127.0.0.1 or localhost, without a proxy.',
      })
    // A token of its own, that is nobody's and good for nothing else.
    if (isScraper(request)) return
    return identify(authenticate, request, reply)
  })
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof TooSlow) {
      logger.info({ requestId: request.id }, 'The client sent its bytes too slowly.')
      const byPieces = request.routeOptions.url?.startsWith('/uploads') === true
      return sendProblem(reply.header('connection', 'close'), byPieces ? tooSlowPieceProblem : tooSlowProblem)
    }
    const problem = problemOfError(error)
    if (problem !== null) {
      logger.warn({ err: error, requestId: request.id }, 'The service cannot do this right now.')
      return sendProblem(reply, problem)
    }
    const refused = clientError(error)
    if (refused !== null) return sendProblem(reply, unreadable(refused))
    // An upload that broke off, say: nobody is there to be answered, and nothing is wrong here.
    if (request.raw.destroyed && !request.raw.complete) {
      logger.info({ requestId: request.id }, 'The client left before its request was complete.')
      return reply
    }
    logger.error({ err: error, requestId: request.id }, 'Unexpected error.')
    const detail = `Unexpected error. Ask the operator for request ${request.id}.`
    return sendProblem(reply, { status: 500, code: 'INTERNAL_SERVER_ERROR', detail })
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, {
      status: 404,
      code: 'NOT_FOUND',
      detail: `There is no ${request.method} ${request.url.split('?')[0]?.slice(0, 200)} here.`,
    }),
  )

  const callerOf = ({ principal, id }: FastifyRequest): Caller | null =>
    principal === null ? null : { principal, requestId: id }
  positionHeaders(app, api)
  contentRoutes(app, api, callerOf, options.uploadPace)
  uploadRoutes(app, api, callerOf, options.uploadPace)
  billingRoutes(app, api, callerOf)
  graphqlRoute(app, options)
  metricsRoute(app, telemetry, isScraper)
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', (_request, reply) => {
    // Not waited for: that the log cannot be reached does not keep answers from being given.
    void projections.lookAtHead()
    const statuses = projections.status()
    const { staleSince } = api.shown()
    const ready = statuses.every(({ state }) => state === 'LIVE')
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : 'not ready',
      ...(staleSince === null ? {} : { staleSince }),
      projections: statuses.map((status) => ({
        ...status,
        position: status.position.toString(),
        head: status.head.toString(),
      })),
    })
  })
  return app
}

/** Without a token nobody; with a bad one the request ends here (DESIGN: HTTP 401). */
const identify = async (authenticate: Authenticate, request: FastifyRequest, reply: FastifyReply) => {
  const { authorization } = request.headers
  if (authorization === undefined) return
  const [, token] = /^Bearer +([^\s]+)$/i.exec(authorization) ?? []
  const outcome = token === undefined ? null : await authenticate(token)
  if (outcome?._tag === 'Right') {
    request.principal = outcome.right.principal
    request.tokenExpiresAt = outcome.right.expiresAt
    return
  }
  reply.header('www-authenticate', 'Bearer error="invalid_token"')
  const detail = outcome?.left ?? 'Authorization: must be "Bearer <token>".'
  return sendProblem(reply, { status: 401, code: 'UNAUTHENTICATED', detail })
}

const fromThisMachine = ({ headers }: FastifyRequest): boolean => {
  const forwarded = Object.keys(headers).some(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-'),
  )
  return !forwarded && isLoopback((headers.host ?? '').replace(/:\d+$/, ''))
}

const unreadable = ({ status, message }: { readonly status: number; readonly message: string }): Problem => ({
  status,
  code: 'INVALID_INPUT',
  detail: `The request cannot be read: ${message}`,
})
