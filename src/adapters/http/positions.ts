import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin, YogaInitialContext } from 'graphql-yoga'
import type { Position } from '../../domain/kernel/recorded.ts'
import type { Api, Context } from '../../graphql/context.ts'
import { badUserInput } from '../../graphql/errors.ts'
import { sendProblem } from './problem.ts'

// Read-your-writes across nodes: every answer carries the position that it shows, and a request may ask for one.

/** Positions are of 64 bits, unsigned. */
const LARGEST = 2n ** 64n

const asGraphqlError = (error: unknown): GraphQLError =>
  new GraphQLError('', { originalError: error instanceof Error ? error : new Error(String(error)) })

/** Null where it is none. */
export const readPosition = (given: unknown): Position | null =>
  typeof given === 'string' && /^\d{1,20}$/.test(given) && BigInt(given) < LARGEST
    ? (BigInt(given) as Position)
    : null

/** The header X-Ledger-Min-Position of requests; X-Ledger-Position and X-Ledger-Stale-Since of all answers to callers. */
export const positionHeaders = (app: FastifyInstance, { reached, shown }: Api): void => {
  app.addHook('preHandler', async (request: FastifyRequest, reply: FastifyReply) => {
    const given = request.headers['x-ledger-min-position']
    if (given === undefined || request.principal === null) return
    const position = readPosition(given)
    if (position !== null) return reached(position)
    const detail = 'X-Ledger-Min-Position: must be the X-Ledger-Position of an earlier answer.'
    return sendProblem(reply, { status: 400, code: 'INVALID_INPUT', detail })
  })
  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.principal === null) return
    const { position, staleSince } = shown()
    reply.header('x-ledger-position', String(position))
    if (staleSince !== null) reply.header('x-ledger-stale-since', staleSince)
  })
}

/** The same as extensions of GraphQL: `minPosition` of requests, `position` and perhaps `staleSince` of answers. */
export const positionExtensions: Plugin<Context> = {
  onExecute: async ({ args: { contextValue: context }, setResultAndStopExecution }) => {
    if (context.principal === null) return
    const refused = await refusedPosition(context)
    if (refused !== null) return setResultAndStopExecution({ errors: [refused] })
    return {
      onExecuteDone: ({ result, setResult }) => {
        if ('data' in result || 'errors' in result) setResult(withPosition(result, context))
      },
    }
  },
  onSubscribe: async ({ args: { contextValue: context }, setResultAndStopExecution }) => {
    if (context.principal === null) return
    const refused = await refusedPosition(context)
    if (refused !== null) return setResultAndStopExecution({ errors: [refused] })
    return {
      onSubscribeResult: () => ({
        onNext: ({ result, setResult }) => setResult(withPosition(result, context)),
      }),
    }
  },
}

/** Waits for the position that a request asks for; why it cannot be shown, or null. */
const refusedPosition = async ({ params, reached }: Context & YogaInitialContext) => {
  const given: unknown = params.extensions?.['minPosition']
  if (given === undefined) return null
  const position = readPosition(given)
  return position === null
    ? badUserInput('extensions.minPosition: must be the position of an earlier answer.')
    : reached(position).then(() => null, asGraphqlError)
}

const withPosition = (result: ExecutionResult, { shown }: Api): ExecutionResult => {
  const { position, staleSince } = shown()
  const extensions = {
    ...result.extensions,
    position: String(position),
    ...(staleSince === null ? {} : { staleSince }),
  }
  return { ...result, extensions }
}
