import { GraphQLError } from 'graphql'
import type { Forbidden, NotFound } from '../domain/kernel/refusal.ts'

// Refusals are data, in result unions (refusals.ts). These are the top-level errors of the contract: outages, contention, and
// what is wrong with the request itself. Everything else is masked (mask.ts).

const codes = ['UNAUTHENTICATED', 'BAD_USER_INPUT', 'QUERY_TOO_COMPLEX', 'FORBIDDEN', 'NOT_FOUND'] as const
type Code = (typeof codes)[number]

/** True for the codes that are given here, as opposed to those of the engine. */
export const isOwnCode = (code: unknown): boolean => codes.some((own) => own === code)

const codedError = (code: Code, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code } })

export const unauthenticated = (): GraphQLError =>
  codedError('UNAUTHENTICATED', 'This needs a token: send it as "Authorization: Bearer <token>".')

/** Told to who was listening; a request with such a token does not come so far. */
export const tokenExpired = (): GraphQLError =>
  codedError('UNAUTHENTICATED', 'The token has expired: get a new one.')

export const badUserInput = (message: string): GraphQLError => codedError('BAD_USER_INPUT', message)

export const queryTooComplex = (message: string): GraphQLError => codedError('QUERY_TOO_COMPLEX', message)

/** For queries, which have no union to answer it with. */
export const forbiddenError = ({ message, requiredRole }: Forbidden): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'FORBIDDEN' satisfies Code, requiredRole } })

/** For queries that cannot answer null. */
export const refusedError = (refusal: Forbidden | NotFound): GraphQLError =>
  refusal.tag === 'Forbidden' ? forbiddenError(refusal) : codedError('NOT_FOUND', refusal.message)

/** The most fields that a request may select, as it is written and with its fragments spread. */
export const MOST_FIELDS = 400

export const tooManyFields = (fields: number): GraphQLError =>
  queryTooComplex(`The query selects ${fields} fields: at most ${MOST_FIELDS}.`)
