import type { FastifyRequest } from 'fastify'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { isAsyncIterable, mapAsyncIterator } from 'graphql-yoga'
import type { Counter } from 'prom-client'
import type { HttpTelemetry, ServerContext } from '../http/telemetry.ts'
import { type Measures, secondsSince } from './measures.ts'
import type { Step, Tracing } from './tracing.ts'

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** A field of the root, by the name that the answer has it under. */
type RootFields = ReadonlyMap<string, string>

interface Operation {
  readonly type: string
  readonly fields: RootFields
  /** Those that were refused by a type of their result. */
  readonly refused: Set<string>
  readonly begun: number
  readonly step: Step | null
}

/** Neither the client's name for an operation nor its aliases become labels: there is no end of those. */
const labels = ['type', 'field'] as const

/**
 * Measures and traces GraphQL by the fields of the root, which the schema names. It must come after the plugin that masks
 * errors, whose codes it counts.
 */
export const watchOperations = (measures: Measures, tracing: Tracing | null): HttpTelemetry['operations'] => {
  const outcomes = measures.counter(
    'graphql_fields_total',
    'Fields of the root that were asked for, those of a subscription at each value. outcome: ok, refused (one of the types that say no) or the code of an error. What never came to be executed has type and field none.',
    [...labels, 'outcome'],
  )
  const durations = measures.durations(
    'graphql_duration_seconds',
    'Executions of GraphQL operations, counted for each field of the root that they ask for.',
    labels,
    BUCKETS,
  )
  const operations = new WeakMap<FastifyRequest, Operation>()
  const begin = (args: ExecutionArgs): Operation => {
    const { fastify } = args.contextValue as ServerContext
    const operation = operationOf(args, tracing)
    operations.set(fastify, operation)
    return operation
  }
  return {
    onExecute: ({ args, extendContext }) => {
      const { refused } = begin(args)
      // Heard by refusals.ts, where a value turns out to be one.
      extendContext({ onRefusal: (field) => refused.add(field) })
    },
    onSubscribe: ({ args }) => void begin(args),
    onResultProcess: ({ result, setResult, serverContext: { fastify } }) => {
      const operation = operations.get(fastify)
      if (isAsyncIterable<ExecutionResult>(result)) {
        if (operation === undefined) return
        // How long somebody listens is no measure of how long it takes.
        end(operation, [])
        return setResult(
          mapAsyncIterator(result, (value) => {
            count(outcomes, operation, value)
            return value
          }),
        )
      }
      const answer: ExecutionResult = 'data' in result || 'errors' in result ? result : {}
      if (operation === undefined) {
        const [error] = answer.errors ?? []
        if (error !== undefined) outcomes.inc({ type: 'none', field: 'none', outcome: codeOf(error) })
        return
      }
      const codes = count(outcomes, operation, answer)
      const { type, fields, begun } = operation
      for (const field of new Set(fields.values())) durations.observe({ type, field }, secondsSince(begun))
      end(operation, codes)
    },
  }
}

const operationOf = (
  { document, operationName, contextValue }: ExecutionArgs,
  tracing: Tracing | null,
): Operation => {
  // Yoga's context holds the server's too.
  const { fastify } = contextValue as ServerContext
  const { type, fields } = rootOf(document, operationName)
  const step =
    tracing?.part(fastify.id, `graphql ${type}`, {
      'graphql.operation.type': type,
      'image_ledger.graphql.fields': [...new Set(fields.values())],
    }) ?? null
  return { type, fields, refused: new Set(), begun: performance.now(), step }
}

/** Counts an answer, and says which codes its fields failed with. */
const count = (
  outcomes: Counter<(typeof labels)[number] | 'outcome'>,
  { type, fields, refused }: Operation,
  { errors = [], data }: ExecutionResult,
): readonly string[] => {
  const failures = new Map(errors.map((error) => [String(error.path?.[0]), codeOf(error)]))
  // Without data nothing of it was answered, whichever field it was that failed.
  const [first] = data ? [] : errors
  const otherwise = first === undefined ? 'ok' : codeOf(first)
  for (const [alias, field] of fields) {
    const answered = refused.has(alias) && first === undefined ? 'refused' : otherwise
    outcomes.inc({ type, field, outcome: failures.get(alias) ?? answered })
  }
  return [...new Set(failures.values())]
}

const end = ({ step }: Operation, codes: readonly string[]): void =>
  step?.end({ 'image_ledger.graphql.errors': [...codes] }, codes.includes('INTERNAL_SERVER_ERROR'))

const codeOf = ({ extensions }: { readonly extensions?: Readonly<Record<string, unknown>> }): string =>
  String(extensions?.['code'] ?? 'INTERNAL_SERVER_ERROR')

/** What an operation asks of the root, which has been validated: every name is one of the schema. */
const rootOf = (
  document: DocumentNode,
  operationName: string | null | undefined,
): { readonly type: string; readonly fields: RootFields } => {
  const operation = getOperationAST(document, operationName)
  const fields = new Map<string, string>()
  const seen = new Set<string>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD)
        fields.set(selection.alias?.value ?? selection.name.value, selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        for (const definition of document.definitions)
          if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value)
            collect(definition.selectionSet)
      }
    }
  }
  if (operation) collect(operation.selectionSet)
  return { type: operation?.operation ?? 'none', fields }
}
