import type { Position } from '../../src/domain/kernel/recorded.ts'
import { type HttpAnswer, type HttpRequest, jsonOf, POSITION } from '../support/client.ts'
import { listen } from '../support/listening.ts'
import type { TestService } from '../support/service.ts'
import type { Asker } from './world.ts'

/**
 * What was answered. In a word: `yes`; `-` for nothing, as if there were nothing; the role that a refusal says it takes, or
 * `no` where it does not say so in a field; otherwise the code. And to the byte, headers too, but for date and request id.
 */
export interface Reply {
  readonly word: string
  readonly text: string
}

export type Ask = (service: TestService, who: Asker, id: string) => Promise<Reply>

const roleWords: Readonly<Record<string, string>> = {
  VIEWER: 'view',
  COLLABORATOR: 'coll',
  ADMIN: 'admn',
  OPERATOR: 'oper',
}

/** All of an answer that does not differ from one request to the next. */
const textOf = ({ status, headers, body }: HttpAnswer): string => {
  // The position moves with what others do, and with it how long the answer is: what follows says it all.
  const {
    date,
    'x-request-id': requestId,
    'x-ledger-position': position,
    'content-length': length,
    ...rest
  } = headers
  return JSON.stringify({ status, rest, body: body.toString('latin1').replace(POSITION, '}') }).replaceAll(
    String(requestId),
    '<request>',
  )
}

interface Thing {
  readonly __typename?: string
  readonly code?: string
  readonly requiredRole?: string
  readonly nodes?: readonly unknown[]
  readonly totalCount?: number
}

const wordOfThing = (thing: Thing | null | undefined): string => {
  if (thing === null || thing === undefined) return '-'
  const { nodes, totalCount } = thing
  // Where the nodes are asked for, they fit a page.
  if (nodes !== undefined && (totalCount ?? nodes.length) !== nodes.length) return 'miscounted'
  if (nodes?.length === 0) return '-'
  if (thing.__typename === 'NotFound') return '-'
  if (thing.__typename === 'Forbidden') return roleWords[thing.requiredRole ?? ''] ?? 'no'
  return thing.code ?? 'yes'
}

interface GraphqlBody {
  readonly data?: Readonly<Record<string, Thing | null>> | null
  readonly errors?: readonly {
    readonly extensions: { readonly code: string; readonly requiredRole?: string }
  }[]
}

const wordOfBody = ({ data, errors = [] }: GraphqlBody): string => {
  const [error] = errors
  if (error === undefined) return wordOfThing(Object.values(data ?? {})[0])
  const { code, requiredRole = '' } = error.extensions
  if (code === 'NOT_FOUND') return '-'
  return code === 'FORBIDDEN' ? (roleWords[requiredRole] ?? 'no') : code
}

/** A question in GraphQL: its document must ask for one thing. */
export const graphql =
  (document: string, variables: (id: string, who: Asker) => object): Ask =>
  async (service, who, id) => {
    const answer = await service.http({
      method: 'POST',
      path: '/graphql',
      token: who.token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document, variables: variables(id, who) }),
    })
    const word = answer.status === 401 ? '401' : wordOfBody(jsonOf<GraphqlBody>(answer))
    return { word, text: textOf(answer) }
  }

/** The same for what is told again and again: what comes first, and all of it where there is an end. */
export const subscription =
  (document: string): Ask =>
  async (service, { token }, id) => {
    const listening = await listen<Record<string, Thing>>(service, token, document, { id })
    const first = await listening.next()
    const word = listening.status === 401 ? '401' : wordOfBody((first ?? {}) as GraphqlBody)
    const rest = word === 'yes' ? [] : await listening.rest()
    listening.leave()
    const { status, headers } = listening
    const body = Buffer.from(JSON.stringify([first, ...rest].map((told) => ({ ...told, extensions: {} }))))
    return { word, text: textOf({ status, headers: Object.fromEntries(headers), body }) }
  }

const httpWords: Readonly<Record<number, string>> = { 403: 'no', 404: '-' }

export const http =
  (request: (id: string) => HttpRequest): Ask =>
  async (service, { token }, id) => {
    const answer = await service.http({ ...request(id), token })
    const word = answer.status < 300 ? 'yes' : (httpWords[answer.status] ?? String(answer.status))
    return { word, text: textOf(answer) }
  }

/** What was recorded since then, except what the service does by itself. */
export const askedSince = async ({ service }: TestService, since: Position): Promise<readonly string[]> => {
  const events = await service.log.readAll({ after: since, limit: 1_000 })
  return events
    .filter(({ metadata }) => (metadata['actor'] as { readonly kind?: string }).kind !== 'SYSTEM')
    .map(({ type }) => type)
}
