import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import DataloaderPlugin from '@pothos/plugin-dataloader'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { type Ask, may } from '../domain/access/access.ts'
import type { Json } from '../domain/kernel/event.ts'
import type { Instant } from '../domain/kernel/instant.ts'
import type { Context } from './context.ts'
import { MOST_FIELDS, queryTooComplex, tooManyFields, unauthenticated } from './errors.ts'

interface SchemaTypes {
  Context: Context
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Instant; Output: Instant }
    Bytes: { Input: bigint; Output: bigint | string }
    Position: { Input: bigint; Output: bigint }
    Decimal: { Input: string; Output: string }
    JSON: { Input: Json; Output: Json }
  }
  AuthScopes: {
    /** Somebody with a valid token. */
    authenticated: boolean
    /** The caller may do this to this; the answer is null where not. */
    may: Ask
  }
  DefaultFieldNullability: false
  DefaultEdgesNullability: { list: false; items: false }
  DefaultNodeNullability: false
}

/**
 * Every field says who may read it: by `authScopes`, or, where whoever was handed the object may read it, by
 * `...handed` (a type of plain values may say it once for all of its fields). test/graphql/access-rules.test.ts fails
 * for a field that says nothing.
 */
export const handed = { extensions: { access: 'whoever was handed the object' } } as const

const countedAlready = { complexity: { field: 1, multiplier: 1 } } as const

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ScopeAuthPlugin, RelayPlugin, DataloaderPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: ({ principal }) => ({
      authenticated: principal !== null,
      may: (ask) => principal !== null && may(principal, ...ask),
    }),
    unauthorizedError: () => unauthenticated(),
    // Nobody is subscribed first and asked who they are with the first value.
    authorizeOnSubscribe: true,
  },
  relay: {
    // A page is counted where it is asked for, by how many it holds.
    edgesFieldOptions: { nullable: { list: false, items: false }, ...handed, ...countedAlready },
    nodeFieldOptions: { nullable: false, ...handed },
    nodesOnConnection: { ...handed, ...countedAlready },
    cursorFieldOptions: handed,
    pageInfoFieldOptions: handed,
    pageInfoTypeOptions: { ...handed, name: 'PageInfo' },
  },
  complexity: {
    defaultComplexity: 1,
    defaultListMultiplier: 5,
    limit: { depth: 15, breadth: MOST_FIELDS, complexity: 20_000 },
    complexityError: (kind, { depth, breadth, complexity, maxDepth, maxComplexity }) => {
      if (kind === 'Breadth') return tooManyFields(breadth)
      const sentences: Record<string, string> = {
        Depth: `The query is ${depth} levels deep: at most ${maxDepth}.`,
        Complexity: `The query would cost ${complexity}: at most ${maxComplexity}. Ask for fewer fields, or fewer items by first.`,
      }
      return queryTooComplex(sentences[kind] ?? 'The query is too complex.')
    },
  },
})

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})
