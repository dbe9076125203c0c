import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  visit,
} from 'graphql'
import { createYoga, isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga'
import type { Logger } from '../../application/ports/logger.ts'
import type { Api, Context } from '../../graphql/context.ts'
import { badUserInput, MOST_FIELDS, tooManyFields } from '../../graphql/errors.ts'
import { maskError } from '../../graphql/mask.ts'
import { schema } from '../../graphql/schema.ts'
import { answerEarly } from './answer-early.ts'
import { positionExtensions } from './positions.ts'
import { clientError } from './problem.ts'
import { subscribe } from './subscribe.ts'
import type { HttpTelemetry, ServerContext } from './telemetry.ts'

interface GraphqlRouteOptions {
  readonly api: Api
  readonly logger: Logger
  readonly graphiql: boolean
  readonly telemetry: HttpTelemetry
  /** Where clients reach the service; undefined: where each says that it does. */
  readonly publicUrl: string | undefined
}

/** The most that a GraphQL request may weigh, in bytes: an order of magnitude over the largest sensible input. */
const LARGEST_REQUEST = 300_000
/** The most tokens that are read of a document. */
const MOST_TOKENS = 5_000
/** The most errors that are told at once: each may repeat the whole of what it is about. */
const MOST_ERRORS = 5

/** /graphql: queries, mutations and, as server-sent events, subscriptions by GET and POST, and GraphiQL for browsers. */
export const graphqlRoute = (
  app: FastifyInstance,
  { api, logger, graphiql, telemetry, publicUrl }: GraphqlRouteOptions,
): void => {
  const mask = maskError(logger)
  const yoga = createYoga<ServerContext, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    graphiql: graphiql ? { title: 'image-ledger' } : false,
    landingPage: false,
    cors: false,
    multipart: false,
    logging: false,
    context: ({ fastify }) => ({
      ...api,
      principal: fastify.principal,
      tokenExpiresAt: fastify.tokenExpiresAt,
      requestId: fastify.id,
      origin: publicUrl?.replace(/\/+$/, '') ?? `${fastify.protocol}://${fastify.host}`,
    }),
    // Done below, where the request is known.
    maskedErrors: false,
    plugins: [limitDocuments, limitErrors, positionExtensions, maskErrors(mask), telemetry.operations],
  })
  app.register(async (scope) => {
    // JSON and nothing else: what a browser sends to strangers without asking (forms, plain text) is none.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      ['application/json', 'application/graphql+json'],
      { parseAs: 'string', bodyLimit: LARGEST_REQUEST },
      scope.getDefaultJsonParser('error', 'error'),
    )
    const refuse = (request: FastifyRequest, reply: FastifyReply, status: number, message: string) =>
      answerEarly(
        reply.code(status).type('application/json; charset=utf-8'),
        JSON.stringify({ errors: [mask(badUserInput(message), request.id)] }),
      )
    scope.setErrorHandler((error, request, reply) => {
      const refused = clientError(error)
      if (refused === null) throw error
      const { status, message } = refused
      return refuse(
        request,
        reply,
        status,
        status === 415 ? 'Content-Type must be application/json.' : message,
      )
    })
    scope.route({
      method: ['GET', 'POST', 'OPTIONS'],
      url: '/graphql',
      handler: async (request, reply) => {
        if (request.method === 'POST' && isEmpty(request.body))
          return refuse(request, reply, 400, 'The body must be a JSON object with a query.')
        const broken = brokenParameter(request.query)
        if (broken !== undefined) return refuse(request, reply, 400, `The parameter ${broken} must be JSON.`)
        const response = await yoga.handleNodeRequestAndResponse(request, reply, { fastify: request })
        // How the body is sent is between Node and the client.
        for (const [name, value] of response.headers)
          if (name !== 'transfer-encoding') reply.header(name, value)
        reply.code(response.status)
        // Only what comes bit by bit is sent so: one write is cheaper than a stream.
        const streamed = /^(text\/event-stream|multipart\/)/.test(response.headers.get('content-type') ?? '')
        if (!streamed) return reply.send(await response.text())
        // A line that is kept after a stream would hold the stop of the service up.
        return reply.header('connection', 'close').send(response.body)
      },
    })
  })
}

/** Where there is nothing in the body, Yoga would look for it in the stream, which is read by then. */
const isEmpty = (body: unknown): boolean =>
  typeof body !== 'object' || body === null || Object.keys(body).length === 0

/** Of a GET: Yoga takes what is no JSON in them for an error of its own. */
const brokenParameter = (query: unknown): string | undefined =>
  Object.entries(query ?? {}).find(
    ([name, value]) =>
      (name === 'variables' || name === 'extensions') &&
      typeof value === 'string' &&
      value !== '' &&
      !isJson(value),
  )?.[0]

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Before a document is validated, for validation compares each field with each other of the same name. */
const limitDocuments: Plugin = {
  onParse: ({ parseFn, setParseFn }) => {
    setParseFn((source: string, options: object) => parseFn(source, { ...options, maxTokens: MOST_TOKENS }))
    return ({ result, replaceParseResult }) => {
      if (result instanceof Error || !('definitions' in result)) return
      const fields = fieldsIn(result)
      if (fields > MOST_FIELDS) replaceParseResult(tooManyFields(fields))
    }
  },
}

const oneError = { options: { maxCoercionErrors: 1 } }

/**
 * GraphQL.js itself executes: Yoga's executor tells of fifty variables that do not fit, with the whole value in each, so that
 * a request of 760 kB was answered with 76 MB.
 */
const limitErrors: Plugin = {
  onExecute: ({ setExecuteFn }) => setExecuteFn((args: ExecutionArgs) => execute({ ...args, ...oneError })),
  onSubscribe: ({ setSubscribeFn }) =>
    setSubscribeFn((args: ExecutionArgs) => subscribe({ ...args, ...oneError })),
}

/** Documents are parsed once and kept: so is what was counted in them. */
const counted = new WeakMap<DocumentNode, number>()

const fieldsIn = (document: DocumentNode): number => {
  const known = counted.get(document)
  if (known !== undefined) return known
  let fields = 0
  visit(document, {
    Field: () => {
      fields += 1
    },
  })
  counted.set(document, fields)
  return fields
}

/** Every answer passes here, whether a request failed to parse, to validate or to execute, and each value of a subscription. */
const maskErrors = (mask: ReturnType<typeof maskError>): Plugin<Context, ServerContext> => ({
  onResultProcess: ({ result, setResult, serverContext }) => {
    const masked = <Result extends ExecutionResult>(one: Result): Result => {
      if (one.errors === undefined) return one
      const errors = one.errors
        .slice(0, MOST_ERRORS)
        .map((error: unknown) =>
          mask(error instanceof Error ? error : new GraphQLError(String(error)), serverContext.fastify.id),
        )
      return { ...one, errors }
    }
    if (isAsyncIterable<ExecutionResult>(result)) setResult(mapAsyncIterator(result, masked))
    else if ('errors' in result) setResult(masked(result))
  },
})
