import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import type { TestService } from '../support/service.ts'
import type { Person } from '../support/tokens.ts'
import { asker, persons } from './world.ts'

/** Those with a role over what owns `web`'s images. */
export const owners = [
  'viewer',
  'collaborator',
  'admin',
  'accountViewer',
  'accountCollaborator',
  'accountAdmin',
  'operator',
] as const satisfies readonly Person[]
export const ofAccount = ['accountViewer', 'accountCollaborator', 'accountAdmin', 'operator'] as const
export const members = [...owners, 'otherProject'] as const
const shown = [...owners, 'pending', 'accepted', 'acceptedViewer'] as const
const withProject = persons.filter((person) => person !== 'nobody')
const viewers: readonly Person[] = ['viewer', 'accountViewer', 'acceptedViewer']

type Rows = readonly (readonly [fields: string, who: readonly Person[]])[]
export type Readers = Readonly<Record<string, Rows>>

/**
 * Who gets a value of each field, by type, wherever the object is reached from (fields.test.ts): everybody else gets null, or
 * never comes by the object. DESIGN, tenancy and access: those who are not of its owner see of an image its metadata, their
 * own share, its deprecation (the replacement only where they may see that) and availableAt.
 */
export const readers: Readers = {
  Image: [
    [
      'id name description kind origin status visibility scope location os osFamily version arch family',
      withProject,
    ],
    ['cloudInit compatibilityMode official protected deactivated minDiskBytes minRamBytes', withProject],
    ['properties tags sizeBytes virtualSizeBytes format compression blockSize digests', withProject],
    ['createdAt updatedAt availableAt deprecation visibleBecause', withProject],
    ['contentUrl', withProject.filter((person) => !viewers.includes(person))],
    // Of those who see it by its id alone, and of the inbox.
    ['shares', [...shown, 'rejected']],
    ['project account history progress statusReason statusCode revision cost', owners],
    // They alone reach what is deleted.
    ['deletedAt', owners],
  ],
  ImageProperty: [['name value', withProject]],
  Digest: [['algorithm hex', withProject]],
  Location: [['id name imagesEnabled', withProject]],
  Deprecation: [
    ['stage since reason obsoleteAt deleteAt deletionPreventedAt', withProject],
    ['replacement', withProject],
  ],
  VisibleBecause: [
    ['reason eventId eventType since', withProject],
    ['project', ['pending', 'accepted', 'acceptedViewer']],
    ['event', owners],
  ],
  Progress: [['doneBytes totalBytes percent stage', owners]],
  EventConnection: [['edges nodes pageInfo', owners]],
  EventEdge: [['cursor node', owners]],
  Event: [
    ['id position stream revision type schemaVersion occurredAt recordedAt actor reason', owners],
    ['correlationId summary data', owners],
    // Of what happens to images nothing comes of another command.
    ['causationId', []],
  ],
  Actor: [['id kind account', owners]],
  Share: [
    ['image project offeredBy offeredById status message offeredAt expiresAt', [...shown, 'rejected']],
    // Theirs is not decided.
    ['decidedAt', [...owners, 'accepted', 'acceptedViewer', 'rejected']],
  ],
  ShareConnection: [
    ['edges nodes', [...shown, 'rejected']],
    ['pageInfo', persons],
  ],
  ShareEdge: [['cursor node', [...shown, 'rejected']]],
  ImageConnection: [
    ['edges nodes', withProject],
    ['totalCount pageInfo', persons],
  ],
  ImageEdge: [['cursor node', withProject]],
  PageInfo: [
    ['hasNextPage hasPreviousPage', persons],
    ['startCursor endCursor', withProject],
  ],
  ImageImpact: [
    ['image usableByEverybody usableByAccount acceptedShares pendingShares protected replacementOf', owners],
  ],
  BlobVerification: [['image sha256 sizeBytes verifiedAt', ['operator']]],
  AccessExplanation: [['allowed rule sentence event', ['operator']]],
  Account: [
    ['id name', members],
    ['imageLimit imageCount mayPublish', ofAccount],
  ],
  Project: [['id name account', owners]],
  Viewer: [
    ['subject operator', persons],
    ['account', withProject.filter((person) => person !== 'operator')],
    ['accountRole', ['stranger', 'accountViewer', 'accountCollaborator', 'accountAdmin']],
    ['projects', withProject.filter((person) => person !== 'operator')],
  ],
  ViewerProject: [['project role', withProject.filter((person) => person !== 'operator')]],
}

