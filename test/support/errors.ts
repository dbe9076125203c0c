import { expect } from 'vitest'
import { type Answer, type HttpAnswer, jsonOf } from './client.ts'

/** Codes and messages of the errors of a GraphQL answer, each with the request id of the header. */
export const errorsOf = ({
  errors,
  headers,
}: Pick<Answer, 'errors'> & { readonly headers: { get(name: string): unknown } }) =>
  errors.map(({ message, extensions: { requestId, ...rest } }) => {
    expect(requestId).toBe(headers.get('x-request-id'))
    return [rest, message]
  })

/** One error with this message. */
export const refused = (message: string | RegExp, code = 'BAD_USER_INPUT') => [
  [{ code }, typeof message === 'string' ? message : expect.stringMatching(message)],
]

/** The same for an answer of plain HTTP. */
export const errorsIn = (answer: HttpAnswer) =>
  errorsOf({
    errors: jsonOf<{ errors: Answer['errors'] }>(answer).errors,
    headers: { get: (name) => answer.headers[name] },
  })
