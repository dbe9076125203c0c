import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  mapSourceToResponseEvent,
  validateSubscriptionArgs,
} from 'graphql'

/**
 * Subscribes as GraphQL.js does, but that each value is executed with a context of its own: what loaders have read belongs to
 * one value, and would be stale for the next. A value without data is the last: what a subscription asks for cannot be given.
 */
export const subscribe = async (
  args: ExecutionArgs,
): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult> => {
  const valid = validateSubscriptionArgs(args)
  if (!('schema' in valid)) return { errors: valid }
  const source = await createSourceEventStream(valid)
  if (!(Symbol.asyncIterator in source)) return source
  const values = source[Symbol.asyncIterator]()
  const once = { [Symbol.asyncIterator]: () => values }
  return mapSourceToResponseEvent(valid, once, async (value) => {
    const result = await executeSubscriptionEvent({
      ...value,
      contextValue: { ...Object(value.contextValue) },
    })
    if (!result.data) await values.return?.()
    return result
  })
}
