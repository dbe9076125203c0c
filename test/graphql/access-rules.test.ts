import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { type GraphQLField, type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { handed } from '../../src/graphql/builder.ts'
import { schema } from '../../src/graphql/schema.ts'

type Field = GraphQLField<unknown, unknown>

const hasScopes = ({ extensions }: Field): boolean => {
  const options = extensions['pothosOptions']
  return typeof options === 'object' && options !== null && 'authScopes' in options
}

const isHanded = ({ extensions }: Pick<Field, 'extensions'>): boolean =>
  extensions['access'] === handed.extensions.access

/** The fields that do not say who may read them. Those of Query and Mutation are handed to nobody: they take scopes. */
const fieldsWithoutRule = (of: GraphQLSchema): readonly string[] => {
  const roots = [of.getQueryType(), of.getMutationType(), of.getSubscriptionType()]
  return Object.values(of.getTypeMap())
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => {
          if (hasScopes(field)) return false
          return roots.some((root) => root === type) || !(isHanded(field) || isHanded(type))
        })
        .map(({ name }) => `${type.name}.${name}`),
    )
    .sort()
}

test('every field of the schema says who may read it', () => {
  expect(fieldsWithoutRule(schema)).toStrictEqual([])
})

test('a field that does not say so is found', () => {
  const builder = new SchemaBuilder<{ AuthScopes: { authenticated: boolean } }>({
    plugins: [ScopeAuthPlugin],
    scopeAuth: { authScopes: () => ({ authenticated: false }) },
  })
  const Refusal = builder.interfaceRef<{ message: string }>('Error').implement({
    fields: (t) => ({ message: t.exposeString('message', {}) }),
  })
  const Thing = builder.objectRef<{ message: string }>('Thing').implement({
    interfaces: [Refusal],
    fields: (t) => ({
      open: t.exposeString('message', {}),
      handed: t.exposeString('message', handed),
      guarded: t.exposeString('message', { authScopes: { authenticated: true } }),
    }),
  })
  const Values = builder.objectRef<{ message: string }>('Values').implement({
    ...handed,
    fields: (t) => ({ value: t.exposeString('message', {}) }),
  })
  const thing = { message: 'It is.' }
  builder.queryType({
    fields: (t) => ({
      open: t.field({ type: Thing, resolve: () => thing }),
      handed: t.field({ type: Thing, ...handed, resolve: () => thing }),
      guarded: t.field({ type: Values, authScopes: { authenticated: true }, resolve: () => thing }),
    }),
  })
  expect(fieldsWithoutRule(builder.toSchema())).toStrictEqual([
    'Error.message',
    'Query.handed',
    'Query.open',
    'Thing.message',
    'Thing.open',
  ])
})