/** What tells of the question alone, and the roots, which policy.ts is about. */
const isAside = (
  type: GraphQLObjectType,
  { name }: GraphQLField<unknown, unknown>,
  schema: GraphQLSchema,
): boolean =>
  type.name.startsWith('__') ||
  type.name === 'InputIssue' ||
  type.getInterfaces().some((each) => each.name === 'Error') ||
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type) ||
  name.startsWith('__')

/** Every field that people reach, as Type.field. */
export const fieldsOf = (schema: GraphQLSchema): readonly string[] =>
  Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => !isAside(type, field, schema))
        .map(({ name }) => `${type.name}.${name}`),
    )
    .sort()

/** Asks for all fields of a type, each as `f_` and its name: of objects in them no more than that they are there. */
const selectionOf = (schema: GraphQLSchema, type: string): string => {
  const found = schema.getType(type)
  if (!isObjectType(found)) throw new Error(`${type} is no type of objects`)
  return Object.values(found.getFields())
    .map(({ name, type: of }) => {
      const named = getNamedType(of)
      if (!isObjectType(named) && !isInterfaceType(named)) return `f_${name}: ${name}`
      return `f_${name}: ${name} { ${'nodes' in named.getFields() ? 'nodes { __typename }' : '__typename'} }`
    })
    .join(' ')
}

/** Each field with those who get a value of it, as a table says it. */
export const saidBy = (rows: Rows): Readonly<Record<string, readonly Person[]>> =>
  Object.fromEntries(
    rows.flatMap(([fields, who]) =>
      fields.split(' ').map((field) => [field, persons.filter((person) => who.includes(person))]),
    ),
  )

const isEmpty = (value: unknown): boolean =>
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && 'nodes' in value && Array.isArray(value.nodes) && value.nodes.length === 0)

/** The fields that have a value in one of the objects that an answer leads to. */
const filledIn = (answer: unknown, found = new Set<string>()): ReadonlySet<string> => {
  if (typeof answer !== 'object' || answer === null) return found
  for (const [name, value] of Object.entries(answer)) {
    if (!name.startsWith('f_')) filledIn(value, found)
    else if (!isEmpty(value)) found.add(name.slice(2))
  }
  return found
}

/**
 * Each field of a type with those who get a value of it, by asking. `ways`: how people come by objects of the type, as
 * documents in which `*` stands for the fields.
 */
export const foundBy = async (
  service: TestService,
  schema: GraphQLSchema,
  type: string,
  ways: readonly string[],
): Promise<Readonly<Record<string, readonly Person[]>>> => {
  const selection = selectionOf(schema, type)
  const found = new Map([...selection.matchAll(/f_(\w+):/g)].map(([, field = '']) => [field, [] as Person[]]))
  for (const person of persons) {
    const filled = new Set<string>()
    for (const way of ways) {
      const { data, errors } = await service.answer(asker(person).token, way.replaceAll('*', selection))
      // Those who may not ask are refused: they get nothing.
      const others = errors.filter(({ extensions: { code } }) => !['FORBIDDEN', 'NOT_FOUND'].includes(code))
      if (others.length > 0) throw new Error(`${person}: ${JSON.stringify(others)} to ${way}`)
      for (const field of filledIn(data)) filled.add(field)
    }
    for (const field of filled) found.get(field)?.push(person)
  }
  return Object.fromEntries(found)
}
